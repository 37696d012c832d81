import type { Declaration } from '../declaration.js';

/** Permission on a group: being in it. */
export const MEMBER = 'Member';
/** Permission on a managed policy: having it attached. */
export const ATTACHED = 'Attached';
/** Permission on a role: a session of it. */
export const SESSION = 'Session';

export const declaration: Declaration = {
  targets: [
    { kind: 'account', path: ['account id'] },
    { kind: 'iam-group', path: ['group name'] },
    { kind: 'iam-policy', path: ['policy ARN'] },
    { kind: 'role', path: ['role ARN'] },
  ],
  permissions: [
    {
      name: '*',
      targets: ['account'],
      isolation: 'shared-slot',
      meaning: 'A permission set of IAM Identity Center, by name or ARN, assigned to a user or group on the account.',
    },
    {
      name: '*',
      targets: ['account'],
      isolation: 'object-per-grant',
      meaning: 'A policy as JSON: a permission set is made of it, assigned, and removed at the end.',
    },
    { name: MEMBER, targets: ['iam-group'], isolation: 'shared-slot', meaning: 'An IAM user is in the group.' },
    { name: ATTACHED, targets: ['iam-policy'], isolation: 'shared-slot', meaning: 'The managed policy is attached to an IAM user.' },
    {
      name: SESSION,
      targets: ['role'],
      isolation: 'object-per-grant',
      meaning: 'Temporary credentials of the role, for at most an hour, without IAM, Identity Center, Organizations and further roles.',
    },
    {
      name: '*',
      targets: ['role'],
      isolation: 'object-per-grant',
      meaning: 'A policy as JSON: temporary credentials of the role that may do no more than it says.',
    },
  ],
  principals: [
    { kind: 'user', meaning: 'A user of IAM Identity Center, by id or user name.' },
    { kind: 'group', meaning: 'A group of IAM Identity Center, by id or name.' },
    { kind: 'iam-user', meaning: 'A user of IAM, by name.' },
    { kind: 'session', meaning: 'A session of a role, dispensed as temporary credentials.' },
  ],
  dispenses: [SESSION, '*'],
  nativeExpiry: {
    ends: 'rights',
    how: 'Of dispensed credentials: a policy on the role that denies everything to the session from 60 seconds after the end of the access. Assignments, memberships and attachments have none.',
  },
  checks: [
    { name: 'assume', meaning: 'The runner may assume the role of the secret.' },
    { name: 'identity', meaning: 'The role belongs to the account that the secret is named for.' },
    { name: 'organizations', meaning: 'The accounts of the organization can be read.' },
    { name: 'identity-center', meaning: 'There is an IAM Identity Center, in a region that is looked into.' },
    { name: 'permission-sets', meaning: 'Its permission sets can be read.' },
    { name: 'identity-store', meaning: 'Its users and groups can be read.' },
    { name: 'iam', meaning: 'Users, groups, roles and policies of IAM can be read.' },
    { name: 'empty', meaning: 'There is somebody to give access to.' },
  ],
};
