import { type MysqlServer, startMariadb, startMysql } from '@axiom-runner/local-servers';
import type { Principal } from '@axiom-runner/protocol';
import { type Connection, escapeId, escape as literal } from 'mysql2';
import { createConnection } from 'mysql2/promise';

export type Flavour = 'mariadb' | 'mysql';
export const INTEGRATION_USER = 'axiom_runner';
export const INTEGRATION_PASSWORD = "canary-of-the-runner's password\\";
export const PRINCIPAL_PASSWORD = "password of people's";
export const SYSTEM = { type: 'mysql' as const, id: 'db.example.com' };
/** All that Admin on a database includes. */
export const EVERYTHING =
  'SELECT, SHOW VIEW, INSERT, UPDATE, DELETE, ALTER, CREATE, DROP, INDEX, REFERENCES, TRIGGER, CREATE ROUTINE, CREATE TEMPORARY TABLES, CREATE VIEW, EVENT, LOCK TABLES';

/** Missing right, refused login, role not granted. */
const REFUSALS = [1044, 1045, 1142, 1143, 1227, 1370, 1959, 3118, 3530, 4151];

type Row = Record<string, unknown>;
type Client = Awaited<ReturnType<typeof createConnection>>;

/** A server with a database `app` and the runner's user, and an administrator's hands. */
export class DatabaseServer {
  #principals = 0;

  private constructor(
    readonly server: MysqlServer,
    readonly flavour: Flavour,
    private readonly offersTls: boolean,
  ) {}

  static async start(flavour: Flavour, settings: Readonly<Record<string, string>> = {}, tls = false): Promise<DatabaseServer> {
    const start = flavour === 'mariadb' ? startMariadb : startMysql;
    // With a binary log triggers are for administrators only, unless the server is told otherwise.
    const server = await start({ settings: { log_bin_trust_function_creators: 'ON', ...settings }, tls });
    // MySQL makes itself a certificate.
    const started = new DatabaseServer(server, flavour, tls || (flavour === 'mysql' && settings['tls_version'] === undefined));
    await started.admin(
      'CREATE DATABASE app',
      'CREATE TABLE app.orders (id int AUTO_INCREMENT PRIMARY KEY, note text)',
      'CREATE VIEW app.notes AS SELECT note FROM app.orders',
      'CREATE VIEW app.sketch AS SELECT 1 AS id',
      "INSERT INTO app.orders (note) VALUES ('first')",
      ...started.runnerUser(INTEGRATION_USER, INTEGRATION_PASSWORD),
      `GRANT ${EVERYTHING} ON app.* TO ${INTEGRATION_USER}@'%' WITH GRANT OPTION`,
    );
    return started;
  }

  /** Statements that make a user with all that the runner needs on the server itself. */
  runnerUser(user: string, password: string): string[] {
    const account = `${literal(user)}@'%'`;
    const further = this.flavour === 'mariadb' ? 'CONNECTION ADMIN' : 'CONNECTION_ADMIN, ALLOW_NONEXISTENT_DEFINER';
    return [
      `CREATE USER ${account} IDENTIFIED BY ${literal(password)}`,
      `GRANT CREATE USER, PROCESS, SHOW DATABASES ON *.* TO ${account}`,
      ...further.split(', ').map((privilege) => `GRANT ${privilege} ON *.* TO ${account}`),
      `GRANT SELECT ON mysql.* TO ${account}`,
    ];
  }

  /** Runs statements as the administrator; the rows of the last. */
  admin(...statements: readonly string[]): Promise<Row[]> {
    const { user, password } = this.server.admin;
    return this.as(user, password, ...statements);
  }

  /** Runs statements as a user; the rows of the last. */
  async as(user: string, password: string, ...statements: readonly string[]): Promise<Row[]> {
    const client = await this.connect(user, password);
    try {
      let rows: Row[] = [];
      for (const statement of statements) rows = (await client.query(statement))[0] as Row[];
      return rows;
    } finally {
      await client.end();
    }
  }

  /** A connection that stays open; encrypted where the server offers it. */
  async connect(user: string, password: string): Promise<Client> {
    const { host, port } = this.server;
    const client = await createConnection({ host, port, user, password, ...(this.offersTls && { ssl: { rejectUnauthorized: false } }) });
    // A connection that is ended from the other side says so by an event; the next query fails with it.
    (client as unknown as { connection: Connection }).connection.on('error', () => undefined);
    return client;
  }

  /** Whether a user may do something; anything but a missing right or a refused login is a fault of the test. */
  async may(user: string, password: string, ...statements: readonly string[]): Promise<boolean> {
    try {
      await this.as(user, password, ...statements);
      return true;
    } catch (error) {
      const number = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
      if (REFUSALS.includes(number)) return false;
      throw error;
    }
  }

  /** Makes a user that can log in and nothing else. */
  async newPrincipal(name?: string): Promise<Principal> {
    this.#principals += 1;
    const user = name ?? `person_${this.#principals}`;
    await this.admin(`CREATE USER ${literal(user)}@'%' IDENTIFIED BY ${literal(PRINCIPAL_PASSWORD)}`);
    return { kind: 'user', id: `${user}@%` };
  }

  /** A database for which the runner may give any access. @param name as it is, wildcards and all */
  async newDatabase(name: string): Promise<void> {
    const pattern = escapeId(name.replace(/[\\_%]/g, '\\$&'), true);
    await this.admin(
      `CREATE DATABASE ${escapeId(name, true)}`,
      `GRANT ${EVERYTHING} ON ${pattern}.* TO ${INTEGRATION_USER}@'%' WITH GRANT OPTION`,
    );
  }

  /** Accounts that a runner made. */
  async ownAccounts(): Promise<string[]> {
    const rows = await this.admin("SELECT User AS user FROM mysql.user WHERE User LIKE 'axm\\_%' ORDER BY 1");
    return rows.map(({ user }) => String(user));
  }

  secret(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      mysql_hostname: this.server.host,
      mysql_port: this.server.port,
      mysql_username: INTEGRATION_USER,
      mysql_password: INTEGRATION_PASSWORD,
      ...overrides,
    };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

/** The name in `name@host`. */
export function nameOf({ id }: Principal): string {
  return id.slice(0, id.lastIndexOf('@'));
}
