import type { Declaration } from '../declaration.js';
import { ASSIGNED } from './apps.js';
import { MEMBER } from './groups.js';
import { STANDARD_ROLES } from './role-assignments.js';

export const declaration: Declaration = {
  targets: [
    { kind: 'group', path: ['group id'] },
    { kind: 'app', path: ['app id'] },
    { kind: 'org', path: ['org id'] },
    { kind: 'resource-set', path: ['resource set id'] },
  ],
  permissions: [
    { name: MEMBER, targets: ['group'], isolation: 'shared-slot', meaning: 'Membership in a group, with all that the group gives.' },
    { name: ASSIGNED, targets: ['app'], isolation: 'shared-slot', meaning: 'The app is assigned to the user: logging in to it by Okta.' },
    ...Object.entries(STANDARD_ROLES).map(([name, meaning]) => ({
      name,
      targets: ['org'],
      isolation: 'shared-slot' as const,
      meaning: `Standard admin role: ${meaning}`,
    })),
    {
      name: '*',
      targets: ['resource-set'],
      isolation: 'shared-slot',
      meaning: 'A custom admin role, by its id, on the resources of the set.',
    },
  ],
  principals: [{ kind: 'user', meaning: 'A user that exists, by its id or login.' }],
  dispenses: [],
  nativeExpiry: { ends: 'nothing', how: 'Okta has no end for memberships, assignments and roles' },
  checks: [
    { name: 'connect', meaning: 'Okta can be reached, takes the API token, and shows the settings of the org.' },
    { name: 'token', meaning: 'The user of the token is active and has admin roles.' },
    { name: 'users', meaning: 'The users can be listed.' },
    { name: 'groups', meaning: 'The groups can be listed.' },
    { name: 'groups-manage', meaning: 'Members of groups can be added and removed.' },
    { name: 'apps', meaning: 'The apps can be listed.' },
    { name: 'apps-manage', meaning: 'Apps can be assigned to users.' },
    { name: 'roles', meaning: 'Admin roles and who has them can be listed.' },
    { name: 'roles-manage', meaning: 'Admin roles can be given and taken.' },
  ],
};
