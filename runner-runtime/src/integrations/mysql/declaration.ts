import { MEMBER } from '../../integration-kit/database/vocabulary.js';
import type { Declaration } from '../declaration.js';
import { DATA_KINDS } from './privileges.js';

export const declaration: Declaration = {
  targets: [
    { kind: 'server', path: ['server'] },
    { kind: 'database', path: ['database'] },
    { kind: 'table', path: ['database', 'table'] },
    { kind: 'view', path: ['database', 'view'] },
    { kind: 'role', path: ['role'] },
  ],
  permissions: [
    {
      name: 'Read',
      targets: DATA_KINDS,
      isolation: 'shared-slot',
      meaning: 'SELECT and SHOW VIEW; on a database from future tables and views as well, on the server from every database that exists.',
    },
    { name: 'Read & Write', targets: DATA_KINDS, isolation: 'shared-slot', meaning: 'Read, and INSERT, UPDATE, DELETE.' },
    {
      name: 'Admin',
      targets: DATA_KINDS,
      isolation: 'shared-slot',
      meaning:
        'Read & Write, and ALTER, CREATE, DROP, INDEX, REFERENCES, TRIGGER; on a database also views, routines and events of its own; on a view CREATE VIEW and DROP.',
    },
    { name: MEMBER, targets: ['role'], isolation: 'shared-slot', meaning: 'Membership in an existing role.' },
  ],
  principals: [
    {
      kind: 'user',
      meaning: 'An existing account, name@host; without a host where the name is unique; or a temporary user of this access.',
    },
    { kind: 'role', meaning: 'An existing role; on MySQL name@host, where the host may be left out.' },
  ],
  dispenses: ['Read', 'Read & Write', 'Admin', MEMBER],
  nativeExpiry: { ends: 'nothing', how: 'The server has no expiry of accounts.' },
  checks: [
    { name: 'connect', meaning: 'The server can be reached and lets the user in.' },
    { name: 'tls', meaning: 'The connection is encrypted, and the certificate verified.' },
    { name: 'version', meaning: 'The version is supported, and the server is the primary.' },
    { name: 'catalogue', meaning: 'The user can read the tables of accounts and grants.' },
    { name: 'create-user', meaning: 'The user may create and drop users.' },
    { name: 'sessions', meaning: 'The user can see and end the sessions of the users that it makes.' },
    { name: 'grant-option', meaning: 'The user may pass on privileges on the databases.' },
    { name: 'roles', meaning: 'The user may grant membership in the roles that exist.' },
    { name: 'databases', meaning: 'The user sees every database.' },
    { name: 'empty', meaning: 'There is something to give access to.' },
  ],
};
