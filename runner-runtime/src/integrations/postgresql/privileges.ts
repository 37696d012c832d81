import type { Level } from '../../integration-kit/database/vocabulary.js';

/** What the levels mean, as data. */

/** What a target can be. */
export type TargetKindName = 'database' | 'schema' | 'table' | 'view';

/** Privileges per class of object, https://www.postgresql.org/docs/current/ddl-priv.html */
export interface Privileges {
  readonly database: readonly string[];
  readonly schema: readonly string[];
  /** Tables, views, materialized views and foreign tables. */
  readonly relation: readonly string[];
  readonly sequence: readonly string[];
}

const READ = ['SELECT'];
const WRITE = [...READ, 'INSERT', 'UPDATE', 'DELETE'];
const ADMIN = [...WRITE, 'TRUNCATE', 'REFERENCES', 'TRIGGER'];

const PRIVILEGES: Readonly<Record<Level, Privileges>> = {
  Read: { database: ['CONNECT'], schema: ['USAGE'], relation: READ, sequence: [] },
  'Read & Write': { database: ['CONNECT'], schema: ['USAGE'], relation: WRITE, sequence: ['USAGE'] },
  Admin: { database: ['CONNECT'], schema: ['USAGE'], relation: ADMIN, sequence: ['USAGE'] },
};

/** What a level means on a kind of target. `CREATE` comes with Admin on what is the target itself or lies within it. */
export function privilegesOf(level: Level, kind: TargetKindName): Privileges {
  const privileges = PRIVILEGES[level];
  if (level !== 'Admin' || kind === 'table' || kind === 'view') return privileges;
  const schema = [...privileges.schema, 'CREATE'];
  return kind === 'schema' ? { ...privileges, schema } : { ...privileges, schema, database: [...privileges.database, 'CREATE'] };
}

/** The privileges that make the difference: what is looked for when the access has ended. */
export function decisivePrivileges(level: Level): readonly string[] {
  return PRIVILEGES[level].relation.filter((privilege) => {
    if (level === 'Read') return true;
    return level === 'Read & Write' ? !READ.includes(privilege) : !WRITE.includes(privilege);
  });
}

/** Predefined and vendors' roles that open the server's machine or everything in it, or that hinder a revocation. Never granted. */
export const NEVER_GRANTED: readonly string[] = [
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  // Its members could end the runner's own sessions, or take the connections that are left for it.
  'pg_signal_backend',
  'pg_use_reserved_connections',
  'rds_superuser',
  'rds_replication',
  'rdsadmin',
  'cloudsqlsuperuser',
  'cloudsqladmin',
  'alloydbsuperuser',
  'azure_pg_admin',
  'azuresu',
];
