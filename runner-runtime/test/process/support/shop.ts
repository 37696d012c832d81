import { type PostgresServer, startPostgres } from '@axiom-runner/local-servers';
import type { Principal } from '@axiom-runner/protocol';
import { Client, escapeLiteral } from 'pg';
import { fails, until } from './until.js';

const RUNNER_USER = 'axiom_runner';

/** A role that a runner made and that still is there. */
export interface RunnerRole {
  readonly name: string;
  /** `active` or `revoked`, as its mark begins. */
  readonly state: string;
  /** Whether anything of an access is left: a login, a membership, a right. */
  readonly effective: boolean;
}

/** A database server with people, a table of orders, and the runner's user with no more than the setup guide gives it. */
export class Shop {
  #people = 0;

  private constructor(
    readonly server: PostgresServer,
    public password: string,
  ) {}

  /** @param password of the runner's user */
  static async open(password: string): Promise<Shop> {
    const shop = new Shop(await startPostgres({ major: 18 }), password);
    await shop.admin(
      'postgres',
      'CREATE ROLE app_owner NOLOGIN',
      'CREATE DATABASE shop OWNER app_owner',
      `CREATE ROLE ${RUNNER_USER} LOGIN CREATEROLE PASSWORD ${escapeLiteral(password)}`,
      `GRANT app_owner TO ${RUNNER_USER}`,
    );
    await shop.admin(
      'shop',
      'GRANT ALL ON SCHEMA public TO app_owner',
      'SET ROLE app_owner',
      'CREATE TABLE public.orders AS SELECT n AS id FROM generate_series(1, 10) n',
    );
    return shop;
  }

  /** The runner's secret for this server. */
  secret(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      postgresql_hostname: this.server.host,
      postgresql_port: String(this.server.port),
      postgresql_username: RUNNER_USER,
      postgresql_password: this.password,
      ...changes,
    };
  }

  async changePassword(password: string): Promise<void> {
    await this.admin('postgres', `ALTER ROLE ${RUNNER_USER} PASSWORD ${escapeLiteral(password)}`);
    this.password = password;
  }

  /** Somebody without any right on the orders. */
  async newPerson(): Promise<Principal> {
    this.#people += 1;
    const id = `person_${this.#people}`;
    await this.admin('postgres', `CREATE ROLE ${id} LOGIN PASSWORD '${id}'`);
    return { kind: 'role', id };
  }

  /** Whether somebody can really read the orders, tried as them. */
  async canRead({ id }: Principal, password = id): Promise<boolean> {
    const client = await this.logIn(id, password).catch(() => undefined);
    if (client === undefined) return false;
    try {
      return !(await fails(client.query('SELECT count(*) FROM public.orders')));
    } finally {
      await client.end();
    }
  }

  async logIn(user: string, password: string, database = 'shop'): Promise<Client> {
    const { host, port } = this.server;
    const client = new Client({ host, port, user, password, database });
    client.on('error', () => undefined); // The server ends sessions here on purpose.
    await client.connect();
    return client;
  }

  /** Runs statements as the superuser; the rows of the last. */
  async admin(database: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    const { user, password } = this.server.superuser;
    const client = await this.logIn(user, password, database);
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  /** Roles that runners made. */
  async runnerRoles(): Promise<RunnerRole[]> {
    const rows = await this.admin(
      'shop',
      `SELECT rolname AS name, coalesce(split_part(shobj_description(r.oid, 'pg_authid'), '.', 1), '') AS state,
              rolcanlogin
                OR EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
                OR EXISTS (SELECT FROM pg_auth_members WHERE roleid = r.oid AND member <> ${escapeLiteral(RUNNER_USER)}::regrole)
                OR EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid AND deptype IN ('a', 'o'))
                AS effective
         FROM pg_roles r WHERE rolname ~ '^axm_'`,
    );
    return rows.map(({ name, state, effective }) => ({ name: String(name), state: String(state), effective: effective === true }));
  }

  /** Roles of runners that are more than a tombstone: what must not stay. */
  async leftovers(): Promise<RunnerRole[]> {
    return (await this.runnerRoles()).filter(({ state, effective }) => state !== 'revoked' || effective);
  }

  /** Lets nobody change a membership until the returned function is called: every grant and revocation stops in its middle. */
  async holdMemberships(): Promise<() => Promise<void>> {
    const { user, password } = this.server.superuser;
    const client = await this.logIn(user, password);
    await client.query('BEGIN; LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE');
    return async () => {
      await client.query('ROLLBACK').catch(() => undefined);
      await client.end().catch(() => undefined);
    };
  }

  /** Waits until a runner stands before a held membership, between two statements of a transaction. */
  async runnerIsHeld(): Promise<void> {
    await until('a runner waits for the lock', async () => {
      const rows = await this.admin(
        'postgres',
        `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
          WHERE usename = ${escapeLiteral(RUNNER_USER)} AND NOT l.granted AND l.relation = 'pg_auth_members'::regclass`,
      );
      return rows.length > 0;
    });
  }
}
