import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { Account, Override, Policy, Schedule, Team, User } from './state.js';

/** https://developer.pagerduty.com/docs/rest-api-v2/pagination/ */
const DEFAULT_LIMIT = 25;
const LARGEST_LIMIT = 100;
const LONGEST_LIST = 10_000;

/** An error as PagerDuty words it. https://developer.pagerduty.com/docs/rest-api-v2/errors/ */
export function refusal(status: number, code: number, message: string, errors?: readonly string[]): FakeReply {
  return { status, body: { error: { message, code, ...(errors !== undefined && { errors }) } } };
}

export const UNAUTHORIZED = refusal(401, 2006, 'Invalid Credentials');
export const ACCESS_DENIED = refusal(403, 2010, 'Access Denied');
export const NOT_FOUND = refusal(404, 2100, 'Not Found');

export function invalid(...errors: readonly string[]): FakeReply {
  return refusal(400, 2001, 'Invalid Input Provided', errors);
}

/** One page of a list, by offset. */
export function page<T>({ query }: FakeCall, field: string, all: readonly T[], shape: (element: T) => unknown): FakeReply {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(LARGEST_LIMIT, Number(query.get('limit') ?? DEFAULT_LIMIT));
  if (offset + limit > LONGEST_LIST) return invalid('Offset and limit must not be more than 10000 together.');
  const shown = all.slice(offset, offset + limit);
  const more = offset + limit < all.length;
  return { status: 200, body: { [field]: shown.map(shape), offset, limit, more, total: null } };
}

export function userShape({ subdomain }: Account, { id, name, email, role }: User) {
  return {
    ...reference(subdomain, 'user', id, name),
    type: 'user',
    name,
    email,
    role,
    time_zone: 'Etc/UTC',
    color: 'green',
    avatar_url: 'https://secure.gravatar.com/avatar/0.png',
    description: null,
    invitation_sent: false,
    created_via_sso: false,
    contact_methods: [],
    notification_rules: [],
    teams: [],
  };
}

export function userReference({ subdomain, users }: Account, id: string) {
  return reference(subdomain, 'user', id, users.get(id)?.name ?? 'Deleted User');
}

export function teamShape({ subdomain }: Account, { id, name }: Team) {
  return { ...reference(subdomain, 'team', id, name), type: 'team', name, description: 'A team', default_role: 'manager' };
}

/** @param at entries are shown where a time is asked for */
export function scheduleShape(account: Account, schedule: Schedule, at: number | undefined) {
  const { id, name } = schedule;
  const user = at === undefined ? undefined : account.onCall(schedule, at);
  const entries =
    at === undefined || user === undefined ? [] : [{ start: stamp(at), end: stamp(at + 1), user: userReference(account, user) }];
  return {
    ...reference(account.subdomain, 'schedule', id, name),
    type: 'schedule',
    name,
    time_zone: 'Etc/UTC',
    description: 'A schedule',
    escalation_policies: [],
    users: [],
    teams: [],
    schedule_layers: [],
    overrides_subschedule: { name: 'Overrides', rendered_schedule_entries: [], rendered_coverage_percentage: 0 },
    final_schedule: { name: 'Final Schedule', rendered_schedule_entries: entries, rendered_coverage_percentage: entries.length * 100 },
  };
}

export function policyShape(account: Account, { id, name, levels, team }: Policy) {
  return {
    ...reference(account.subdomain, 'escalation_policy', id, name),
    type: 'escalation_policy',
    name,
    escalation_rules: levels.map((level, index) => ({
      id: `${id}${index}`,
      escalation_delay_in_minutes: 30,
      targets: [level.user === undefined ? scheduleReference(account, level.schedule ?? '') : userReference(account, level.user)],
    })),
    services: [],
    num_loops: 0,
    teams: team === undefined ? [] : [reference(account.subdomain, 'team', team, account.teams.get(team)?.name ?? '')],
    description: 'A policy',
  };
}

/** @param bounds times are cut to them, unless the caller wants them whole */
export function overrideShape(account: Account, { id, start, end, user }: Override, bounds?: readonly [number, number]) {
  const [since, until] = bounds ?? [start, end];
  return { id, start: stamp(Math.max(start, since)), end: stamp(Math.min(end, until)), user: userReference(account, user) };
}

export function scheduleReference({ subdomain, schedules }: Account, id: string) {
  return reference(subdomain, 'schedule', id, schedules.get(id)?.name ?? '');
}

export function policyReference({ subdomain }: Account, { id, name }: Policy) {
  return reference(subdomain, 'escalation_policy', id, name);
}

/** @param seconds unix seconds */
export function stamp(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

function reference(subdomain: string, type: string, id: string, summary: string) {
  const plural = type === 'escalation_policy' ? 'escalation_policies' : `${type}s`;
  return {
    id,
    type: `${type}_reference`,
    summary,
    self: `https://api.pagerduty.com/${plural}/${id}`,
    html_url: `https://${subdomain}.pagerduty.com/${plural}/${id}`,
  };
}
