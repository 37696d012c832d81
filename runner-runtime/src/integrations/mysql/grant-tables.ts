import type { ServerFacts } from './server.js';

/**
 * The catalogue of accounts and grants as subqueries whose columns are alike in MySQL and MariaDB.
 * https://dev.mysql.com/doc/refman/9.0/en/grant-tables.html, https://mariadb.com/kb/en/the-mysql-database-tables/
 */

/** What the columns of the privilege tables are called, where that is not the name of the privilege. */
const COLUMNS: Readonly<Record<string, string>> = {
  'CREATE TEMPORARY TABLES': 'Create_tmp_table',
  'SHOW DATABASES': 'Show_db',
  'REPLICATION SLAVE': 'Repl_slave',
  'REPLICATION CLIENT': 'Repl_client',
  'GRANT OPTION': 'Grant',
};
const ON_DATABASES = (
  'SELECT,INSERT,UPDATE,DELETE,CREATE,DROP,REFERENCES,INDEX,ALTER,CREATE TEMPORARY TABLES,LOCK TABLES,CREATE VIEW,SHOW VIEW,' +
  'CREATE ROUTINE,ALTER ROUTINE,EXECUTE,EVENT,TRIGGER,GRANT OPTION'
).split(',');
const MYSQL_GLOBAL = [
  ...ON_DATABASES,
  ...(
    'RELOAD,SHUTDOWN,PROCESS,FILE,SHOW DATABASES,SUPER,REPLICATION SLAVE,REPLICATION CLIENT,CREATE USER,CREATE TABLESPACE,' +
    'CREATE ROLE,DROP ROLE'
  ).split(','),
];
/** MariaDB keeps them as one number; a privilege is the bit of its place. */
const MARIADB_BITS = (
  'SELECT,INSERT,UPDATE,DELETE,CREATE,DROP,RELOAD,SHUTDOWN,PROCESS,FILE,GRANT OPTION,REFERENCES,INDEX,ALTER,SHOW DATABASES,SUPER,' +
  'CREATE TEMPORARY TABLES,LOCK TABLES,EXECUTE,REPLICATION SLAVE,BINLOG MONITOR,CREATE VIEW,SHOW VIEW,CREATE ROUTINE,ALTER ROUTINE,' +
  'CREATE USER,EVENT,TRIGGER,CREATE TABLESPACE,DELETE HISTORY,SET USER,FEDERATED ADMIN,CONNECTION ADMIN,READ_ONLY ADMIN,' +
  'REPLICATION SLAVE ADMIN,REPLICATION MASTER ADMIN,BINLOG ADMIN,BINLOG REPLAY,SLAVE MONITOR,SHOW CREATE ROUTINE'
).split(',');

function flagged(alias: string, privileges: readonly string[]): string {
  const flags = privileges.map((name) => `IF(${alias}.${columnOf(name)} = 'Y', '${name}', NULL)`);
  return `CONCAT_WS(',', ${flags.join(', ')})`;
}

function columnOf(privilege: string): string {
  const name = COLUMNS[privilege] ?? privilege.charAt(0) + privilege.slice(1).toLowerCase().replaceAll(' ', '_');
  return `${name}_priv`;
}

/** A set column such as `Select,Show view,Grant`, with the names of privileges. */
function spelled(column: string): string {
  return `REPLACE(REPLACE(UPPER(${column}), 'DELETE VERSIONING ROWS', 'DELETE HISTORY'), 'GRANT', 'GRANT OPTION')`;
}

type Flavour = Pick<ServerFacts, 'mariadb'>;

/**
 * Columns: host, user, role (1 for one), locked (1 for one), privileged (1 where there are global privileges), privileges (those, by commas).
 * Roles of MariaDB have no host.
 */
