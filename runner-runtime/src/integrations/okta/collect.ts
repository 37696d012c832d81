import type { Item } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { list, type Source, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { readOrg } from './admin-roles.js';
import { ASSIGNED, appSchema } from './apps.js';
import { type Access, oktaClient } from './client.js';
import { labelledSchema, memberSchema } from './custom-roles.js';
import { declaration } from './declaration.js';
import { groupSchema, MEMBER } from './groups.js';
import { linkedPrincipal } from './ids.js';
import { readPage, readRolesPage } from './lists.js';
import { heldRoles } from './role-assignments.js';
import { type OktaUser, userSchema } from './users.js';

/** Okta recommends 200 for users, groups and members; apps have no more. */
const PIECE = 200;
const APP_USERS_PIECE = 500;
/** Fewer are refused: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationGroups/ */
const SMALLEST_APP_GROUPS_PIECE = 20;

/** Reads one page of the org: its principals and targets, then who has what. */
export function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, oktaClient(access), cursor, limit);
}

type List<Element> = Source<JsonClient, Element>;
const idSchema = z.object({ id: z.string() });

const users: List<OktaUser> = list(PIECE, async (client, after, limit) => {
  const page = await readPage(client, { path: path`/api/v1/users`, query: { limit }, element: userSchema }, after);
  if (after === undefined && page.elements.length === 0) throw blind();
  return page;
});

const groups = list(PIECE, (client: JsonClient, after, limit) =>
  readPage(client, { path: path`/api/v1/groups`, query: { limit }, element: groupSchema }, after),
);

const members = within(groups, {
  key: ({ id }) => id,
  name: ({ id }) => `members of group ${id}`,
  most: PIECE,
  read: (client, { id }, after, limit) =>
    readPage(client, { path: path`/api/v1/groups/${id}/users`, query: { limit }, element: idSchema }, after),
});

const apps = list(PIECE, (client: JsonClient, after, limit) =>
  readPage(client, { path: path`/api/v1/apps`, query: { limit }, element: appSchema }, after),
);

const appUserSchema = z.object({
  id: z.string(),
  _links: z
    .object({ group: z.object({ href: z.string() }) })
    .partial()
    .optional(),
});

const appUsers = within(apps, {
  key: ({ id }) => id,
  name: ({ id }) => `users of app ${id}`,
  most: APP_USERS_PIECE,
  read: (client, { id }, after, limit) =>
    readPage(client, { path: path`/api/v1/apps/${id}/users`, query: { limit }, element: appUserSchema }, after),
});

const appGroups = within(apps, {
  key: ({ id }) => id,
  name: ({ id }) => `groups of app ${id}`,
  most: PIECE,
  read: (client, { id }, after, size) => {
    const query = { limit: Math.max(SMALLEST_APP_GROUPS_PIECE, size) };
    return readPage(client, { path: path`/api/v1/apps/${id}/groups`, query, element: idSchema }, after);
  },
});

const admins = list(PIECE, async (client: JsonClient, after, limit) => {
  const page = await readRolesPage(
    client,
    'value',
    { path: path`/api/v1/iam/assignees/users`, query: { limit }, element: idSchema },
    after,
  );
  const { id: orgId } = await readOrg(client);
  return { ...page, elements: page.elements.map(({ id }) => ({ id, orgId })) };
});

/** Standard roles; custom ones are read where they are bound to resource sets. */
const adminRoles = within(admins, {
  key: ({ id }) => id,
  name: ({ id }) => `admin roles of user ${id}`,
  most: PIECE,
  read: async (client, { id }) => {
    const held = await heldRoles(client, path`/api/v1/users/${id}/roles`);
    return { elements: held.filter(({ type }) => type !== 'CUSTOM') };
  },
});

const customRoles = list(PIECE, (client: JsonClient, after) =>
  readRolesPage(client, 'roles', { path: path`/api/v1/iam/roles`, element: labelledSchema }, after),
);

const resourceSets = list(PIECE, (client: JsonClient, after) =>
  readRolesPage(client, 'resource-sets', { path: path`/api/v1/iam/resource-sets`, element: labelledSchema }, after),
);

const bindings = within(resourceSets, {
  key: ({ id }) => id,
  name: ({ id }) => `roles in resource set ${id}`,
  most: PIECE,
  read: (client, { id }, after) =>
    readRolesPage(client, 'roles', { path: path`/api/v1/iam/resource-sets/${id}/bindings`, element: idSchema }, after),
});

