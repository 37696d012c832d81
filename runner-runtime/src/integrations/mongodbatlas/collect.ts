import type { Item, Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { type ListPage, list, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import { path } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { type Access, type Atlas, atlasOf, type ListCall, PAGE_SIZE } from './client.js';
import { databaseUserItems, databaseUserSchema } from './collect-database-users.js';
import { declaration } from './declaration.js';
import { clustersOf, organizationSchema, type Project, projectsOf, teamSchema, teamsOf, type User, userSchema } from './subjects.js';

/** Reads one page of the organization: what there is, then who has what. */
export function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, atlasOf(access), cursor, limit);
}

const once = <Element>(read: (atlas: Atlas) => Promise<Element>) =>
  list(1, async (atlas: Atlas): Promise<ListPage<Element>> => ({ elements: [await read(atlas)] }));

function pages<Element>(call: (atlas: Atlas) => ListCall<Element>) {
  return list(PAGE_SIZE, (atlas: Atlas, token, size) => atlas.page(call(atlas), token, size));
}

const projects = pages((atlas) => projectsOf(atlas.org));

function ofProjects<Element>(
  what: string,
  read: (atlas: Atlas, project: Project, token: string | undefined, size: number) => Promise<ListPage<Element>>,
) {
  return within(projects, { key: ({ id }) => id, name: ({ name }) => `${what} of the project ${name}`, most: PAGE_SIZE, read });
}

const customRoleSchema = z.object({ roleName: z.string() });

const STAGES: readonly Stage<Atlas>[] = [
  stage(
    'permissions',
    once(async () => declaration),
    declared,
  ),
  stage(
    'organization',
    once((atlas) => atlas.read({ path: path`/orgs/${atlas.org}`, schema: organizationSchema })),
    ({ id, name }) => [{ item: 'target', target: { kind: 'organization', path: [id] }, displayName: name }],
  ),
  stage('projects', projects, ({ name, ...project }) => [{ item: 'target', target: projectTarget(project), displayName: name }]),
  stage(
    'teams',
    pages((atlas) => ({ path: path`/orgs/${atlas.org}/teams`, schema: teamSchema })),
    ({ id, name }, { org }) => [
      { item: 'principal', principal: team(id), displayName: name },
      { item: 'target', target: { kind: 'team', path: [org, id] }, displayName: name },
    ],
  ),
  stage(
    'users',
    pages((atlas) => ({ version: 'people', path: path`/orgs/${atlas.org}/users`, schema: userSchema })),
    userItems,
  ),
  stage(
    'clusters',
    ofProjects('clusters', (atlas, { id }, token, size) => atlas.page(clustersOf(id), token, size)),
    ([{ orgId, id }, { name }]) => [{ item: 'target', target: { kind: 'cluster', path: [orgId, id, name] } }],
  ),
  stage(
    'project-teams',
    ofProjects('teams', (atlas, { id }, token, size) => atlas.page(teamsOf(id), token, size)),
    ([project, { teamId, roleNames }]) => roleNames.map((role) => assignment(team(teamId), role, projectTarget(project))),
  ),
  stage(
    'custom-roles',
    ofProjects('custom roles', async (atlas, { id }) => ({
      elements: await atlas.read({ path: path`/groups/${id}/customDBRoles/roles`, schema: z.array(customRoleSchema) }),
    })),
    ([project, { roleName }]) => [
      {
        item: 'permission',
        permission: roleName,
        targetKind: 'project',
        target: projectTarget(project),
        description: 'Custom role of database users.',
      },
    ],
  ),
  stage(
    'database-users',
    ofProjects('database users', (atlas, { id }, token, size) =>
      atlas.page({ path: path`/groups/${id}/databaseUsers`, schema: databaseUserSchema }, token, size),
    ),
    ([{ orgId, id }, user]) => databaseUserItems([orgId, id], user),
  ),
];

function declared({ permissions }: typeof declaration): Item[] {
  return permissions.flatMap(({ name, targets, meaning }) =>
    targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
  );
}

/** A person with his roles and teams: Atlas gives all of it in one list. */
function userItems({ id, username, firstName, lastName, orgMembershipStatus: status, roles, teamIds }: User, { org }: Atlas): Item[] {
  const user = { kind: 'user', id };
  const displayName = [firstName, lastName].filter((name) => name !== undefined && name !== '').join(' ') || username;
  return [
    { item: 'principal', principal: user, displayName, enabled: status === 'ACTIVE', attributes: { username, status } },
    ...roles.orgRoles.map((role) => assignment(user, role, { kind: 'organization', path: [org] })),
    ...roles.groupRoleAssignments.flatMap(({ groupId, groupRoles }) =>
      groupRoles.map((role) => assignment(user, role, { kind: 'project', path: [org, groupId] })),
    ),
    ...teamIds.map((team) => assignment(user, 'Member', { kind: 'team', path: [org, team] })),
  ];
}

function projectTarget({ orgId, id }: Pick<Project, 'orgId' | 'id'>): Target {
  return { kind: 'project', path: [orgId, id] };
}

function team(id: string): Principal {
  return { kind: 'team', id };
}

function assignment(principal: Principal, permission: string, target: Target): Item {
  return { item: 'assignment', principal, permission, target };
}