export function accounts({ mariadb }: Flavour): string {
  if (!mariadb) {
    return `(SELECT u.Host AS host, u.User AS user, u.account_locked = 'Y' AND u.password_expired = 'Y' AND u.authentication_string = '' AS role,
                    u.account_locked = 'Y' AS locked, 'Y' IN (${MYSQL_GLOBAL.map((name) => `u.${columnOf(name)}`).join(', ')}) AS privileged,
                    ${flagged('u', MYSQL_GLOBAL)} AS privileges FROM mysql.user u)`;
  }
  const access = "CAST(JSON_VALUE(u.Priv, '$.access') AS UNSIGNED)";
  const bits = MARIADB_BITS.map((name, bit) => `IF(${access} & ${2 ** bit}, '${name}', NULL)`).join(', ');
  return `(SELECT u.Host AS host, u.User AS user, COALESCE(JSON_VALUE(u.Priv, '$.is_role'), '0') IN ('1', 'true') AS role,
                  COALESCE(JSON_VALUE(u.Priv, '$.account_locked'), '0') IN ('1', 'true') AS locked,
                  ${access} <> 0 AS privileged, CONCAT_WS(',', ${bits}) AS privileges FROM mysql.global_priv u)`;
}

/** Columns: host, user, database (a pattern), privileges. */
export function databaseGrants(): string {
  return `(SELECT d.Host AS host, d.User AS user, d.Db AS db, ${flagged('d', ON_DATABASES)} AS privileges FROM mysql.db d)`;
}

/** Columns: host, user, db, name, privileges (of the table or view itself), columnPrivileges (of any of its columns). */
export function tableGrants(): string {
  return `(SELECT t.Host AS host, t.User AS user, t.Db AS db, t.Table_name AS name, ${spelled('t.Table_priv')} AS privileges,
                  ${spelled('t.Column_priv')} AS columnPrivileges FROM mysql.tables_priv t)`;
}

/** Columns: host, user, db, name, columnName, privileges. */
export function columnGrants(): string {
  return `(SELECT c.Host AS host, c.User AS user, c.Db AS db, c.Table_name AS name, c.Column_name AS columnName,
                  ${spelled('c.Column_priv')} AS privileges FROM mysql.columns_priv c)`;
}

/** Columns: host, user, db, name, type (`PROCEDURE`), privileges. */
export function routineGrants(): string {
  return `(SELECT p.Host AS host, p.User AS user, p.Db AS db, p.Routine_name AS name, CAST(p.Routine_type AS CHAR) AS type,
                  ${spelled('p.Proc_priv')} AS privileges FROM mysql.procs_priv p)`;
}

/** Columns: host, user (the member), roleHost, roleUser, admin (1 where the member may pass it on). */
export function roleGrants({ mariadb }: Flavour): string {
  return mariadb
    ? `(SELECT m.Host AS host, m.User AS user, '' AS roleHost, m.Role AS roleUser, m.Admin_option = 'Y' AS admin FROM mysql.roles_mapping m)`
    : `(SELECT m.TO_HOST AS host, m.TO_USER AS user, m.FROM_HOST AS roleHost, m.FROM_USER AS roleUser, m.WITH_ADMIN_OPTION = 'Y' AS admin
          FROM mysql.role_edges m)`;
}

/** Columns: host, user, privileges (one), grantable (1 for one). Only in MySQL. */
export function dynamicGrants(): string {
  return `(SELECT g.HOST AS host, g.USER AS user, g.PRIV AS privileges, g.WITH_GRANT_OPTION = 'Y' AS grantable FROM mysql.global_grants g)`;
}

/** Grants with whether those who have them are roles. */
export function withRole(grants: string, facts: Flavour): string {
  if (facts.mariadb) return `(SELECT g.*, g.host = '' AS role FROM ${grants} g)`;
  return `(SELECT g.*, COALESCE(a.role, 0) AS role FROM ${grants} g LEFT JOIN ${accounts(facts)} a ON a.host = g.host AND a.user = g.user)`;
}

/** The privileges of a column of them, sorted. */
export function privilegesIn(text: string): string[] {
  return text === '' ? [] : text.split(',').sort();
}
