import type { Declaration } from '../declaration.js';
import { ADMIN, PASSWORDLESS } from './access-requests.js';
import { ACCESS } from './application.js';
import { MEMBER } from './membership.js';

export const declaration: Declaration = {
  targets: [
    { kind: 'group', path: ['group'] },
    { kind: 'application', path: ['application'] },
    { kind: 'device', path: ['device'] },
    { kind: 'device-group', path: ['device-group'] },
  ],
  permissions: [
    { name: MEMBER, targets: ['group'], isolation: 'shared-slot', meaning: 'Whatever the user group has access to.' },
    { name: ACCESS, targets: ['application'], isolation: 'shared-slot', meaning: 'Sign in to the application with JumpCloud.' },
    { name: ADMIN, targets: ['device'], isolation: 'shared-slot', meaning: 'Administrator of the device; sudo with the password.' },
    { name: PASSWORDLESS, targets: ['device'], isolation: 'shared-slot', meaning: 'Admin, and sudo without a password.' },
  ],
  principals: [
    { kind: 'user', meaning: 'Id, user name or e-mail of a user.' },
    { kind: 'group', meaning: 'Id of a user group, on an application.' },
  ],
  dispenses: [],
  nativeExpiry: {
    ends: 'rights',
    how: 'The access request of a device ends 60 seconds after the end of the access; memberships and associations have no expiry',
  },
  checks: [
    { name: 'key', meaning: 'JumpCloud can be reached and takes the API key.' },
    { name: 'organization', meaning: "The key is of the organization in the secret's name." },
    { name: 'read', meaning: 'Users, user groups, applications and devices can be read.' },
    { name: 'manage', meaning: 'The role of the administrator whose key it is lets it change them.' },
    { name: 'empty', meaning: 'There are users and user groups.' },
  ],
};
