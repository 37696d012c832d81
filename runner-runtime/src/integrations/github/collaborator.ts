import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotValue } from '../../integration-kit/slots/lattice.js';
import type { SlotChange, SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type GitHub, github } from './client.js';
import { HIDDEN, isHidden, isKnownRole, REPOSITORY_LEVELS, REPOSITORY_ROLES, roleOf, sentAs } from './levels.js';
import type { GithubSecret } from './secret.js';
import { findRepository, findUser, gone, organization, type Repository, repositoryById, type User, userById } from './subjects.js';
import { gives, refuseUnknownRole, requireNothingElse, waysTo } from './ways.js';

const collaboratorSchema = z.object({ id: z.int(), role_name: z.string() });
const invitationSchema = z.object({
  id: z.int().positive(),
  invitee: z.object({ id: z.int() }).nullish(),
  permissions: z.string(),
  expired: z.boolean().optional(),
});
type Invitation = z.infer<typeof invitationSchema>;

/**
 * A user's own role on a repository: one per user, an invitation to it included.
 * https://docs.github.com/en/rest/collaborators/collaborators
 */
const kind: SlotKind<GithubSecret> = {
  lattice: REPOSITORY_ROLES,
  expires: false,
  describe: ([role]) =>
    role === undefined ? 'no role of their own' : role === HIDDEN ? 'a role that another one hides' : `the role ${role}`,

  read: async (access, slot) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined) return [];
    const seen = await ownRole(gh, found.repository, found.user);
    const written = gh.written.get(slot.join('/')) ?? [];
    if (written.length > 0 && (isHidden(seen) || (seen.length === 0 && (await isCoveredByBase(gh, written))))) return written;
    return seen;
  },

  write: async (access, slot, change) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    if (found === undefined && change.to.length > 0) throw gone(slot);
    if (found === undefined) return;
    await setRole(gh, found.repository, found.user, change);
    gh.written.set(slot.join('/'), change.to);
  },

  otherWays: async (access, { state: { slot, value } }) => {
    const gh = github(access);
    const found = await resolve(gh, slot);
    const [role = ''] = value;
    const ways = found === undefined ? [] : await waysTo(gh, found.repository, found.user, gives(role));
    return ways.map((way) => `${way.through} (${way.role})`);
  },
};

export const collaborator: AccessWay<GithubSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, principal = { kind: 'user', id: '' }, permission }: AccessRequest): Promise<Plan<SlotState>> {
  const gh = github(access);
  const repository = requireChangeable(await findRepository(gh, target));
  const user = await findUser(gh, principal);
  const role = REPOSITORY_LEVELS.find((level) => level.permission === permission)?.role ?? '';
  requireNothingElse(await waysTo(gh, repository, user, gives(role)), principal.id);
  const [standing] = await ownRole(gh, repository, user);
  if (standing !== undefined && !isKnownRole(standing)) refuseUnknownRole(principal.id);
  return { principal, state: { way: 'collaborator', slot: [String(repository.id), String(user.id)], value: [role] } };
}

/** @throws {RunnerError} `UNSUPPORTED` for an archived repository, whose roles cannot be changed */
export function requireChangeable(repository: Repository): Repository {
  if (!repository.archived) return repository;
  throw new RunnerError('UNSUPPORTED', 'The repository is archived: roles on it cannot be changed.', {
    object: repository.name,
    mend: 'Unarchive it first.',
  });
}

async function resolve(gh: GitHub, [repositoryId = '', userId = '']: readonly string[]) {
  const repository = await repositoryById(gh, repositoryId);
  const user = repository === undefined ? undefined : await userById(gh, userId);
  return repository === undefined || user === undefined ? undefined : { repository, user };
}

/** The list of direct collaborators names the highest role of all ways: where another way gives the same, one's own cannot be told. */
async function ownRole(gh: GitHub, repository: Repository, user: User): Promise<SlotValue> {
  const shown = await directRole(gh, repository, user);
  if (shown === undefined) {
    const [invitation] = (await invitations(gh, repository, user)).filter(({ expired }) => expired !== true);
    return invitation === undefined ? [] : [roleOf(invitation.permissions)];
  }
  // Nothing is lower.
  if (shown === 'read') return [shown];
  const hiding = await waysTo(gh, repository, user, (role) => role === shown);
  return hiding.some(({ isBase }) => !isBase) ? [HIDDEN] : [shown];
}

async function directRole(gh: GitHub, { name }: Repository, user: User): Promise<string | undefined> {
  const direct = { path: path`/repos/${gh.org}/${name}/collaborators`, query: { affiliation: 'direct' }, schema: collaboratorSchema };
  for await (const { id, role_name: role } of gh.each(direct)) if (id === user.id) return roleOf(role);
  return undefined;
}

async function invitations(gh: GitHub, { name }: Repository, user: User): Promise<readonly Invitation[]> {
  const found: Invitation[] = [];
  for await (const invitation of gh.each({ path: path`/repos/${gh.org}/${name}/invitations`, schema: invitationSchema })) {
    if (invitation.invitee?.id === user.id) found.push(invitation);
  }
  return found;
}

async function setRole(gh: GitHub, repository: Repository, user: User, { from, to }: SlotChange): Promise<void> {
  const { installation, org } = gh;
  const { name } = repository;
  const [role] = to;
  const invited = await invitations(gh, repository, user);
  const open = invited.find(({ expired }) => expired !== true);
  if (role !== undefined && open !== undefined) {
    const body = { permissions: role };
    await installation.read({ method: 'PATCH', path: invitationPath(org, name, open), body, schema: z.unknown() });
    return;
  }
  for (const invitation of invited) await gh.remove(invitationPath(org, name, invitation));
  const own = path`/repos/${org}/${name}/collaborators/${user.login}`;
  if (role === undefined) return gh.remove(own);
  try {
    await installation.read({ method: 'PUT', path: own, body: { permission: sentAs(role) }, schema: z.unknown() });
  } catch (error) {
    const isLowered = !isHidden(from) && REPOSITORY_ROLES.covers(from, to) && error instanceof RunnerError && error.code === 'UNSUPPORTED';
    // GitHub refuses a role below the base role of the organization, which gives as much to whoever has none of his own.
    if (!isLowered || !(await isCoveredByBase(gh, to))) throw error;
    await gh.remove(own);
  }
}

/** Whether the base role of the organization gives as much to every member. */
async function isCoveredByBase(gh: GitHub, value: SlotValue): Promise<boolean> {
  const { default_repository_permission: base } = await organization(gh);
  return base != null && REPOSITORY_ROLES.covers([roleOf(base)], value);
}

function invitationPath(org: string, name: string, { id }: Invitation) {
  return path`/repos/${org}/${name}/invitations/${String(id)}`;
}
