import type { FakePagerduty } from './pagerduty.js';
import { page, policyReference, policyShape, scheduleReference, stamp, userReference } from './replies.js';
import type { Policy } from './state.js';

/** Escalation policies, and who is on call for them. */
export function policyRoutes(fake: FakePagerduty): void {
  const { account, clock } = fake;

  fake.on('GET', '/escalation_policies', (call) =>
    page(call, 'escalation_policies', [...account.policies.values()], (policy) => policyShape(account, policy)),
  );

  fake.on('GET', '/oncalls', (call) => {
    const entries = [...account.policies.values()].flatMap((policy) => policy.levels.map((level, index) => ({ policy, level, index })));
    const found = entries.flatMap(({ policy, level, index }) => {
      const schedule = account.schedules.get(level.schedule ?? '');
      const user = schedule === undefined ? level.user : account.onCall(schedule, clock.now);
      return user === undefined ? [] : [{ policy, level: index + 1, user, schedule: schedule?.id }];
    });
    return page(call, 'oncalls', found, shape);
  });

  function shape({ policy, level, user, schedule }: OnCall) {
    const shift = { schedule: scheduleReference(account, schedule ?? ''), start: stamp(clock.now), end: stamp(clock.now + 3600) };
    return {
      escalation_policy: policyReference(account, policy),
      escalation_level: level,
      user: userReference(account, user),
      // A user whom a policy names is on call always; the description forgets that these are null then.
      ...(schedule === undefined ? {} : shift),
    };
  }
}

interface OnCall {
  readonly policy: Policy;
  readonly level: number;
  readonly user: string;
  readonly schedule: string | undefined;
}
