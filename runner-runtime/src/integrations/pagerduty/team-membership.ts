import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, pagerDuty } from './client.js';
import { BASE_ROLES, isStakeholder, permissionOf, roleOf, TEAM_LEVELS, TEAM_ROLES } from './roles.js';
import type { PagerdutySecret } from './secret.js';
import { findTeam, findUser, gone, type User, userById } from './subjects.js';

export const memberSchema = z.object({ user: z.object({ id: z.string() }), role: z.string() });

/** A user's role in a team, one per user. https://github.com/PagerDuty/api-schema (updateTeamUser) */
const kind: SlotKind<PagerdutySecret> = {
  lattice: TEAM_LEVELS,
  expires: false,
  describe: ([role]) => (role === undefined ? 'no membership' : `the role ${permissionOf(TEAM_ROLES, role)} in the team`),

  read: async (access, [team = '', user = '']) => {
    const call = { path: path`/teams/${team}/members`, field: 'members', schema: memberSchema };
    const member = await ifThere(pagerDuty(access).find(call, (entry) => entry.user.id === user));
    return member === undefined ? [] : [member.role];
  },

  write: async (access, slot, { to: [role] }) => {
    const [team = '', user = ''] = slot;
    const place = path`/teams/${team}/users/${user}`;
    const { api } = pagerDuty(access);
    if (role === undefined) {
      await ifThere(api.read({ method: 'DELETE', path: place, schema: z.unknown() }));
      return;
    }
    const put = await ifThere(api.call({ method: 'PUT', path: place, body: { role }, schema: z.unknown() }));
    if (put === undefined) throw gone(slot);
  },

  otherWays: async (access, { state: { slot } }) => {
    const role = (await userById(pagerDuty(access), slot[1] ?? ''))?.role;
    return role === 'admin' || role === 'owner' ? [`the base role ${permissionOf(BASE_ROLES, role)}`] : [];
  },
};

export const teamMembership: AccessWay<PagerdutySecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, principal = { kind: 'user', id: '' }, permission }: AccessRequest): Promise<Plan<SlotState>> {
  const pd = pagerDuty(access);
  const team = await findTeam(pd, target);
  const user = await findUser(pd, principal);
  requireFlexible(user, principal.id);
  return { principal, state: { way: 'team-membership', slot: [team, user.id], value: [roleOf(TEAM_ROLES, permission)] } };
}

/** Some base roles are fixed: no role in a team changes them. */
function requireFlexible({ role }: User, principal: string): void {
  if (isStakeholder(role)) {
    throw new RunnerError('UNSUPPORTED', 'A stakeholder cannot have a role in a team.', {
      object: principal,
      mend: 'Let an administrator give them the license of a full user.',
    });
  }
  if (role !== 'admin' && role !== 'owner') return;
  throw new RunnerError('UNSUPPORTED', 'A Global Admin or Account Owner has every access already, in each team.', {
    object: principal,
    mend: 'Use it as it is.',
  });
}
