import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findInstallation, type MysqlInstallation } from './mysql-installation.js';
import { type MysqlOptions, type MysqlProduct, type MysqlServer, startMysqlServer } from './mysql-server.js';
import type { Say } from './resolve.js';

/** What mariadb-install-db runs, in its order: https://mariadb.com/kb/en/mariadb-install-db/ */
const systemTables = ['system_tables', 'performance_tables', 'system_tables_data', 'sys_schema'];

const mariadb: MysqlProduct = {
  what: 'MariaDB',
  program: 'mariadbd',
  variable: 'AXIOM_TEST_MARIADB',
  published: { name: 'mariadb-server-core', suite: 'bookworm' },
  settings: { innodb_log_file_size: '16M' },

  versionIn(answer) {
    // such as "/usr/sbin/mariadbd  Ver 10.11.18-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)"
    const [, version, major, minor] = /Ver ((\d+)\.(\d+)\.\d+)-MariaDB/.exec(answer) ?? [];
    const isOld = Number(major) < 10 || (Number(major) === 10 && Number(minor) < 11);
    if (version === undefined || isOld) throw new Error(`it is not MariaDB 10.11 or newer: ${answer.trim()}`);
    return version;
  },

  async initialization({ base }, statements) {
    const sql = [
      'CREATE DATABASE mysql;',
      'USE mysql;',
      'SET @auth_root_socket = NULL;',
      await systemTablesSql(base),
      "DELETE FROM mysql.global_priv WHERE User = 'root';",
      'FLUSH PRIVILEGES;', // until then there are no accounts
      ...statements,
      '',
    ].join('\n');
    return { sql, args: () => ['--bootstrap'] };
  },
};

/** Finds MariaDB, 10.11 or newer: the one that `AXIOM_TEST_MARIADB` names, that of PATH, or the one of Debian 12, downloaded once per user. */
export function findMariadb(say?: Say): Promise<MysqlInstallation> {
  return findInstallation(mariadb, say);
}

/** Starts MariaDB, found as `findMariadb` does. */
export function startMariadb(options: MysqlOptions = {}): Promise<MysqlServer> {
  return startMysqlServer(mariadb, options);
}

async function systemTablesSql(base: string): Promise<string> {
  for (const folder of ['share/mysql', 'share/mariadb', 'share'].map((path) => join(base, path))) {
    const files = await readdir(folder).catch((): string[] => []);
    const prefix = ['mariadb', 'mysql'].find((each) => files.includes(`${each}_system_tables.sql`));
    if (prefix === undefined) continue;
    const texts = await Promise.all(systemTables.map((name) => readFile(join(folder, `${prefix}_${name}.sql`), 'utf8')));
    return texts.join('\n');
  }
  throw new Error(`${base} has no system tables of MariaDB (mysql_system_tables.sql) in its "share"`);
}
