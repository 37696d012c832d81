import { type PostgresServer, startPostgres } from '@axiom-runner/local-servers';
import type { Principal } from '@axiom-runner/protocol';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export type Major = 15 | 18;
export const INTEGRATION_USER = 'axiom_runner';
export const INTEGRATION_PASSWORD = "canary-of-the-runner's password\\";
export const PRINCIPAL_PASSWORD = 'password of people';
export const SYSTEM = { type: 'postgresql' as const, id: 'db.example.com' };

/** A server with a database `app`, its owner and the runner's user, and an administrator's hands. */
export class DatabaseServer {
  #principals = 0;

  private constructor(
    readonly server: PostgresServer,
    readonly major: Major,
  ) {}

  static async start(major: Major, settings: Readonly<Record<string, string>> = {}, tls = false): Promise<DatabaseServer> {
    const started = new DatabaseServer(await startPostgres({ major, settings, tls }), major);
    await started.admin(
      'postgres',
      'CREATE ROLE app_owner NOLOGIN',
      'CREATE DATABASE app OWNER app_owner',
      `CREATE ROLE ${INTEGRATION_USER} LOGIN CREATEROLE PASSWORD ${escapeLiteral(INTEGRATION_PASSWORD)}`,
      // The runner can be given what an owner can give by membership in the owner.
      `GRANT app_owner TO ${INTEGRATION_USER}`,
      'REVOKE ALL ON DATABASE app FROM PUBLIC',
    );
    await started.admin(
      'app',
      'SET ROLE app_owner',
      'CREATE SCHEMA sales',
      'CREATE TABLE sales.orders (id serial PRIMARY KEY, note text)',
      'CREATE VIEW sales.notes AS SELECT note FROM sales.orders',
      "INSERT INTO sales.orders (note) VALUES ('first')",
    );
    return started;
  }

  /** Runs statements as the superuser; the rows of the last. */
  admin(database: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    const { user, password } = this.server.superuser;
    return this.as(user, password, database, ...statements);
  }

  /** Runs statements as a user; the rows of the last. */
  async as(user: string, password: string, database: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    const client = await this.connect(user, password, database);
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  /** A connection that stays open. */
  async connect(user: string, password: string, database: string): Promise<Client> {
    const { host, port, caFile } = this.server;
    const client = new Client({ host, port, user, password, database, ssl: caFile !== undefined && { rejectUnauthorized: false } });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Whether a user may do something; anything but a missing right or a refused login is a fault of the test. */
  async may(user: string, password: string, database: string, ...statements: readonly string[]): Promise<boolean> {
    try {
      await this.as(user, password, database, ...statements);
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      // Missing right, refused login, no such role.
      if (['42501', '28000', '28P01'].includes(code)) return false;
      throw error;
    }
  }

  /** Makes a role that can log in and nothing else. */
  async newPrincipal(name?: string): Promise<Principal> {
    this.#principals += 1;
    const id = name ?? `person_${this.#principals}`;
    await this.admin('postgres', `CREATE ROLE ${escapeIdentifier(id)} LOGIN PASSWORD ${escapeLiteral(PRINCIPAL_PASSWORD)}`);
    return { kind: 'role', id };
  }

  /** Roles that a runner made, except the quarantine. */
  async ownRoles(): Promise<string[]> {
    const rows = await this.admin(
      'postgres',
      "SELECT rolname FROM pg_roles WHERE rolname ~ '^axm_' AND rolname !~ '^axm_quarantine' ORDER BY 1",
    );
    return rows.map(({ rolname }) => String(rolname));
  }

  secret(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      postgresql_hostname: this.server.host,
      postgresql_port: this.server.port,
      postgresql_username: INTEGRATION_USER,
      postgresql_password: INTEGRATION_PASSWORD,
      ...overrides,
    };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
