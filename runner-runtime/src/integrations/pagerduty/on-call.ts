import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, pagerDuty } from './client.js';
import { endOf, endOverride, iso, makeOverride, nowOf, overridesOf, remember } from './overrides.js';
import { isStakeholder } from './roles.js';
import type { PagerdutySecret } from './secret.js';
import type { OverrideState } from './state.js';
import { findSchedule, findUser } from './subjects.js';

const usersSchema = z.object({ users: z.array(z.object({ id: z.string() })) });

/** An override of a schedule: its user is on call until it ends by itself. https://github.com/PagerDuty/api-schema (createScheduleOverride) */
const kind: ObjectKind<PagerdutySecret, OverrideState> = {
  exists: async (access, intent) => (await overridesOf(access, intent)).length > 0,

  make: async (access, intent, remembered) => {
    const found = (await overridesOf(access, intent, remembered)).find(({ end }) => end === endOf(intent));
    const override = found?.id ?? (await makeOverride(access, intent));
    return {
      actions: [`${found === undefined ? 'made' : 'found'} the override ${override}, which ends by itself at ${iso(endOf(intent))}`],
      remember: remember(override),
    };
  },

  extend: async (access, intent, remembered) => {
    const standing = await overridesOf(access, intent, remembered);
    // The new one first: nobody else is on call in between. Overrides cannot be changed.
    if (!standing.some(({ end }) => end === endOf(intent))) await makeOverride(access, intent);
    for (const override of standing) if (override.end !== endOf(intent)) await endOverride(access, intent.state, override);
  },

  remove: async (access, intent, remembered) => {
    const actions: string[] = [];
    for (const override of await overridesOf(access, intent, remembered)) {
      await endOverride(access, intent.state, override);
      actions.push(`ended the override ${override.id}`);
    }
    return { actions: actions.length === 0 ? ['found no override that stands'] : actions, warnings: [] };
  },

  prove: async (access, intent, remembered) => {
    const standing = await overridesOf(access, intent, remembered);
    const isOnCall = await onCall(access, intent.state);
    const at = new Date(access.now()).toISOString();
    const { id } = intent.principal;
    return {
      observations: [
        { question: 'Which overrides of this access stand?', answer: standing.length === 0 ? 'none' : `${standing.length}`, at },
        { question: `Is ${id} on call on the schedule?`, answer: isOnCall ? 'yes' : 'no', at },
      ],
      proved: standing.length === 0,
      warnings:
        standing.length === 0 && isOnCall ? [`${id} still has access through the rotation or another override of the schedule`] : [],
    };
  },
};

export const onCallOverride: AccessWay<PagerdutySecret, OverrideState> = { ...objectLife(kind), plan };

async function plan(access: Access, request: AccessRequest): Promise<Plan<OverrideState>> {
  const { requestId, target, principal = { kind: 'user', id: '' } } = request;
  const pd = pagerDuty(access);
  const schedule = await findSchedule(pd, target);
  const user = await findUser(pd, principal);
  if (isStakeholder(user.role)) {
    throw new RunnerError('UNSUPPORTED', 'A stakeholder cannot be on call.', {
      object: principal.id,
      mend: 'Let an administrator give them the license of a full user.',
    });
  }
  return { principal, state: { way: 'override', object: access.marks.name(requestId, 'override'), schedule, user: user.id } };
}

async function onCall(access: Access, { schedule, user }: OverrideState): Promise<boolean> {
  const now = nowOf(access);
  const call = { path: path`/schedules/${schedule}/users`, query: { since: iso(now), until: iso(now + 1) }, schema: usersSchema };
  const found = await ifThere(pagerDuty(access).api.read(call));
  return found?.users.some(({ id }) => id === user) ?? false;
}
