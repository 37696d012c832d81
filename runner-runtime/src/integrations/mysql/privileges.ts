import type { Level } from '../../integration-kit/database/vocabulary.js';

/** What the levels mean, as data: https://dev.mysql.com/doc/refman/9.0/en/privileges-provided.html */

/** What a target of a level can be. */
export const DATA_KINDS = ['server', 'database', 'table', 'view'] as const;
export type DataKind = (typeof DATA_KINDS)[number];

const WRITE = ['INSERT', 'UPDATE', 'DELETE'];
const DESIGN = ['ALTER', 'CREATE', 'DROP', 'INDEX', 'REFERENCES', 'TRIGGER'];
/**
 * Code is made, and one's own run, but nobody else's: EXECUTE runs it with its definer's rights, and whoever has ALTER ROUTINE can make
 * it run so.
 */
const DATABASE_DESIGN = [...DESIGN, 'CREATE ROUTINE', 'CREATE TEMPORARY TABLES', 'CREATE VIEW', 'EVENT', 'LOCK TABLES'];

const READ: Readonly<Record<DataKind, readonly string[]>> = {
  server: ['SELECT', 'SHOW VIEW'],
  database: ['SELECT', 'SHOW VIEW'],
  table: ['SELECT'],
  view: ['SELECT', 'SHOW VIEW'],
};
const ADMIN: Readonly<Record<DataKind, readonly string[]>> = {
  server: DATABASE_DESIGN,
  database: DATABASE_DESIGN,
  table: DESIGN,
  view: ['CREATE VIEW', 'DROP'],
};

/** What a level means on a kind of target, sorted. */
export function privilegesOf(level: Level, kind: DataKind): readonly string[] {
  const write = level === 'Read' ? [] : WRITE;
  const admin = level === 'Admin' ? ADMIN[kind] : [];
  return [...READ[kind], ...write, ...admin].sort();
}

/** The privileges that make the difference to the level below: what is looked for when the access has ended. */
export function decisivePrivileges(level: Level, kind: DataKind): readonly string[] {
  return level === 'Read' ? ['SELECT'] : level === 'Read & Write' ? WRITE : ADMIN[kind];
}

/** Who has one of these everywhere can give himself any access. */
export const ALMIGHTY: readonly string[] = [
  'SUPER',
  'CREATE USER',
  'GRANT OPTION',
  'SYSTEM_USER',
  'ROLE_ADMIN',
  'SET USER',
  'SET_USER_ID',
  'SET_ANY_DEFINER',
];

/**
 * All that a role may have on the whole server for its membership to be lent. What else there is leads to the machine, to other accounts or
 * to their sessions; and who may write everywhere may write the catalogue of accounts.
 */
export const LENT_GLOBALLY: readonly string[] = [
  'SELECT',
  'SHOW VIEW',
  'SHOW DATABASES',
  'EXECUTE',
  'LOCK TABLES',
  'CREATE TEMPORARY TABLES',
  'PROCESS',
  'REPLICATION CLIENT',
  'BINLOG MONITOR',
  'SLAVE MONITOR',
  'SHOW_ROUTINE',
];

/** The server's own databases, in lower case. */
export const SYSTEM_DATABASES: readonly string[] = ['mysql', 'information_schema', 'performance_schema', 'sys', 'ndbinfo', 'rdsadmin'];

export function isSystemDatabase(name: string): boolean {
  return SYSTEM_DATABASES.includes(name.toLowerCase());
}
