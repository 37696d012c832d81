import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { postgresql } from '../../../src/integrations/postgresql/integration.js';
import type { PostgresqlSecret } from '../../../src/integrations/postgresql/secret.js';
import type { PostgresqlState } from '../../../src/integrations/postgresql/state.js';
import { RunnerHarness, type Wish } from '../runner-harness.js';
import { DatabaseServer, INTEGRATION_USER, type Major, PRINCIPAL_PASSWORD, SYSTEM } from './database-server.js';

const TARGETS = {
  database: { kind: 'database', path: ['app'] },
  schema: { kind: 'schema', path: ['app', 'sales'] },
  table: { kind: 'table', path: ['app', 'sales', 'orders'] },
  view: { kind: 'view', path: ['app', 'sales', 'notes'] },
};

/** What is tried; each statement stands for one privilege, and is rolled back. */
const STATEMENTS = {
  selectTable: 'SELECT FROM sales.orders',
  insertTable: "INSERT INTO sales.orders (note) VALUES ('new')",
  updateTable: "UPDATE sales.orders SET note = 'changed'",
  deleteTable: 'DELETE FROM sales.orders',
  truncateTable: 'TRUNCATE sales.orders',
  selectView: 'SELECT FROM sales.notes',
  insertView: "INSERT INTO sales.notes (note) VALUES ('new')",
  otherTable: 'SELECT FROM sales.others',
  otherSchema: 'SELECT FROM stock.parts',
  createTable: 'CREATE TABLE sales.mine (id int)',
  createSchema: 'CREATE SCHEMA mine',
  createRole: 'CREATE ROLE mine',
} as const;
type Statement = keyof typeof STATEMENTS;

const TABLE_READ: readonly Statement[] = ['selectTable'];
const TABLE_WRITE: readonly Statement[] = [...TABLE_READ, 'insertTable', 'updateTable', 'deleteTable'];
const SCHEMA_READ: readonly Statement[] = [...TABLE_READ, 'selectView', 'otherTable'];
const SCHEMA_WRITE: readonly Statement[] = [...SCHEMA_READ, 'insertTable', 'updateTable', 'deleteTable', 'insertView'];
const SCHEMA_ADMIN: readonly Statement[] = [...SCHEMA_WRITE, 'truncateTable', 'createTable'];

const EXPECTED: Readonly<Record<keyof typeof TARGETS, Readonly<Record<string, readonly Statement[]>>>> = {
  table: { Read: TABLE_READ, 'Read & Write': TABLE_WRITE, Admin: [...TABLE_WRITE, 'truncateTable'] },
  view: { Read: ['selectView'], 'Read & Write': ['selectView', 'insertView'], Admin: ['selectView', 'insertView'] },
  schema: { Read: SCHEMA_READ, 'Read & Write': SCHEMA_WRITE, Admin: SCHEMA_ADMIN },
  database: {
    Read: [...SCHEMA_READ, 'otherSchema'],
    'Read & Write': [...SCHEMA_WRITE, 'otherSchema'],
    Admin: [...SCHEMA_ADMIN, 'otherSchema', 'createSchema', 'createRole'],
  },
};

