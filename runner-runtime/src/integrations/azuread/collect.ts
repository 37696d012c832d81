import { list, type Source, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { APP_FIELDS, appSchema, isMicrosofts } from './apps.js';
import {
  appItems,
  assigneeItems,
  assigneeSchema,
  directoryItem,
  groupItems,
  groupSchema,
  holderItems,
  holderSchema,
  memberItems,
  membershipItem,
  objectSchema,
  roleItems,
  userItem,
  userSchema,
} from './collect-items.js';
import { type Access, type Graph, openGraph } from './graph.js';
import { quoted } from './ids.js';
import { type ODataList, readPiece } from './odata.js';
import { principalPath } from './principals.js';
import { ROLE_DEFINITIONS } from './role-definitions.js';

/** https://learn.microsoft.com/graph/api/user-list#optional-query-parameters: the same for most lists. */
const MOST = 999;
/** Service principals bring their roles along: some have hundreds. */
const MOST_APPS = 50;
/** Lists that take no page size; Graph's own is 100 or less. */
const MOST_FIXED = 100;

const users = sized(MOST, {
  path: path`/users`,
  query: { $select: 'id,userPrincipalName,displayName,accountEnabled,userType' },
  element: userSchema,
});
const groups = sized(MOST, {
  path: path`/groups`,
  query: { $select: 'id,displayName,groupTypes,isAssignableToRole' },
  element: groupSchema,
});
const apps = sized(MOST_APPS, { path: path`/servicePrincipals`, query: { $select: APP_FIELDS }, element: appSchema });
const roles = fixed(ROLE_DEFINITIONS);
const directory = list(1, async ({ token }: Graph) => ({ elements: [token.tenantId] }));

const members = within(groups, {
  key: ({ id }) => id,
  name: (group) => `members of ${group.displayName ?? group.id}`,
  most: MOST,
  read: (graph, { id }, token, size) =>
    readPiece(graph, { path: path`/groups/${id}/members`, query: { $select: 'id', $top: size }, element: objectSchema }, token),
});

/** Version 1.0 lists no service principals as members, and those of Microsoft are in no groups. */
const memberApps = within(apps, {
  key: ({ id }) => id,
  name: (app) => `groups of ${app.displayName ?? app.id}`,
  most: MOST,
  read: async (graph, app, token, size) =>
    isMicrosofts(app)
      ? { elements: [] }
      : readPiece(
          graph,
          {
            path: `${principalPath('service-principal', app.id)}/memberOf/microsoft.graph.group` as SafePath,
            query: { $select: 'id', $top: size },
            eventual: true,
            element: objectSchema,
          },
          token,
        ),
});

const holders = within(roles, {
  key: ({ id }) => id,
  name: ({ displayName }) => `holders of ${displayName}`,
  most: MOST_FIXED,
  read: (graph, { id }, token) =>
    readPiece(
      graph,
      {
        path: path`/roleManagement/directory/roleAssignments`,
        query: { $filter: `roleDefinitionId eq ${quoted(id)}`, $expand: 'principal' },
        element: holderSchema,
      },
      token,
    ),
});

const assignees = within(apps, {
  key: ({ id }) => id,
  name: (app) => `users of ${app.displayName ?? app.id}`,
  most: MOST,
  read: (graph, { id }, token, size) =>
    readPiece(graph, { path: path`/servicePrincipals/${id}/appRoleAssignedTo`, query: { $top: size }, element: assigneeSchema }, token),
});

/** Rights that go beyond users and groups are given to the runner only where it shall grant them. */
const OPTIONAL = { optional: true };

const STAGES: readonly Stage<Graph>[] = [
  stage('users', users, (user) => [userItem(user)]),
  stage('groups', groups, groupItems),
  stage('members', members, ([group, member]) => memberItems(group, member)),
  stage('directory', directory, (tenantId) => [directoryItem(tenantId)]),
  stage('roles', roles, roleItems, OPTIONAL),
  stage('role holders', holders, ([role, holder], { token }) => holderItems(token.tenantId, role, holder), OPTIONAL),
  stage('applications', apps, appItems, OPTIONAL),
  stage('groups of applications', memberApps, ([app, { id }]) => [membershipItem(id, 'service-principal', app.id)], OPTIONAL),
  stage('users of applications', assignees, ([app, assignee]) => assigneeItems(app, assignee), OPTIONAL),
];

/** Reads one page: users, groups, direct members, directory roles and their holders, applications with roles and those who have them. */
export async function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, await openGraph(access), cursor, limit);
}

function sized<Element>(most: number, { query, ...rest }: ODataList<Element>): Source<Graph, Element> {
  return list(most, (graph, token, size) => readPiece(graph, { ...rest, query: { ...query, $top: size } }, token));
}

function fixed<Element>(wanted: ODataList<Element>): Source<Graph, Element> {
  return list(MOST_FIXED, (graph, token) => readPiece(graph, wanted, token));
}
