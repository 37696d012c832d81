import { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type GitHub, github } from './client.js';
import { requireChangeable } from './collaborator.js';
import { HIDDEN, isHidden, isKnownRole, REPOSITORY_LEVELS, REPOSITORY_ROLES, roleOf, sentAs } from './levels.js';
import type { GithubSecret } from './secret.js';
import { findRepository, findTeamPrincipal, gone, type Repository, repositoryById, type Team, teamById } from './subjects.js';
import { gives, refuseUnknownRole, requireNothingElse, type TeamOnRepository, teamsOn, type Way } from './ways.js';

/** A team's own role on a repository. https://docs.github.com/en/rest/teams/teams#add-or-update-team-repository-permissions */
const kind: SlotKind<GithubSecret> = {
  lattice: REPOSITORY_ROLES,
  expires: false,
  describe: ([role]) =>
    role === undefined ? 'no role of its own' : role === HIDDEN ? 'at most the role that it inherits' : `the role ${role}`,

  read: async (access, slot) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined) return [];
    const { own } = await rolesOf(gh, found.repository, found.team);
    return isHidden(own) ? (gh.written.get(slot.join('/')) ?? own) : own;
  },

  write: async (access, slot, { to: [role] }) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined && role !== undefined) throw gone(slot);
    if (found === undefined) return;
    const place = path`/orgs/${gh.org}/teams/${found.team.slug}/repos/${gh.org}/${found.repository.name}`;
    if (role === undefined) await gh.remove(place);
    else await gh.installation.read({ method: 'PUT', path: place, body: { permission: sentAs(role) }, schema: z.unknown() });
    gh.written.set(slot.join('/'), role === undefined ? [] : [role]);
  },

  otherWays: async (access, { state: { slot, value } }) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined) return [];
    const { inherited } = await rolesOf(gh, found.repository, found.team);
    return inherited.filter(({ role }) => gives(value[0] ?? '')(role)).map(({ role, through }) => `${through} (${role})`);
  },
};

export const teamRepository: AccessWay<GithubSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, principal = { kind: 'team', id: '' }, permission }: AccessRequest): Promise<Plan<SlotState>> {
  const gh = github(access);
  const repository = requireChangeable(await findRepository(gh, target));
  const team = await findTeamPrincipal(gh, principal);
  const role = REPOSITORY_LEVELS.find((level) => level.permission === permission)?.role ?? '';
  const { own, inherited } = await rolesOf(gh, repository, team);
  requireNothingElse(
    inherited.filter((way) => gives(role)(way.role)),
    principal.id,
  );
  const [standing] = own;
  // What it only inherits it has none of its own of.
  if (standing !== undefined && !isHidden(own) && !isKnownRole(standing)) refuseUnknownRole(principal.id);
  return { principal, state: { way: 'team-repository', slot: [String(repository.id), String(team.id)], value: [role] } };
}

async function resolve(gh: GitHub, [repositoryId = '', teamId = '']: readonly string[]) {
  const repository = await repositoryById(gh, repositoryId);
  const team = repository === undefined ? undefined : await teamById(gh, teamId);
  return repository === undefined || team === undefined ? undefined : { repository, team };
}

/** A team shows the higher of its own role and what it inherits. */
async function rolesOf(gh: GitHub, repository: Repository, team: Team) {
  const teams: TeamOnRepository[] = [];
  for await (const entry of gh.each(teamsOn(repository, gh.org))) {
    if (entry.id === team.id || entry.id === team.parent?.id) teams.push(entry);
  }
  const shown = teams.find(({ id }) => id === team.id);
  const parent = teams.find(({ id }) => id === team.parent?.id);
  const inherited: Pick<Way, 'role' | 'through'>[] = [];
  if (parent !== undefined) inherited.push({ role: roleOf(parent.permission), through: `the parent team ${parent.slug}` });
  if (shown?.access_source !== undefined && shown.access_source !== 'direct') {
    inherited.push({
      role: roleOf(shown.permission),
      through: `a role in the ${shown.access_source === 'enterprise' ? 'enterprise' : 'organization'}`,
    });
  }
  if (shown === undefined) return { own: [], inherited };
  const role = roleOf(shown.permission);
  return { own: inherited.some((way) => gives(role)(way.role)) ? [HIDDEN] : [role], inherited };
}
