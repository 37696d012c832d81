import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path } from '../../integration-kit/http/path.js';
import type { GitHub, ListCall } from './client.js';
import { REPOSITORY_ROLES, roleOf } from './levels.js';
import { isTeamSlug } from './names.js';
import { organization, type Repository, roleInOrganization, roleInTeam, type User } from './subjects.js';

/** A way by which somebody has a role on a repository without a role of his own there. */
export interface Way {
  readonly role: string;
  /** In words: `the team platform`. */
  readonly through: string;
  /** Whether it is what every member has: a role of one's own is never below it. */
  readonly isBase: boolean;
}

const teamSchema = z.object({
  id: z.int(),
  slug: z.string().refine(isTeamSlug),
  permission: z.string(),
  /** Absent on older servers. */
  access_source: z.string().optional(),
  parent: z.object({ id: z.int(), slug: z.string() }).nullish(),
});
export type TeamOnRepository = z.infer<typeof teamSchema>;

/** Teams that have access to a repository, inherited too. */
export function teamsOn({ name }: Pick<Repository, 'name'>, org: string): ListCall<TeamOnRepository> {
  return { path: path`/repos/${org}/${name}/teams`, schema: teamSchema };
}

/**
 * Ways by which a user has a role on a repository besides one of his own.
 * @param matters which roles are of interest: each team that gives one costs a call
 */
export async function waysTo(gh: GitHub, repository: Repository, user: User, matters: (role: string) => boolean): Promise<readonly Way[]> {
  const inOrganization = await roleInOrganization(gh, user);
  // Teams and the base role are for members only.
  if (inOrganization === undefined) return [];
  const ways: Way[] = [];
  const { default_repository_permission: base } = await organization(gh);
  if (inOrganization === 'admin') ways.push({ role: 'admin', through: 'being an owner of the organization', isBase: false });
  if (base != null && base !== 'none') ways.push({ role: roleOf(base), through: 'the base role of the organization', isBase: true });
  for await (const team of gh.each(teamsOn(repository, gh.org))) {
    const role = roleOf(team.permission);
    if (!matters(role)) continue;
    const membership = await roleInTeam(gh, team, user);
    if (membership?.state === 'active') ways.push({ role, through: `the team ${team.slug}`, isBase: false });
  }
  return ways.filter(({ role }) => matters(role));
}

/** Whether a role gives all that another gives. */
export function gives(wanted: string): (role: string) => boolean {
  return (role) => REPOSITORY_ROLES.covers([role], [wanted]);
}

/** @throws {RunnerError} `UNSUPPORTED` where there is nothing to give */
export function requireNothingElse(ways: readonly Pick<Way, 'through'>[], principal: string): void {
  const [first] = ways;
  if (first === undefined) return;
  throw new RunnerError('UNSUPPORTED', 'The principal has this role or a higher one already, and would keep it.', {
    object: `${principal} through ${first.through}`,
    mend: 'Use it as it is, or take that away first.',
  });
}

/** @throws {RunnerError} `UNSUPPORTED`: giving another role for a time would need to know it */
export function refuseUnknownRole(principal: string): never {
  throw new RunnerError(
    'UNSUPPORTED',
    'The principal has a role there that could not be restored: a custom one, or one that another hides.',
    {
      object: principal,
      mend: 'Give the access through a team, or remove the role that the principal has there directly.',
    },
  );
}