describe.each<Major>([18, 15])('levels on PostgreSQL %i', (major) => {
  jest.setTimeout(60_000);
  let server: DatabaseServer;
  let runner: RunnerHarness<PostgresqlSecret, PostgresqlState>;

  beforeAll(async () => {
    server = await DatabaseServer.start(major);
    await server.admin(
      'app',
      'SET ROLE app_owner',
      'CREATE TABLE sales.others (id int)',
      'CREATE SCHEMA stock',
      'CREATE TABLE stock.parts (id int)',
    );
    runner = new RunnerHarness(postgresql, SYSTEM, server.secret());
  });
  afterAll(() => server?.stop());

  async function end(intent: Awaited<ReturnType<typeof runner.grant>>['intent']): Promise<void> {
    runner.passApplyWindow(intent);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    expect(await server.ownRoles()).toEqual([]);
  }

  for (const [kind, levels] of Object.entries(EXPECTED)) {
    for (const [permission, statements] of Object.entries(levels)) {
      it(`${permission} on a ${kind} allows exactly what it says`, async () => {
        const { intent, applied } = await runner.grant({ target: TARGETS[kind as keyof typeof TARGETS], permission });
        const { username = '', password = '' } = applied.credential ?? {};
        const allowed: string[] = [];
        for (const [name, statement] of Object.entries(STATEMENTS)) {
          if (await server.may(username, password, 'app', 'BEGIN', statement, 'ROLLBACK')) allowed.push(name);
        }
        // Before version 16 a user who may create roles could make itself nearly a superuser.
        const expected = statements.filter((name) => name !== 'createRole' || major >= 16);
        expect(allowed.sort()).toEqual([...expected].sort());
        await end(intent);
      });
    }
  }

  it.each(['schema', 'database'] as const)('on a %s includes what its owner makes later', async (kind) => {
    const { intent, applied } = await runner.grant({ target: TARGETS[kind], permission: 'Read & Write' });
    const { username = '', password = '' } = applied.credential ?? {};
    await server.admin(
      'app',
      'SET ROLE app_owner',
      'CREATE TABLE sales.later (id serial, note text)',
      'CREATE SCHEMA future',
      'CREATE TABLE future.later (id serial, note text)',
    );
    expect(await server.may(username, password, 'app', "INSERT INTO sales.later (note) VALUES ('x')")).toBe(true);
    expect(await server.may(username, password, 'app', "INSERT INTO future.later (note) VALUES ('x')")).toBe(kind === 'database');
    await end(intent);
    await server.admin('app', 'DROP TABLE sales.later', 'DROP SCHEMA future CASCADE');
  });

  it('says whose future tables are not covered', async () => {
    await server.admin('app', 'CREATE ROLE other_owner', 'GRANT CREATE, USAGE ON SCHEMA sales TO other_owner');
    const { intent, applied } = await runner.grant({ target: TARGETS.schema, permission: 'Read' });
    expect(applied.actions).toContainEqual(expect.stringMatching(/^not covered: future tables of other_owner,/));
    await end(intent);
    await server.admin('app', 'DROP OWNED BY other_owner', 'DROP ROLE other_owner');
  });

  it('refuses a level that it could give in part only, with the SQL that mends it', async () => {
    await server.admin('app', 'CREATE TABLE sales.foreign_owned (id int)');
    const mend = `GRANT SELECT ON TABLE "sales"."foreign_owned" TO "${INTEGRATION_USER}" WITH GRANT OPTION;`;
    const wish = { target: TARGETS.schema, permission: 'Read' };
    await expect(runner.plan(wish)).rejects.toMatchObject({ code: 'TARGET_PERMISSION_DENIED', object: 'sales.foreign_owned', mend });
    await server.admin('app', mend);
    const { intent, applied } = await runner.grant(wish);
    const { username = '', password = '' } = applied.credential ?? {};
    expect(await server.may(username, password, 'app', 'SELECT FROM sales.foreign_owned')).toBe(true);
    await end(intent);
    await server.admin('app', 'DROP TABLE sales.foreign_owned');
  });

  it('refuses Admin on a database for an existing principal', async () => {
    const principal = await server.newPrincipal();
    await expect(runner.plan({ target: TARGETS.database, permission: 'Admin', principal })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  describe('membership in an existing role', () => {
    const wish = (role: string, principal?: Wish['principal']): Wish => ({
      target: { kind: 'role', path: [role] },
      permission: 'Member',
      principal,
    });

    it('gives what the role has, and takes it back', async () => {
      await server.admin(
        'app',
        'CREATE ROLE analysts',
        'GRANT CONNECT ON DATABASE app TO analysts',
        'GRANT USAGE ON SCHEMA sales TO analysts',
        'GRANT SELECT ON sales.orders TO analysts',
      );
      if (major >= 16) {
        await expect(runner.plan(wish('analysts'))).rejects.toMatchObject({ code: 'TARGET_PERMISSION_DENIED', object: 'analysts' });
        await server.admin('app', `GRANT analysts TO ${INTEGRATION_USER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
      }
      const principal = await server.newPrincipal();
      for (const who of [principal, undefined]) {
        const { intent, applied } = await runner.grant(wish('analysts', who));
        const { username = principal.id, password = PRINCIPAL_PASSWORD } = applied.credential ?? {};
        expect(await server.may(username, password, 'app', STATEMENTS.selectTable)).toBe(true);
        await end(intent);
        expect(await server.may(username, password, 'app', STATEMENTS.selectTable)).toBe(false);
      }
    });

    it('tells of a membership that was there before, and leaves it', async () => {
      const principal = await server.newPrincipal();
      await server.admin('app', `GRANT analysts TO ${principal.id}`);
      const { intent } = await runner.grant(wish('analysts', principal));
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({
        proved: true,
        warnings: [`${principal.id} still has access through role analysts`],
      });
      expect(await server.may(principal.id, PRINCIPAL_PASSWORD, 'app', STATEMENTS.selectTable)).toBe(true);
      await end(intent);
    });

    it('is never given in what opens everything', async () => {
      const principal = await server.newPrincipal();
      await server.admin(
        'postgres',
        'CREATE ROLE hidden_superuser SUPERUSER',
        'CREATE ROLE leads_there IN ROLE hidden_superuser',
        'CREATE ROLE leads_to_files IN ROLE pg_read_server_files',
        'CREATE ROLE rds_superuser',
        'CREATE ROLE copies REPLICATION',
        'CREATE ROLE sees_all BYPASSRLS',
        `CREATE ROLE above_runner IN ROLE ${INTEGRATION_USER}`,
        'CREATE ROLE runner_admin',
        `GRANT ${INTEGRATION_USER} TO runner_admin WITH ADMIN OPTION`,
        'CREATE ROLE axm_of_somebody',
        `CREATE ROLE circle IN ROLE ${principal.id}`,
      );
      const never = [
        'hidden_superuser',
        'leads_there',
        'leads_to_files',
        'pg_execute_server_program',
        'pg_write_server_files',
        'rds_superuser',
        'copies',
        'sees_all',
      ];
      for (const role of [...never, INTEGRATION_USER, 'above_runner', 'runner_admin', 'axm_of_somebody', 'circle']) {
        const outcome = await runner.plan(wish(role, principal)).catch((error) => error.code);
        expect({ role, outcome }).toEqual({ role, outcome: 'UNSUPPORTED' });
      }
      for (const id of [INTEGRATION_USER, 'axm_of_somebody', 'hidden_superuser', 'pg_monitor']) {
        const outcome = await runner
          .plan({ target: TARGETS.table, permission: 'Read', principal: { kind: 'role', id } })
          .catch((error) => error.code);
        expect({ id, outcome }).toEqual({ id, outcome: 'UNSUPPORTED' });
      }
      await server.admin('postgres', 'DROP ROLE axm_of_somebody');
    });
  });
});
