import type { Declaration, PermissionDeclaration } from '../declaration.js';
import { type AtlasRole, ORGANIZATION_ROLES, PROJECT_ROLES } from './roles.js';

const DATA = { targets: ['project', 'cluster', 'database', 'collection'], isolation: 'object-per-grant' } as const;

export const declaration: Declaration = {
  targets: [
    { kind: 'organization', path: ['organization'] },
    { kind: 'project', path: ['organization', 'project'] },
    { kind: 'cluster', path: ['organization', 'project', 'cluster'] },
    { kind: 'database', path: ['organization', 'project', 'cluster', 'database'] },
    { kind: 'collection', path: ['organization', 'project', 'cluster', 'database', 'collection'] },
    { kind: 'team', path: ['organization', 'team'] },
  ],
  permissions: [
    { ...DATA, name: 'Read', meaning: 'As a temporary database user: read the data; on a project, of all its clusters.' },
    { ...DATA, name: 'Read & Write', meaning: 'As a temporary database user: Read, and insert, update and remove documents.' },
    {
      ...DATA,
      // Atlas has no role that administers a single collection.
      targets: ['project', 'cluster', 'database'],
      name: 'Admin',
      meaning: 'As a temporary database user: Read & Write, and manage indexes, collections and their statistics.',
    },
    ...rolesOn('project', PROJECT_ROLES),
    ...rolesOn('organization', ORGANIZATION_ROLES),
    { name: 'Member', targets: ['team'], isolation: 'shared-slot', meaning: 'Whatever the team has in projects.' },
  ],
  principals: [
    { kind: 'user', meaning: 'A person in the organization: the id, or the e-mail of the account.' },
    { kind: 'team', meaning: 'The id of a team, on a project.' },
    { kind: 'database-user', meaning: 'A temporary database user of this access, made and removed by the runner.' },
  ],
  dispenses: ['Read', 'Read & Write', 'Admin'],
  nativeExpiry: {
    ends: 'logins',
    how: 'deleteAfterDate of a database user, at most seven days ahead; for a longer access the runner sets it anew every half day. Roles and memberships have none',
  },
  checks: [
    { name: 'connect', meaning: 'Atlas can be reached and takes the API key.' },
    { name: 'access-list', meaning: "Atlas takes the API key from the runner's address, and from few others." },
    { name: 'organization', meaning: 'The API key is of the organization of the secret.' },
    { name: 'organization-read', meaning: 'The API key has Organization Read Only: it sees all projects, users and teams.' },
    { name: 'project-owner', meaning: 'The API key has Project Owner in each project.' },
    { name: 'organization-owner', meaning: 'The API key has Organization Owner, for roles in the organization and membership in teams.' },
    { name: 'empty', meaning: 'There are projects to give access to.' },
  ],
};

function rolesOn(kind: string, roles: readonly AtlasRole[]): PermissionDeclaration[] {
  return roles.map(({ name, meaning }) => ({ name, meaning, targets: [kind], isolation: 'shared-slot' }));
}
