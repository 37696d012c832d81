import { MEMBER } from '../../integration-kit/database/vocabulary.js';
import type { Declaration } from '../declaration.js';

const DATA = ['database', 'schema', 'table', 'view'];

export const declaration: Declaration = {
  targets: [
    { kind: 'database', path: ['database'] },
    { kind: 'schema', path: ['database', 'schema'] },
    { kind: 'table', path: ['database', 'schema', 'table'] },
    { kind: 'view', path: ['database', 'schema', 'view'] },
    { kind: 'role', path: ['role'] },
  ],
  permissions: [
    {
      name: 'Read',
      targets: DATA,
      isolation: 'object-per-grant',
      meaning: 'Connect and SELECT; on a schema or database from future tables and views as well.',
    },
    {
      name: 'Read & Write',
      targets: DATA,
      isolation: 'object-per-grant',
      meaning: 'Read, and INSERT, UPDATE, DELETE, and the next values of sequences.',
    },
    {
      name: 'Admin',
      targets: DATA,
      isolation: 'object-per-grant',
      meaning:
        'Read & Write, and TRUNCATE, REFERENCES, TRIGGER; on a schema CREATE in it; on a database CREATE in it and, from PostgreSQL 16 on, roles: there only for a temporary user.',
    },
    { name: MEMBER, targets: ['role'], isolation: 'object-per-grant', meaning: 'Membership in an existing role, without its attributes.' },
  ],
  principals: [
    { kind: 'role', meaning: 'An existing role: a user, or a group of users.' },
    { kind: 'user', meaning: 'A temporary user of this access, made and removed by the runner.' },
  ],
  dispenses: ['Read', 'Read & Write', 'Admin', MEMBER],
  nativeExpiry: { ends: 'logins', how: 'VALID UNTIL of a temporary user, 60 seconds after the end of the access' },
  checks: [
    { name: 'connect', meaning: 'The server can be reached and lets the user in.' },
    { name: 'tls', meaning: 'The connection is encrypted, and the certificate verified.' },
    { name: 'version', meaning: 'The version is supported, and the server is the primary.' },
    { name: 'create-role', meaning: 'The user may create roles.' },
    { name: 'admin-option', meaning: 'The user may grant membership in the roles that exist.' },
    { name: 'terminate-sessions', meaning: 'The user may end the sessions of the users that it makes.' },
    { name: 'databases', meaning: 'The user can connect to every database.' },
    { name: 'empty', meaning: 'There is something to give access to.' },
  ],
};