const bindingMembers = within(bindings, {
  key: ([set, role]) => `${set.id}/${role.id}`,
  name: ([set, role]) => `holders of ${role.id} in resource set ${set.id}`,
  most: PIECE,
  read: (client, [set, role], after) => {
    const members = path`/api/v1/iam/resource-sets/${set.id}/bindings/${role.id}/members`;
    return readRolesPage(client, 'members', { path: members, element: memberSchema }, after);
  },
});

const org = list(1, async (client: JsonClient) => ({ elements: [await readOrg(client)] }));
const permissions = list(1, async (_client: JsonClient) => ({ elements: declared() }));

const STAGES: readonly Stage<JsonClient>[] = [
  stage('permissions', permissions, (item) => [item]),
  stage(
    'org',
    org,
    ({ id, companyName }) => [
      { item: 'target', target: { kind: 'org', path: [id] }, ...(companyName == null ? {} : { displayName: companyName }) },
    ],
    { optional: true },
  ),
  stage('users', users, userItems),
  stage('groups', groups, ({ id, type, profile: { name } }) => [
    { item: 'principal', principal: { kind: 'group', id }, ...(name == null ? {} : { displayName: name }), attributes: { type } },
    { item: 'target', target: { kind: 'group', path: [id] }, ...(name == null ? {} : { displayName: name }) },
  ]),
  stage('members', members, ([group, { id }]) => [
    { item: 'assignment', principal: { kind: 'user', id }, permission: MEMBER, target: { kind: 'group', path: [group.id] } },
  ]),
  stage('apps', apps, ({ id, label }) => [{ item: 'target', target: { kind: 'app', path: [id] }, displayName: label }], { optional: true }),
  stage(
    'app-users',
    appUsers,
    ([app, { id, _links }]) => {
      const through = linkedPrincipal(_links?.group?.href);
      const target = { kind: 'app', path: [app.id] };
      return [{ item: 'assignment', principal: { kind: 'user', id }, permission: ASSIGNED, target, ...(through && { through }) }];
    },
    { optional: true },
  ),
  stage(
    'app-groups',
    appGroups,
    ([app, { id }]) => [
      { item: 'assignment', principal: { kind: 'group', id }, permission: ASSIGNED, target: { kind: 'app', path: [app.id] } },
    ],
    { optional: true },
  ),
  stage(
    'admin-roles',
    adminRoles,
    ([{ id, orgId }, { type, assignmentType, _links }]) => {
      const through = assignmentType === 'GROUP' ? linkedPrincipal(_links?.assignee?.href) : undefined;
      const target = { kind: 'org', path: [orgId] };
      return [{ item: 'assignment', principal: { kind: 'user', id }, permission: type, target, ...(through && { through }) }];
    },
    { optional: true },
  ),
  stage(
    'custom-roles',
    customRoles,
    ({ id, label }) => [{ item: 'permission', permission: id, targetKind: 'resource-set', description: label }],
    { optional: true },
  ),
  stage(
    'resource-sets',
    resourceSets,
    ({ id, label }) => [{ item: 'target', target: { kind: 'resource-set', path: [id] }, displayName: label }],
    { optional: true },
  ),
  stage(
    'bindings',
    bindingMembers,
    ([[set, role], { _links }]) => {
      const principal = linkedPrincipal(_links?.self?.href);
      if (principal === undefined) return [];
      return [{ item: 'assignment', principal, permission: role.id, target: { kind: 'resource-set', path: [set.id] } }];
    },
    { optional: true },
  ),
];

/** Permissions that can be granted, but for custom roles. */
function declared(): Item[] {
  return declaration.permissions
    .filter(({ name }) => name !== '*')
    .flatMap(({ name, targets, meaning }) =>
      targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
    );
}

function userItems({ id, status, profile: { login, firstName, lastName } }: OktaUser): Item[] {
  const displayName = [firstName, lastName].filter((name) => name != null && name !== '').join(' ') || login;
  const enabled = !['DEPROVISIONED', 'SUSPENDED'].includes(status);
  return [{ item: 'principal', principal: { kind: 'user', id }, displayName, enabled, attributes: { login, status } }];
}

/** Not even the token's own user is shown: what looks like an empty org is a token without an admin role. */
function blind(): RunnerError {
  return new RunnerError(
    'TARGET_PERMISSION_DENIED',
    'Okta shows the user of the API token no users at all: it has no admin role for them.',
    {
      mend: 'Run the connection test, and see docs/integrations/okta.md.',
    },
  );
}
