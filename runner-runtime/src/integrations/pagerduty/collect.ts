import type { Item, Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { list, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import { path } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { type Access, type ListCall, PAGE_SIZE, type PagerDuty, pagerDuty } from './client.js';
import { declaration } from './declaration.js';
import { isId } from './ids.js';
import { iso, nowOf } from './overrides.js';
import { BASE_ROLES, permissionOf, TEAM_ROLES } from './roles.js';
import { memberSchema } from './team-membership.js';

/** Reads one page, whatever part of the account it is of. */
export function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, pagerDuty(access), cursor, limit);
}

const id = z.string().refine(isId);
const named = z.object({ id, name: z.string() });
type Named = z.infer<typeof named>;
const userSchema = named.extend({ email: z.string(), role: z.string() });
const entrySchema = z.object({ user: z.object({ id: z.string() }).nullish() });
const scheduleSchema = named.extend({ final_schedule: z.object({ rendered_schedule_entries: z.array(entrySchema).nullish() }).nullish() });
const onCallSchema = z.object({
  user: z.object({ id: z.string() }),
  escalation_policy: z.object({ id: z.string() }),
  escalation_level: z.int(),
  schedule: z.object({ id: z.string() }).nullish(),
});

/** A list of the account, page by page. */
function all<Element>(call: (pd: PagerDuty) => ListCall<Element>) {
  return list(PAGE_SIZE, (pd: PagerDuty, token, size) => pd.page(call(pd), token, size));
}

const teams = all<Named>(() => ({ path: path`/teams`, field: 'teams', schema: named }));

/** With who is on call at this moment: entries are shown for a time only. */
const schedules = all(({ access }) => ({
  path: path`/schedules`,
  field: 'schedules',
  query: { 'include[]': ['final_schedule'], since: iso(nowOf(access)), until: iso(nowOf(access) + 1) },
  schema: scheduleSchema,
}));

const members = within(teams, {
  key: (team) => team.id,
  name: (team) => `members of the team ${team.id}`,
  most: PAGE_SIZE,
  read: (pd: PagerDuty, team, token, size) =>
    pd.page({ path: path`/teams/${team.id}/members`, field: 'members', schema: memberSchema }, token, size),
});

const OPTIONAL = { optional: true };

const STAGES: readonly Stage<PagerDuty>[] = [
  stage(
    'permissions',
    list(1, async () => ({ elements: [declaration] })),
    permissions,
  ),
  stage(
    'account',
    list(1, async (pd: PagerDuty) => ({ elements: [pd.company] })),
    (company) => [{ item: 'target', target: accountTarget(company) }],
  ),
  stage(
    'users',
    all(() => ({ path: path`/users`, field: 'users', schema: userSchema })),
    (user, { company }) => [
      { item: 'principal', principal: person(user), displayName: user.name, attributes: { email: user.email } },
      assignment(person(user), permissionOf(BASE_ROLES, user.role), accountTarget(company)),
    ],
  ),
  stage('teams', teams, (team) => [object('team', team)], OPTIONAL),
  stage('schedules', schedules, scheduleItems, OPTIONAL),
  stage(
    'escalation-policies',
    all(() => ({ path: path`/escalation_policies`, field: 'escalation_policies', schema: named })),
    (policy) => [object('escalation-policy', policy)],
    OPTIONAL,
  ),
  stage(
    'members',
    members,
    ([team, { user, role }]) => [assignment(person(user), permissionOf(TEAM_ROLES, role), { kind: 'team', path: [team.id] })],
    OPTIONAL,
  ),
  stage(
    'on-calls',
    all(() => ({ path: path`/oncalls`, field: 'oncalls', schema: onCallSchema })),
    ({ user, escalation_policy: policy, escalation_level: level, schedule }) => [
      assignment(person(user), onCallName(level, schedule?.id), { kind: 'escalation-policy', path: [policy.id] }),
    ],
    OPTIONAL,
  ),
];

function permissions(): Item[] {
  return declaration.permissions.flatMap(({ name, targets, meaning }) =>
    targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
  );
}

function scheduleItems(schedule: z.infer<typeof scheduleSchema>): Item[] {
  const entries = schedule.final_schedule?.rendered_schedule_entries ?? [];
  const users = new Set(entries.flatMap(({ user }) => (user == null ? [] : [user.id])));
  const target = { kind: 'schedule', path: [schedule.id] };
  return [object('schedule', schedule), ...[...users].map((user) => assignment(person({ id: user }), 'On call', target))];
}

/** Who is on call for a policy by a schedule, and who always is. */
function onCallName(level: number, schedule: string | undefined): string {
  return `On call, level ${level}${schedule === undefined ? '' : ` by schedule ${schedule}`}`;
}

function accountTarget(company: string): Target {
  return { kind: 'account', path: [company] };
}

function object(kind: string, { id: own, name }: Named): Item {
  return { item: 'target', target: { kind, path: [own] }, displayName: name };
}

function person({ id: own }: { readonly id: string }): Principal {
  return { kind: 'user', id: own };
}

function assignment(principal: Principal, permission: string, target: Target): Item {
  return { item: 'assignment', principal, permission, target };
}
