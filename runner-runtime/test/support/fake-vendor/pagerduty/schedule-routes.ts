import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { FakePagerduty } from './pagerduty.js';
import { invalid, NOT_FOUND, overrideShape, page, scheduleShape, userReference, userShape } from './replies.js';
import type { Override, Schedule } from './state.js';

/** Schedules, who is on call on them, and their overrides. */
export function scheduleRoutes(fake: FakePagerduty): void {
  const { account, clock } = fake;
  const onSchedule = (route: (call: FakeCall, schedule: Schedule) => FakeReply) => (call: FakeCall) => {
    const schedule = account.schedules.get(call.params['schedule'] ?? '');
    return schedule === undefined ? NOT_FOUND : route(call, schedule);
  };

  fake.on('GET', '/schedules', (call) => {
    const isRendered = call.query.getAll('include[]').includes('final_schedule') && call.query.has('since');
    const at = isRendered ? clock.now : undefined;
    return page(call, 'schedules', [...account.schedules.values()], (schedule) => scheduleShape(account, schedule, at));
  });
  fake.on(
    'GET',
    '/schedules/:schedule',
    onSchedule((_, schedule) => ({ status: 200, body: { schedule: scheduleShape(account, schedule, undefined) } })),
  );
  fake.on(
    'GET',
    '/schedules/:schedule/users',
    onSchedule((_, schedule) => {
      const user = account.users.get(account.onCall(schedule, clock.now) ?? '');
      return { status: 200, body: { users: user === undefined ? [] : [userShape(account, user)] } };
    }),
  );

  // The description says 201 where one would think 200.
  fake.on(
    'GET',
    '/schedules/:schedule/overrides',
    onSchedule(({ query }, { overrides }) => {
      const [since, until] = [secondsOf(query.get('since')), secondsOf(query.get('until'))];
      if (since === undefined || until === undefined) return invalid('Since and until must be given');
      const bounds = query.get('overflow') === 'true' ? undefined : ([since, until] as const);
      const found = overrides.filter(({ start, end }) => start < until && end > since);
      return { status: 201, body: { overrides: found.map((override) => overrideShape(account, override, bounds)) } };
    }),
  );

  fake.on(
    'POST',
    '/schedules/:schedule/overrides',
    onSchedule(({ body }, schedule) => {
      const { overrides = [] } = (body ?? {}) as { overrides?: readonly Wanted[] };
      if (overrides.length === 0) return invalid('Overrides cannot be empty');
      return { status: 201, body: overrides.map((wanted) => add(fake, schedule, wanted)) };
    }),
  );

  fake.on(
    'DELETE',
    '/schedules/:schedule/overrides/:override',
    onSchedule(({ params }, schedule) => {
      const override = schedule.overrides.find(({ id }) => id === params['override']);
      if (override === undefined) return NOT_FOUND;
      if (override.end <= clock.now) return invalid('Past overrides cannot be removed');
      if (override.start >= clock.now) {
        schedule.overrides = schedule.overrides.filter((other) => other !== override);
        return { status: 204 };
      }
      override.end = clock.now;
      return { status: 200 };
    }),
  );
}

interface Wanted {
  readonly start: string;
  readonly end: string;
  readonly user: { readonly id: string };
}

/** Each override of a call is judged for itself. */
function add({ account, clock }: FakePagerduty, schedule: Schedule, { start, end, user: { id } }: Wanted) {
  const [from = 0, to = 0] = [secondsOf(start), secondsOf(end)];
  const user = account.users.get(id);
  const errors = [
    ...(to <= from || to <= clock.now ? ['Override must end after its start'] : []),
    ...(user === undefined || user.role.startsWith('read_only') ? ['User cannot be on call'] : []),
  ];
  if (errors.length > 0) return { status: 400, errors, override: { start, end, user: userReference(account, id) } };
  const override: Override = { id: account.newId('Q'), user: id, start: from, end: to };
  schedule.overrides.push(override);
  return { status: 201, override: overrideShape(account, override) };
}

function secondsOf(text: string | null): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}
