import {
  type Group,
  type GroupMembership,
  ListGroupMembershipsCommand,
  ListGroupsCommand,
  ListUsersCommand,
  type User,
} from '@aws-sdk/client-identitystore';
import { list, within } from '../../integration-kit/collection/source.js';
import { stage } from '../../integration-kit/collection/stages.js';
import { listAssignees } from './assignments.js';
import { type Context, NOTHING, nextToken } from './collect-context.js';
import { MEMBER } from './declaration.js';
import { listPermissionSets, type PermissionSetFacts, provisionedAccounts } from './permission-sets.js';
import type { Assignee } from './principals.js';

const PAGE = 100;
const OPTIONAL = { optional: true };

const permissionSetList = list<Context, PermissionSetFacts>(PAGE, async ({ session, center }, token, size) => {
  if (center === undefined) return NOTHING;
  const { sets, next } = await listPermissionSets(session, center, token, size);
  return { elements: sets, next };
});

export const permissionSets = stage(
  'permission-sets',
  permissionSetList,
  ({ name, description }) => [
    { item: 'permission', permission: name, targetKind: 'account', ...(description !== undefined && { description }) },
  ],
  OPTIONAL,
);

const userList = list<Context, User>(PAGE, async ({ session, center }, token, size) => {
  if (center === undefined) return NOTHING;
  const page = { IdentityStoreId: center.store, MaxResults: size, ...nextToken(token) };
  const { Users: elements = [], NextToken: next } = await session.identityStore(center.region).send(new ListUsersCommand(page));
  return { elements, next };
});

export const users = stage(
  'users',
  userList,
  ({ UserId: id = '', UserName: name }) => [
    { item: 'principal', principal: { kind: 'user', id }, ...(name !== undefined && { displayName: name }) },
  ],
  OPTIONAL,
);

const groupList = list<Context, Group>(PAGE, async ({ session, center }, token, size) => {
  if (center === undefined) return NOTHING;
  const page = { IdentityStoreId: center.store, MaxResults: size, ...nextToken(token) };
  const { Groups: elements = [], NextToken: next } = await session.identityStore(center.region).send(new ListGroupsCommand(page));
  return { elements, next };
});

export const groups = stage(
  'groups',
  groupList,
  ({ GroupId: id = '', DisplayName: name }) => {
    const displayName = name !== undefined && { displayName: name };
    return [
      { item: 'principal', principal: { kind: 'group', id }, ...displayName },
      { item: 'target', target: { kind: 'group', path: [id] }, ...displayName },
    ];
  },
  OPTIONAL,
);

const membershipList = within<Context, Group, GroupMembership>(groupList, {
  key: ({ GroupId: id = '' }) => id,
  name: ({ GroupId: id = '' }) => `members of the group ${id}`,
  most: PAGE,
  read: async ({ session, center }, { GroupId }, token, size) => {
    if (center === undefined) return NOTHING;
    const page = { IdentityStoreId: center.store, GroupId, MaxResults: size, ...nextToken(token) };
    const { GroupMemberships: elements = [], NextToken: next } = await session
      .identityStore(center.region)
      .send(new ListGroupMembershipsCommand(page));
    return { elements, next };
  },
});

export const memberships = stage(
  'memberships',
  membershipList,
  ([{ GroupId: group = '' }, { MemberId: member }]) => {
    if (member?.UserId === undefined) return [];
    const principal = { kind: 'user', id: member.UserId };
    return [{ item: 'assignment', principal, permission: MEMBER, target: { kind: 'group', path: [group] } }];
  },
  OPTIONAL,
);

const provisionedList = within<Context, PermissionSetFacts, string>(permissionSetList, {
  key: ({ arn }) => arn,
  name: ({ name }) => `accounts of the permission set ${name}`,
  most: PAGE,
  read: async ({ session, center }, { arn }, token) => {
    if (center === undefined) return NOTHING;
    const { accounts, next } = await provisionedAccounts(session, center, arn, token);
    return { elements: accounts, next };
  },
});

const assignmentList = within<Context, readonly [PermissionSetFacts, string], Assignee>(provisionedList, {
  key: ([{ arn }, account]) => `${arn} ${account}`,
  name: ([{ name }, account]) => `assignments of the permission set ${name} on ${account}`,
  most: PAGE,
  read: async ({ session, center }, [{ arn }, account], token) => {
    if (center === undefined) return NOTHING;
    const { assignees, next } = await listAssignees(session, center, { account, permissionSet: arn }, token);
    return { elements: assignees, next };
  },
});

export const assignments = stage(
  'assignments',
  assignmentList,
  ([[{ name }, account], { type, id }]) => [
    {
      item: 'assignment',
      principal: { kind: type === 'USER' ? 'user' : 'group', id },
      permission: name,
      target: { kind: 'account', path: [account] },
    },
  ],
  OPTIONAL,
);
