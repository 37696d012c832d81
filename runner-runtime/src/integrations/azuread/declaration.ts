import type { Declaration } from '../declaration.js';

export const MEMBER = 'Member';
export const ANY_ROLE = '*';

export const declaration: Declaration = {
  targets: [
    { kind: 'group', path: ['group'] },
    { kind: 'directory', path: ['tenant'] },
    { kind: 'app', path: ['service principal'] },
  ],
  permissions: [
    { name: MEMBER, targets: ['group'], isolation: 'shared-slot', meaning: 'Be a direct member, with all that the group gives.' },
    {
      name: ANY_ROLE,
      targets: ['directory', 'app'],
      isolation: 'shared-slot',
      meaning: 'On the directory any directory role, by name or id; on an application any of its app roles, by value or id, or default.',
    },
  ],
  principals: [
    { kind: 'user', meaning: 'A user, by object id or user principal name.' },
    { kind: 'group', meaning: 'A group, by object id.' },
    { kind: 'service-principal', meaning: 'An application or managed identity, by the object id of its service principal.' },
  ],
  dispenses: [],
  nativeExpiry: {
    ends: 'rights',
    how: 'A directory role ends 60 seconds after the planned end where the tenant has Privileged Identity Management. Group memberships and app roles have no expiry.',
  },
  checks: [
    { name: 'token', meaning: 'The tenant accepts the application and its client secret.' },
    { name: 'consent', meaning: 'Application permissions of Microsoft Graph were consented to.' },
    { name: 'tenant', meaning: 'The secret opens the tenant that it is named after.' },
    { name: 'users', meaning: 'Users can be read.' },
    { name: 'groups', meaning: 'Groups and their members can be read.' },
    { name: 'group-membership', meaning: 'Members of groups can be added and removed.' },
    { name: 'directory-roles', meaning: 'Directory roles can be read and assigned.' },
    { name: 'role-expiry', meaning: 'The tenant ends assigned directory roles by itself.' },
    { name: 'app-roles', meaning: 'App roles can be read and assigned.' },
    { name: 'least-privilege', meaning: 'The application may not do more than the runner needs.' },
    { name: 'empty', meaning: 'There is somebody to give access to.' },
  ],
};
