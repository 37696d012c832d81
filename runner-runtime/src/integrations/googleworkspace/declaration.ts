import type { Declaration } from '../declaration.js';
import { SCOPES } from './scopes.js';

export const declaration: Declaration = {
  targets: [
    { kind: 'group', path: ['group id'] },
    { kind: 'customer', path: ['customer id'] },
    { kind: 'orgunit', path: ['customer id', 'organizational unit id'] },
  ],
  permissions: [
    { name: 'MEMBER', targets: ['group'], isolation: 'shared-slot', meaning: 'Member of the group, with all that the group gives.' },
    {
      name: 'MANAGER',
      targets: ['group'],
      isolation: 'shared-slot',
      meaning: 'Member who manages the members and the settings of the group.',
    },
    { name: 'OWNER', targets: ['group'], isolation: 'shared-slot', meaning: 'Manager who can also make owners, and delete the group.' },
    {
      name: '*',
      targets: ['customer', 'orgunit'],
      isolation: 'shared-slot',
      meaning: 'A role of administrators, by its name or id, on the whole organization or on one organizational unit.',
    },
  ],
  principals: [
    { kind: 'user', meaning: 'A user of the organization, by id or e-mail address.' },
    { kind: 'group', meaning: 'A group, by id or e-mail address; for roles of administrators a security group made for them.' },
  ],
  dispenses: [],
  nativeExpiry: {
    ends: 'rights',
    how: 'Expiry of a MEMBER by the Cloud Identity API, 60 seconds after the end of the access, where the API, its scope and the edition allow it; none for other roles',
  },
  checks: [
    { name: 'token', meaning: 'Google takes the key, and lets the service account act as the administrator.' },
    { name: 'scope-customer', meaning: `Delegated: ${SCOPES.customer}` },
    { name: 'api', meaning: 'The Admin SDK API can be reached and is enabled.' },
    { name: 'customer', meaning: 'The organization is that of customer_id.' },
    { name: 'scope-users', meaning: `Delegated, and users can be read: ${SCOPES.users}` },
    { name: 'scope-groups', meaning: `Delegated, and groups can be read: ${SCOPES.groups}` },
    { name: 'scope-members', meaning: `Delegated, for members of groups: ${SCOPES.members}` },
    { name: 'scope-roles', meaning: `Delegated, and roles of administrators can be read: ${SCOPES.roles}` },
    { name: 'scope-org-units', meaning: `Delegated, and organizational units can be read: ${SCOPES['org-units']}` },
    { name: 'administrator', meaning: 'The administrator that the service account acts as may give roles of administrators.' },
    { name: 'native-expiry', meaning: `Google ends memberships by itself: Cloud Identity API and ${SCOPES.expiry}` },
    { name: 'empty', meaning: 'There are users and groups.' },
  ],
};
