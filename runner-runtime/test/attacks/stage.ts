import type { Evidence } from '@axiom-runner/protocol';
import type { Client } from 'pg';
import type { Intent } from '../../src/integrations/intent.js';
import { postgresql } from '../../src/integrations/postgresql/integration.js';
import type { PostgresqlSecret } from '../../src/integrations/postgresql/secret.js';
import type { PostgresqlState } from '../../src/integrations/postgresql/state.js';
import { DatabaseServer, INTEGRATION_USER, type Major, PRINCIPAL_PASSWORD, SYSTEM } from '../integrations/postgresql/database-server.js';
import { RunnerHarness, type Wish } from '../integrations/runner-harness.js';

export const TABLE_READ = { target: { kind: 'table', path: ['app', 'sales', 'orders'] }, permission: 'Read' };
export const SCHEMA_ADMIN = { target: { kind: 'schema', path: ['app', 'sales'] }, permission: 'Admin' };
export const DATABASE_ADMIN = { target: { kind: 'database', path: ['app'] }, permission: 'Admin' };
export const memberOf = (role: string) => ({ target: { kind: 'role', path: [role] }, permission: 'Member' });

/** A temporary user with one open session. */
export interface TemporaryUser {
  readonly intent: Intent<PostgresqlState>;
  readonly user: string;
  readonly password: string;
  readonly session: Client;
}

/** What became of a revocation: the report of the first try that got through, and the proof after it. */
export interface Outcome extends Pick<Evidence, 'proved' | 'warnings'> {
  /** Code of the last failure, when no try got through. */
  readonly failure?: string;
}

/** A database server with a runner before it, and the hands of whoever attacks it. */
export class Stage {
  readonly #open: Client[] = [];

  private constructor(
    readonly server: DatabaseServer,
    readonly runner: RunnerHarness<PostgresqlSecret, PostgresqlState>,
  ) {}

  static async start(major: Major, settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const server = await DatabaseServer.start(major, settings);
    return new Stage(server, new RunnerHarness(postgresql, SYSTEM, server.secret()));
  }

  async dispense(wish: Wish): Promise<TemporaryUser> {
    const { intent, applied } = await this.runner.grant(wish);
    const { username = '', password = '', database = '' } = applied.credential ?? {};
    return { intent, user: username, password, session: await this.connect(username, password, database) };
  }

  /** A session that {@link leave} closes. */
  async connect(user: string, password: string, database = 'app'): Promise<Client> {
    const client = await this.server.connect(user, password, database);
    this.#open.push(client);
    return client;
  }

  connectAsPrincipal(name: string, database = 'app'): Promise<Client> {
    return this.connect(name, PRINCIPAL_PASSWORD, database);
  }

  /** Revokes after the last moment of the request, as often as a workflow surely would, and reads back. */
  async end(intent: Intent<PostgresqlState>, tries = 1): Promise<Outcome> {
    this.runner.passApplyWindow(intent);
    let failure: string | undefined;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      try {
        const { warnings } = await this.runner.revert(intent);
        const { proved } = await this.runner.verify(intent);
        return { proved, warnings };
      } catch (error) {
        failure = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      }
    }
    return { proved: false, warnings: [], failure: failure ?? '' };
  }

  /** Whether a role of the name can log in, or `undefined` when there is none. */
  async canLogIn(name: string): Promise<boolean | undefined> {
    const roles = await this.server.admin('postgres', 'SELECT rolname, rolcanlogin FROM pg_roles');
    const found = roles.find(({ rolname }) => rolname === name);
    return found === undefined ? undefined : found['rolcanlogin'] === true;
  }

  /** Whether a session still answers. */
  async isAlive(session: Client): Promise<boolean> {
    return session.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  /** Ends the sessions of one test. */
  async leave(): Promise<void> {
    for (const client of this.#open.splice(0)) await client.end().catch(() => undefined);
  }

  async stop(): Promise<void> {
    await this.leave();
    await this.server.stop();
  }
}

export { INTEGRATION_USER };
