import type { Item, Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { list, type Source, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import { path } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { type WorkspaceAccess, workspace } from './client.js';
import { type Group, groupSchema, orgUnitSchema, type User, userSchema } from './directory.js';
import { memberSchema } from './membership.js';
import { MOST_ASSIGNMENTS, type RoleAssignment, readAssignments } from './role-assignment.js';
import { isSuperAdmin, MOST_ROLES, type Role, readRoles } from './roles.js';

/** Largest pages of the interface. */
const MOST_USERS = 500;
const MOST_GROUPS = 200;
const MOST_MEMBERS = 200;

const token = z.string().min(1).optional();
const usersSchema = z.object({ users: z.array(userSchema).default([]), nextPageToken: token });
const groupsSchema = z.object({ groups: z.array(groupSchema).default([]), nextPageToken: token });
const membersSchema = z.object({ members: z.array(memberSchema).default([]), nextPageToken: token });
const orgUnitsSchema = z.object({ organizationUnits: z.array(orgUnitSchema).default([]) });

/** Reads one page, whatever part of the organization it is of. */
export function collect(access: WorkspaceAccess, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, access, cursor, limit);
}

const customer = list(1, async ({ secret }: WorkspaceAccess) => ({ elements: [secret.customerId] }));

const users: Source<WorkspaceAccess, User> = list(MOST_USERS, async (access, pageToken, maxResults) => {
  const query = { customer: access.secret.customerId, orderBy: 'email', maxResults, pageToken };
  const page = await workspace(access).directory('users').read({ path: path`/users`, query, schema: usersSchema });
  return { elements: page.users, next: page.nextPageToken };
});

const groups: Source<WorkspaceAccess, Group> = list(MOST_GROUPS, async (access, pageToken, maxResults) => {
  const query = { customer: access.secret.customerId, orderBy: 'email', maxResults, pageToken };
  const page = await workspace(access).directory('groups').read({ path: path`/groups`, query, schema: groupsSchema });
  return { elements: page.groups, next: page.nextPageToken };
});

/** Without the scope for members none of them can be read: asked once, not for each group. */
const groupsToLookInto: Source<WorkspaceAccess, Group> = {
  most: groups.most,
  open: (access) => async (pageToken, size) => {
    await workspace(access).tokens('members').token();
    return groups.open(access)(pageToken, size);
  },
};

const members = within(groupsToLookInto, {
  key: ({ id }) => id,
  name: ({ id }) => `members of group ${id}`,
  most: MOST_MEMBERS,
  read: async (access, { id }, pageToken, maxResults) => {
    const call = { path: path`/groups/${id}/members`, query: { maxResults, pageToken }, schema: membersSchema };
    const page = await workspace(access).directory('members').read(call);
    return { elements: page.members, next: page.nextPageToken };
  },
});

/** The interface gives all of them at once. */
const orgUnits = list(Number.MAX_SAFE_INTEGER, async (access: WorkspaceAccess) => {
  const call = {
    path: path`/customer/${access.secret.customerId}/orgunits`,
    query: { type: 'allIncludingParent' },
    schema: orgUnitsSchema,
  };
  return { elements: (await workspace(access).directory('org-units').read(call)).organizationUnits };
});

const roles: Source<WorkspaceAccess, Role> = list(MOST_ROLES, async (access, pageToken, maxResults) => {
  const page = await readRoles(access, pageToken, maxResults);
  return { elements: page.items, next: page.nextPageToken };
});

const assignments = within(roles, {
  key: ({ roleId }) => roleId,
  name: ({ roleName }) => `assignments of role ${roleName}`,
  most: MOST_ASSIGNMENTS,
  read: async (access, { roleId }, pageToken, maxResults) => {
    const page = await readAssignments(access, { roleId }, pageToken, maxResults);
    return { elements: page.items, next: page.nextPageToken };
  },
});

const STAGES: readonly Stage<WorkspaceAccess>[] = [
  stage('customer', customer, (id) => [{ item: 'target', target: { kind: 'customer', path: [id] } }]),
  stage('users', users, (user) => [person(user)]),
  stage('groups', groups, groupItems),
  stage('members', members, ([group, member], access) => memberItems(group, member, access), { optional: true }),
  stage('org-units', orgUnits, ({ orgUnitId, orgUnitPath }, { secret }) => [unit(secret.customerId, orgUnitId, orgUnitPath)], {
    optional: true,
  }),
  stage('roles', roles, roleItems, { optional: true }),
  stage('role-assignments', assignments, ([role, assignment], { secret }) => [assigned(secret.customerId, role, assignment)], {
    optional: true,
  }),
];

function person({ id, primaryEmail, name, suspended, archived, isAdmin }: User): Item {
  return {
    item: 'principal',
    principal: { kind: 'user', id },
    displayName: name?.fullName ?? primaryEmail,
    enabled: !suspended && !archived,
    attributes: { email: primaryEmail, ...(isAdmin && { superAdmin: true }) },
  };
}

function groupItems({ id, email, name }: Group): readonly Item[] {
  return [
    { item: 'principal', principal: { kind: 'group', id }, displayName: name ?? email, attributes: { email } },
    { item: 'target', target: { kind: 'group', path: [id] }, displayName: email },
  ];
}

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/members#Member: a member of type CUSTOMER is everybody. */
function memberItems(
  { id: group }: Group,
  { id, email, role, type }: z.infer<typeof memberSchema>,
  { secret }: WorkspaceAccess,
): readonly Item[] {
  const known = type === 'CUSTOMER' ? (id ?? secret.customerId) : (id ?? email);
  if (known === undefined) return [];
  const kind = type === 'GROUP' ? 'group' : type === 'CUSTOMER' ? 'customer' : 'user';
  return [{ item: 'assignment', principal: { kind, id: known }, permission: role, target: { kind: 'group', path: [group] } }];
}

function unit(customerId: string, id: string, displayName: string): Item {
  return { item: 'target', target: { kind: 'orgunit', path: [customerId, bare(id)] }, displayName };
}

/** Super administrators are shown by their assignments; the role is none that can be given. */
function roleItems(role: Role): readonly Item[] {
  if (isSuperAdmin(role)) return [];
  return ['customer', 'orgunit'].map((targetKind) => ({
    item: 'permission',
    permission: role.roleName,
    targetKind,
    ...(role.roleDescription !== undefined && { description: role.roleDescription }),
  }));
}

function assigned(
  customerId: string,
  { roleName }: Role,
  { assignedTo, assigneeType = 'user', scopeType, orgUnitId }: RoleAssignment,
): Item {
  const principal: Principal = { kind: assigneeType.toLowerCase() === 'group' ? 'group' : 'user', id: assignedTo };
  const onUnit = scopeType === 'ORG_UNIT' && orgUnitId !== undefined;
  const target: Target = onUnit ? { kind: 'orgunit', path: [customerId, bare(orgUnitId)] } : { kind: 'customer', path: [customerId] };
  return { item: 'assignment', principal, permission: roleName, target };
}

/** Organizational units say `id:03ph8a2z` of themselves, assignments `03ph8a2z`. */
function bare(orgUnitId: string): string {
  return orgUnitId.replace(/^id:/, '');
}
