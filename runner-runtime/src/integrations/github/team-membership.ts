import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotValue } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type GitHub, github } from './client.js';
import { HIDDEN, isHidden, TEAM_LEVELS, TEAM_ROLES } from './levels.js';
import { isTeamSlug } from './names.js';
import type { GithubSecret } from './secret.js';
import { findTeamTarget, findUser, gone, roleInOrganization, roleInTeam, type Team, teamById, type User, userById } from './subjects.js';

const memberSchema = z.object({ id: z.int(), inherited: z.boolean().optional() });
const childSchema = z.object({ id: z.int(), slug: z.string().refine(isTeamSlug) });

/** A user's own membership in a team. https://docs.github.com/en/rest/teams/members */
const kind: SlotKind<GithubSecret> = {
  lattice: TEAM_ROLES,
  expires: false,
  describe: ([role]) =>
    role === undefined ? 'no membership of their own' : role === HIDDEN ? 'a membership that another one hides' : `the role ${role}`,

  read: async (access, slot) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined) return [];
    const seen = await ownRole(gh, found.team, found.user);
    return isHidden(seen) ? (gh.written.get(slot.join('/')) ?? seen) : seen;
  },

  write: async (access, slot, { to: [role] }) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined && role !== undefined) throw gone(slot);
    if (found === undefined) return;
    const place = path`/orgs/${gh.org}/teams/${found.team.slug}/memberships/${found.user.login}`;
    if (role === undefined) await gh.remove(place);
    // To a person who has left the organization this would send an invitation.
    else if ((await roleInOrganization(gh, found.user)) === undefined) throw notJoined(found.user.login, true);
    else await gh.installation.read({ method: 'PUT', path: place, body: { role }, schema: z.unknown() });
    gh.written.set(slot.join('/'), role === undefined ? [] : [role]);
  },

  otherWays: async (access, { state: { slot } }) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined) return [];
    const ways: string[] = [];
    for (const child of await childTeams(gh, found.team)) {
      if ((await roleInTeam(gh, child, found.user)) !== undefined) ways.push(`the child team ${child.slug}`);
    }
    return ways;
  },
};

export const teamMembership: AccessWay<GithubSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, principal = { kind: 'user', id: '' }, permission }: AccessRequest): Promise<Plan<SlotState>> {
  const gh = github(access);
  const team = await findTeamTarget(gh, target);
  const user = await findUser(gh, principal);
  const inOrganization = await roleInOrganization(gh, user);
  if (inOrganization === undefined) throw notJoined(principal.id);
  if (inOrganization === 'admin') {
    throw new RunnerError('UNSUPPORTED', 'An owner of the organization has every access already, and is a maintainer of each team.', {
      object: principal.id,
      mend: 'Use it as it is, or make the principal a member instead of an owner.',
    });
  }
  const role = TEAM_LEVELS.find((level) => level.permission === permission)?.role ?? '';
  return { principal, state: { way: 'team-membership', slot: [String(team.id), String(user.id)], value: [role] } };
}

/** @param retryable whether another grant in the same place may end meanwhile: then nothing is to be given any more */
function notJoined(login: string, retryable = false): RunnerError {
  return new RunnerError('UNSUPPORTED', 'Only members of the organization can be in a team, and the principal is none (any more).', {
    object: login,
    retryable,
    mend: 'Let an owner invite them to the organization first.',
  });
}

async function resolve(gh: GitHub, [teamId = '', userId = '']: readonly string[]) {
  const team = await teamById(gh, teamId);
  const user = team === undefined ? undefined : await userById(gh, userId);
  return team === undefined || user === undefined ? undefined : { team, user };
}

/** A membership that is shown may be one in a child team, and an owner is shown as maintainer of whatever team. */
async function ownRole(gh: GitHub, team: Team, user: User): Promise<SlotValue> {
  const membership = await roleInTeam(gh, team, user);
  if (membership === undefined) return [];
  const { role } = membership;
  if (role === 'maintainer') return (await roleInOrganization(gh, user)) === 'admin' ? [HIDDEN] : [role];
  if ((await childTeams(gh, team)).length === 0) return [role];
  for await (const { id, inherited } of gh.each({ path: path`/orgs/${gh.org}/teams/${team.slug}/members`, schema: memberSchema })) {
    // Older servers do not say whether it is inherited.
    if (id === user.id) return inherited === true ? [] : inherited === false ? [role] : [HIDDEN];
  }
  return [role];
}

async function childTeams(gh: GitHub, { slug }: Team) {
  const children: z.infer<typeof childSchema>[] = [];
  const read = async () => {
    for await (const child of gh.each({ path: path`/orgs/${gh.org}/teams/${slug}/teams`, schema: childSchema })) children.push(child);
  };
  await ifThere(read());
  return children;
}
