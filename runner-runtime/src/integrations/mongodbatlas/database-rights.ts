import type { DatabaseUserState } from './state.js';

/** A role of a database user: https://www.mongodb.com/docs/atlas/security-add-mongodb-users/ */
interface DatabaseRole {
  readonly databaseName: string;
  readonly roleName: string;
  readonly collectionName?: string;
}

/** Roles in one database; Atlas takes `read` and `readWrite` on one collection too. */
const IN_DATABASE = { Read: ['read'], 'Read & Write': ['readWrite'], Admin: ['readWrite', 'dbAdmin'] } as const;
/** Roles in all databases but MongoDB's own: `atlasAdmin` would give those too. */
const IN_ALL = {
  Read: ['readAnyDatabase'],
  'Read & Write': ['readWriteAnyDatabase'],
  Admin: ['readWriteAnyDatabase', 'dbAdminAnyDatabase'],
} as const;

/** The least built-in roles that give what is asked for. */
export function databaseRoles({
  database,
  collection,
  level,
}: Pick<DatabaseUserState, 'database' | 'collection' | 'level'>): readonly DatabaseRole[] {
  if (database === undefined) return IN_ALL[level].map((roleName) => ({ databaseName: 'admin', roleName }));
  return IN_DATABASE[level].map((roleName) => ({
    databaseName: database,
    roleName,
    ...(collection !== undefined && { collectionName: collection }),
  }));
}
