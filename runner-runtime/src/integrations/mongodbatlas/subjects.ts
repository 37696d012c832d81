import type { Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path } from '../../integration-kit/http/path.js';
import type { Atlas } from './client.js';
import { isClusterName, isEmail, isId } from './formats.js';

const id = z.string().refine(isId);

/** A person in the organization, with all that he has in it directly. */
export const userSchema = z.object({
  id,
  username: z.string(),
  orgMembershipStatus: z.string(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  roles: z.object({
    orgRoles: z.array(z.string()).default([]),
    groupRoleAssignments: z.array(z.object({ groupId: id, groupRoles: z.array(z.string()) })).default([]),
  }),
  teamIds: z.array(id).default([]),
});
export type User = z.infer<typeof userSchema>;

export const projectSchema = z.object({ id, name: z.string(), orgId: id });
export type Project = z.infer<typeof projectSchema>;

export const teamSchema = z.object({ id, name: z.string() });
export type Team = z.infer<typeof teamSchema>;

export const organizationSchema = z.object({ id, name: z.string() });

/** A team's roles in a project. */
export const teamRolesSchema = z.object({ teamId: id, roleNames: z.array(z.string()) });

const uri = z.string().regex(/^mongodb(\+srv)?:\/\/[^\s"'<>]+$/);
export const clusterSchema = z.object({
  name: z.string().refine(isClusterName),
  paused: z.boolean().optional(),
  connectionStrings: z
    .object({
      standardSrv: uri,
      standard: uri,
      privateSrv: uri,
      private: uri,
      privateEndpoint: z.array(z.object({ srvConnectionString: uri, connectionString: uri }).partial()),
    })
    .partial()
    .optional(),
});
export type Cluster = z.infer<typeof clusterSchema>;

/** What the organization knows of the runner's own key. */
export const ownKeySchema = z.object({
  appName: z.string().optional(),
  apiKey: z.object({
    publicKey: z.string().optional(),
    roles: z.array(z.object({ orgId: z.string().optional(), groupId: z.string().optional(), roleName: z.string() })),
    accessList: z.array(z.unknown()).default([]),
  }),
});

/** @returns undefined for a person who has left the organization */
export function userById(atlas: Atlas, user: string): Promise<User | undefined> {
  return atlas.find({ version: 'people', path: path`/orgs/${atlas.org}/users/${user}`, schema: userSchema });
}

/** @throws {RunnerError} `PRINCIPAL_NOT_FOUND` */
export async function findUser(atlas: Atlas, { id: name }: Principal): Promise<User> {
  const user = isId(name) ? await userById(atlas, name) : isEmail(name) ? await userByEmail(atlas, name) : undefined;
  if (user?.orgMembershipStatus === 'ACTIVE') return user;
  throw new RunnerError(
    'PRINCIPAL_NOT_FOUND',
    user === undefined ? 'The organization has no such user.' : 'The user has not accepted the invitation to the organization.',
    {
      object: name,
      mend: user === undefined ? 'Use the id or the e-mail of a user as the collection shows it.' : 'Let the user accept it first.',
    },
  );
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function findProject(atlas: Atlas, target: Target): Promise<Project> {
  const [org, project = ''] = target.path;
  const found =
    org === atlas.org && isId(project) ? await atlas.find({ path: path`/groups/${project}`, schema: projectSchema }) : undefined;
  if (found?.orgId === atlas.org) return found;
  throw noTarget(target);
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function findCluster(atlas: Atlas, target: Target): Promise<Cluster> {
  const { id: project } = await findProject(atlas, target);
  const [, , name = ''] = target.path;
  const found = isClusterName(name) ? await clusterByName(atlas, project, name) : undefined;
  if (found?.name === name) return found;
  throw noTarget(target);
}

export function clusterByName(atlas: Atlas, project: string, name: string): Promise<Cluster | undefined> {
  return atlas.find({ version: 'clusters', path: path`/groups/${project}/clusters/${name}`, schema: clusterSchema });
}

/** Projects of the organization. */
export function projectsOf(org: string) {
  return { path: path`/orgs/${org}/groups`, schema: projectSchema } as const;
}

/** Clusters of a project. */
export function clustersOf(project: string) {
  return { version: 'clusters', path: path`/groups/${project}/clusters`, schema: clusterSchema } as const;
}

/** Teams that have roles in a project. */
export function teamsOf(project: string) {
  return { path: path`/groups/${project}/teams`, schema: teamRolesSchema } as const;
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function findTeam(atlas: Atlas, target: Target): Promise<Team> {
  const [org, team = ''] = target.path;
  const found = org === atlas.org && isId(team) ? await teamById(atlas, team) : undefined;
  if (found !== undefined) return found;
  throw noTarget(target);
}

export function teamById(atlas: Atlas, team: string): Promise<Team | undefined> {
  return atlas.find({ path: path`/orgs/${atlas.org}/teams/${team}`, schema: teamSchema });
}

/** The runner's own key, with its roles. */
export function ownKey(atlas: Atlas) {
  return atlas.read({ path: path``, schema: ownKeySchema });
}

/** Whether the runner's own key has a role in the organization. */
export function hasInOrganization({ apiKey }: z.infer<typeof ownKeySchema>, org: string, role: string): boolean {
  return apiKey.roles.some(({ orgId, roleName }) => orgId === org && roleName === role);
}

export function noTarget({ kind, path: names }: Target): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', `The organization has no such ${kind}, or the API key cannot see it.`, {
    object: names.join('/'),
    mend: 'Use the path as the collection shows it: ids of the organization, project and team, names of cluster, database and collection.',
  });
}

async function userByEmail(atlas: Atlas, email: string): Promise<User | undefined> {
  const { elements } = await atlas.page(
    { version: 'people', path: path`/orgs/${atlas.org}/users`, query: { username: email }, schema: userSchema },
    undefined,
    100,
  );
  return elements.find(({ username }) => username.toLowerCase() === email.toLowerCase());
}
