import { findInstallation, type MysqlInstallation } from './mysql-installation.js';
import { type MysqlOptions, type MysqlProduct, type MysqlServer, startMysqlServer } from './mysql-server.js';
import type { Say } from './resolve.js';

const mysql: MysqlProduct = {
  what: 'MySQL',
  program: 'mysqld',
  variable: 'AXIOM_TEST_MYSQL',
  // Only unstable has MySQL; the stable releases have MariaDB in its place.
  published: { name: 'mysql-server-core', suite: 'sid' },
  settings: { sync_binlog: '0', mysqlx: 'OFF', secure_file_priv: 'NULL' },

  versionIn(answer) {
    if (answer.includes('MariaDB')) throw new Error(`it is MariaDB: ${answer.trim()}`);
    // such as "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"
    const version = /Ver (\d+\.\d+\.\d+)/.exec(answer)?.[1];
    if (version === undefined || Number.parseInt(version, 10) < 8) throw new Error(`it is not MySQL 8 or newer: ${answer.trim()}`);
    return version;
  },

  async initialization(_installation, statements) {
    return {
      sql: [...statements, "DROP USER 'root'@'localhost';", ''].join('\n'),
      args: (sqlFile) => ['--initialize-insecure', `--init-file=${sqlFile}`],
    };
  },
};

/** Finds MySQL, 8.0 or newer: the one that `AXIOM_TEST_MYSQL` names, that of PATH, or the one of Debian unstable, downloaded once per user. */
export function findMysql(say?: Say): Promise<MysqlInstallation> {
  return findInstallation(mysql, say);
}

/** Starts MySQL, found as `findMysql` does. */
export function startMysql(options: MysqlOptions = {}): Promise<MysqlServer> {
  return startMysqlServer(mysql, options);
}
