import type { Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { GitHub } from './client.js';
import { isEmail, isLogin, isRepositoryName, isSameName, isTeamSlug } from './names.js';

const userSchema = z.object({
  id: z.int().positive(),
  login: z.string().refine(isLogin),
  type: z.string(),
  email: z.string().nullish(),
});
export type User = z.infer<typeof userSchema>;

const repositorySchema = z.object({
  id: z.int().positive(),
  name: z.string().refine(isRepositoryName),
  owner: z.object({ login: z.string() }),
  archived: z.boolean().optional(),
});
export type Repository = z.infer<typeof repositorySchema>;

const teamSchema = z.object({
  id: z.int().positive(),
  slug: z.string().refine(isTeamSlug),
  parent: z.object({ id: z.int(), slug: z.string() }).nullish(),
});
export type Team = z.infer<typeof teamSchema>;

const organizationSchema = z.object({
  id: z.int().positive(),
  login: z.string(),
  /** Shown to those who may see it. */
  default_repository_permission: z.string().nullish(),
});
const membershipSchema = z.object({ state: z.string(), role: z.string() });
const searchSchema = z.object({ items: z.array(z.object({ login: z.string() })) });

/** @throws {RunnerError} `PRINCIPAL_NOT_FOUND` */
export async function findUser(gh: GitHub, { id }: Principal): Promise<User> {
  const user = id.includes('@') ? await userByEmail(gh, id) : isLogin(id) ? await userByLogin(gh, id) : undefined;
  if (user?.type === 'User') return user;
  throw new RunnerError('PRINCIPAL_NOT_FOUND', 'GitHub has no such user.', {
    object: id,
    mend: id.includes('@')
      ? 'Use the login: GitHub finds people only by an e-mail that they made public.'
      : 'Use the login as in the URL of the profile.',
  });
}

/** A user whatever the login is by now. @returns undefined where the account is gone */
export function userById(gh: GitHub, id: string): Promise<User | undefined> {
  return gh.once(`user ${id}`, () => ifThere(gh.installation.read({ path: path`/user/${id}`, schema: userSchema })));
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function findRepository(gh: GitHub, target: Target): Promise<Repository> {
  const name = nameIn(gh, target, isRepositoryName);
  const found = await ifThere(gh.installation.read({ path: path`/repos/${gh.org}/${name}`, schema: repositorySchema }));
  if (found === undefined || !isSameName(found.name, name)) throw noTarget(target);
  return found;
}

/**
 * A repository whatever its name is by now.
 * @returns undefined where it is gone
 * @throws {RunnerError} `TARGET_PERMISSION_DENIED` where it is out of the installation's reach: what stands there is not known
 */
export function repositoryById(gh: GitHub, id: string): Promise<Repository | undefined> {
  return gh.once(`repository ${id}`, () => readRepository(gh, id));
}

async function readRepository(gh: GitHub, id: string): Promise<Repository | undefined> {
  const found = await ifThere(gh.installation.read({ path: path`/repositories/${id}`, schema: repositorySchema }));
  if (found !== undefined && isSameName(found.owner.login, gh.org)) return found;
  const { repository_selection: selection } = await gh.token();
  // An installation on all repositories sees every one that there is.
  if (found === undefined && selection !== 'selected') return undefined;
  throw new RunnerError(
    'TARGET_PERMISSION_DENIED',
    'The repository is out of reach: deleted, moved, or no longer among those of the installation.',
    {
      object: `repository ${id}`,
      mend: 'Give the installation access to all repositories of the organization, or to this one.',
    },
  );
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function findTeamTarget(gh: GitHub, target: Target): Promise<Team> {
  const found = await teamBySlug(gh, nameIn(gh, target, isTeamSlug));
  if (found === undefined) throw noTarget(target);
  return found;
}

/** @throws {RunnerError} `PRINCIPAL_NOT_FOUND` */
export async function findTeamPrincipal(gh: GitHub, { id }: Principal): Promise<Team> {
  const found = isTeamSlug(id) ? await teamBySlug(gh, id) : undefined;
  if (found !== undefined) return found;
  throw new RunnerError('PRINCIPAL_NOT_FOUND', 'The organization has no such team.', {
    object: id,
    mend: 'Use the slug as in the URL of the team.',
  });
}

/** A team whatever its name is by now. @returns undefined where it is gone */
export function teamById(gh: GitHub, id: string): Promise<Team | undefined> {
  return gh.once(`team ${id}`, async () => {
    const { id: org } = await organization(gh);
    return ifThere(gh.installation.read({ path: path`/organizations/${String(org)}/team/${id}`, schema: teamSchema }));
  });
}

export function organization(gh: GitHub) {
  return gh.once('organization', () => gh.installation.read({ path: path`/orgs/${gh.org}`, schema: organizationSchema }));
}

/** A user's role in the organization: `admin`, `member`; undefined for one who has not joined. */
export async function roleInOrganization(gh: GitHub, { login }: User): Promise<string | undefined> {
  const membership = await ifThere(gh.installation.read({ path: path`/orgs/${gh.org}/memberships/${login}`, schema: membershipSchema }));
  return membership?.state === 'active' ? membership.role : undefined;
}

/** A user's role in a team or in one of its child teams, invited or joined. */
export function roleInTeam(gh: GitHub, { slug }: Pick<Team, 'slug'>, { login }: User) {
  return ifThere(gh.installation.read({ path: path`/orgs/${gh.org}/teams/${slug}/memberships/${login}`, schema: membershipSchema }));
}

function userByLogin(gh: GitHub, login: string): Promise<User | undefined> {
  return ifThere(gh.installation.read({ path: path`/users/${login}`, schema: userSchema }));
}

/** A public e-mail is a verified one, and belongs to one account. https://docs.github.com/en/search-github/searching-on-github/searching-users */
async function userByEmail(gh: GitHub, email: string): Promise<User | undefined> {
  if (!isEmail(email)) return undefined;
  const { items } = await gh.installation.read({ path: path`/search/users`, query: { q: `"${email}" in:email` }, schema: searchSchema });
  for (const { login } of items.filter((item) => isLogin(item.login)).slice(0, 5)) {
    const user = await userByLogin(gh, login);
    if (user?.email != null && isSameName(user.email, email)) return user;
  }
  return undefined;
}

function teamBySlug(gh: GitHub, slug: string): Promise<Team | undefined> {
  return ifThere(gh.installation.read({ path: path`/orgs/${gh.org}/teams/${slug}`, schema: teamSchema }));
}

function nameIn(gh: GitHub, target: Target, isName: (text: string) => boolean): string {
  const [org = '', name = '', ...rest] = target.path;
  if (rest.length > 0 || !isSameName(org, gh.org) || !isName(name)) throw noTarget(target);
  return name;
}

function noTarget({ kind, path: names }: Target): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', `The organization has no such ${kind}, or the installation cannot see it.`, {
    object: names.join('/'),
    mend: 'Use the path as the collection shows it: the organization and the name.',
  });
}

/** What a grant was for is gone. Retryable: where another grant ends in the same place meanwhile, nothing is to be given any more. */
export function gone(slot: readonly string[]): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', 'The target or the principal is gone.', { object: slot.join('/'), retryable: true });
}
