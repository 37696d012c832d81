import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Client } from 'pg';
import type { Intent } from '../../../src/integrations/intent.js';
import { postgresql } from '../../../src/integrations/postgresql/integration.js';
import type { PostgresqlSecret } from '../../../src/integrations/postgresql/secret.js';
import type { PostgresqlState } from '../../../src/integrations/postgresql/state.js';
import { KillingGate, RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, INTEGRATION_USER, type Major, PRINCIPAL_PASSWORD, SYSTEM } from './database-server.js';

const SCHEMA_ADMIN = { target: { kind: 'schema', path: ['app', 'sales'] }, permission: 'Admin' };
const DATABASE_ADMIN = { target: { kind: 'database', path: ['app'] }, permission: 'Admin' };
const TABLE_READ = { target: { kind: 'table', path: ['app', 'sales', 'orders'] }, permission: 'Read' };
const LOG = { logging_collector: 'on', log_directory: 'log', log_filename: 'server.log', log_statement: 'all' };

describe.each<Major>([18, 15])('revocation on PostgreSQL %i', (major) => {
  jest.setTimeout(60_000);
  let server: DatabaseServer;
  let runner: RunnerHarness<PostgresqlSecret, PostgresqlState>;
  let open: Client[];

  beforeAll(async () => {
    server = await DatabaseServer.start(major, { ...LOG, max_prepared_transactions: '5' });
    runner = new RunnerHarness(postgresql, SYSTEM, server.secret());
  });
  beforeEach(() => {
    open = [];
  });
  afterEach(async () => {
    for (const client of open) await client.end().catch(() => undefined);
  });
  afterAll(() => server?.stop());

  async function dispense(
    wish: typeof SCHEMA_ADMIN,
  ): Promise<{ intent: Intent<PostgresqlState>; user: string; session: Client; password: string }> {
    const { intent, applied } = await runner.grant(wish);
    const { username = '', password = '', database = '' } = applied.credential ?? {};
    const session = await server.connect(username, password, database);
    open.push(session);
    return { intent, user: username, session, password };
  }

  async function endForGood(intent: Intent<PostgresqlState>) {
    runner.passApplyWindow(intent);
    const { warnings } = await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    expect(await server.ownRoles()).toEqual([]);
    return warnings;
  }

  const ownerOf = async (object: string) => (await server.admin('app', `SELECT ${object} AS owner`))[0]?.['owner'];

  it('the server never sees the password, only a SCRAM verifier', async () => {
    const { intent, user, password } = await dispense(SCHEMA_ADMIN);
    const [stored] = await server.admin('postgres', `SELECT rolpassword FROM pg_authid WHERE rolname = '${user}'`);
    expect(stored?.['rolpassword']).toMatch(/^SCRAM-SHA-256\$\d{4,}:/);
    expect(password.length).toBeGreaterThanOrEqual(24);
    await endForGood(intent);
    const [log] = await server.admin('postgres', "SELECT pg_read_file('log/server.log') AS text");
    expect(String(log?.['text'])).toContain(`CREATE ROLE "${user}"`);
    expect(String(log?.['text'])).not.toContain(password);
  });

  it('ends live sessions', async () => {
    const { intent, user, session } = await dispense(SCHEMA_ADMIN);
    await session.query('BEGIN; LOCK TABLE sales.orders');
    const { actions } = await runner.revert(intent);
    expect(actions).toContain('ended 1 sessions');
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await server.admin('postgres', `SELECT FROM pg_stat_activity WHERE usename = '${user}'`)).toEqual([]);
    await endForGood(intent);
  });

  it('leaves the sessions of an existing principal alone, but takes their rights', async () => {
    const principal = await server.newPrincipal();
    const { intent } = await runner.grant({ ...TABLE_READ, principal });
    const session = await server.connect(principal.id, PRINCIPAL_PASSWORD, 'app');
    open.push(session);
    await session.query('SELECT FROM sales.orders');
    const { warnings } = await runner.revert(intent);
    await expect(session.query('SELECT FROM sales.orders')).rejects.toMatchObject({ code: '42501' });
    expect(warnings).toEqual(major >= 16 ? [] : [expect.stringContaining('SET ROLE')]);
    if (major >= 16) await expect(session.query(`SET ROLE "${intent.state.role}"`)).rejects.toMatchObject({ code: '42501' });
    await session.end();
    await endForGood(intent);
  });

  it('moves what a temporary user leaves to the quarantine, and names code one by one', async () => {
    const { intent, user, session } = await dispense(SCHEMA_ADMIN);
    await session.query(`
      CREATE TABLE sales.mine (id int);
      CREATE VIEW sales.my_view AS SELECT 1 AS one;
      CREATE TYPE sales.my_type AS ENUM ('a');
      CREATE FUNCTION sales.backdoor() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text';
      CREATE FUNCTION sales.on_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER watching AFTER INSERT ON sales.orders FOR EACH ROW EXECUTE FUNCTION sales.on_change();
      ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO PUBLIC;
      GRANT SELECT ON sales.mine TO PUBLIC;`);
    const warnings = await endForGood(intent);
    expect(warnings.join('\n')).toMatch(/SECURITY DEFINER function sales.backdoor\(\).*axm_quarantine/);
    expect(warnings.join('\n')).toMatch(/trigger watching on sales.orders.* runs a function of the removed user/);
    expect(warnings.join('\n')).toMatch(/view sales.my_view/);
    for (const object of [
      "(SELECT relowner::regrole::text FROM pg_class WHERE oid = 'sales.mine'::regclass)",
      "(SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'backdoor')",
    ]) {
      expect(await ownerOf(object)).toBe('axm_quarantine');
    }
    expect(await server.admin('postgres', `SELECT FROM pg_roles WHERE rolname = '${user}'`)).toEqual([]);
    // Nobody is a member of the quarantine so that its rights could be used, and it is a member of nothing.
    const memberships = await server.admin(
      'app',
      `SELECT pg_has_role('${INTEGRATION_USER}', 'axm_quarantine', 'USAGE') AS used,
              (SELECT count(*)::int FROM pg_auth_members WHERE member = 'axm_quarantine'::regrole) AS member_of`,
    );
    expect(memberships).toEqual([{ used: false, member_of: 0 }]);
    await server.admin('app', 'DROP OWNED BY axm_quarantine CASCADE');
  });

  it('moves a schema of a temporary user with functions in it', async () => {
    const { intent, session } = await dispense(DATABASE_ADMIN);
    await session.query(`
      CREATE SCHEMA mine;
      CREATE FUNCTION mine.work() RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE TABLE mine.things (id serial);`);
    await endForGood(intent);
    expect(await ownerOf("(SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'mine')")).toBe('axm_quarantine');
    await server.admin('app', 'DROP OWNED BY axm_quarantine CASCADE');
  });

  it('uses another quarantine where somebody has a hand in the usual one', async () => {
    const person = await server.newPrincipal();
    await server.admin(
      'postgres',
      'DROP ROLE IF EXISTS axm_quarantine',
      'CREATE ROLE axm_quarantine',
      `GRANT axm_quarantine TO ${person.id}`,
    );
    const { intent, session } = await dispense(SCHEMA_ADMIN);
    await session.query('CREATE TABLE sales.mine (id int)');
    await endForGood(intent);
    expect(await ownerOf("(SELECT relowner::regrole::text FROM pg_class WHERE oid = 'sales.mine'::regclass)")).toMatch(
      /^axm_quarantine_[a-z2-7]{12}$/,
    );
    await server.admin('app', 'DROP TABLE sales.mine', 'DROP ROLE axm_quarantine');
  });

  if (major >= 16) {
    it('can be killed before any step of moving what is left', async () => {
      for (let fatal = 1, killed = true; killed; fatal += 1) {
        const { intent, session } = await dispense(SCHEMA_ADMIN);
        await session.query("CREATE FUNCTION sales.work() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        killed = await runner.revert(intent, { gate: new KillingGate(fatal) }).then(
          () => false,
          () => true,
        );
        await endForGood(intent);
        expect(await ownerOf("(SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'work')")).toMatch(/^axm_quarantine/);
        await server.admin('app', 'DROP FUNCTION sales.work()');
      }
    });

    it('removes the roles that a temporary user made, and those that they made', async () => {
      const { intent, session } = await dispense(DATABASE_ADMIN);
      await session.query(`
        CREATE ROLE made_login LOGIN CREATEROLE PASSWORD 'of the made role';
        GRANT made_login TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
        GRANT USAGE ON SCHEMA sales TO PUBLIC;
        CREATE SCHEMA mine;
        GRANT ALL ON SCHEMA mine TO made_login;`);
      await server.admin('app', 'GRANT CONNECT ON DATABASE app TO made_login');
      const made = await server.connect('made_login', 'of the made role', 'app');
      open.push(made);
      await made.query('CREATE ROLE made_by_made; CREATE TABLE mine.table_of_made (id int)');
      const warnings = await endForGood(intent);
      expect(warnings).toContain('role made_login, made by the temporary user, was removed');
      expect(warnings).toContain('role made_by_made, made by the temporary user, was removed');
      await expect(made.query('SELECT 1')).rejects.toThrow();
      expect(await server.admin('postgres', "SELECT FROM pg_roles WHERE rolname ~ '^made_'")).toEqual([]);
      await server.admin('app', 'DROP OWNED BY axm_quarantine CASCADE');
    });

    it('a temporary user that may create roles can take over none that it did not make', async () => {
      const { intent, session, user } = await dispense(DATABASE_ADMIN);
      for (const attempt of [
        `ALTER ROLE ${INTEGRATION_USER} PASSWORD 'taken'`,
        'GRANT pg_execute_server_program TO CURRENT_USER',
        'GRANT app_owner TO CURRENT_USER',
        `ALTER ROLE "${user}" VALID UNTIL 'infinity'`,
        'CREATE ROLE super SUPERUSER',
      ]) {
        await expect(session.query(attempt)).rejects.toMatchObject({ code: '42501' });
      }
      await endForGood(intent);
    });
  }

  it('takes an access whose role somebody else changed for a conflict, and still ends it', async () => {
    const person = await server.newPrincipal();
    for (const tamper of [
      (role: string) => `GRANT "${role}" TO ${person.id}`,
      (role: string) => `ALTER ROLE "${role}" CREATEDB`,
      (role: string) => `GRANT pg_monitor TO "${role}"`,
    ]) {
      const { intent, user } = await dispense(SCHEMA_ADMIN);
      await server.admin('postgres', tamper(user));
      await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'CONFLICT' });
      await endForGood(intent);
    }
  });

  it('ends an access whose mark was removed, and says so', async () => {
    const { intent, user } = await dispense(SCHEMA_ADMIN);
    await server.admin('postgres', `COMMENT ON ROLE "${user}" IS NULL`);
    expect(await endForGood(intent)).toContainEqual(expect.stringContaining('the mark of'));
  });

  it("leaves somebody else's role of the name alone", async () => {
    const intent = await runner.plan(TABLE_READ);
    await server.admin('postgres', `CREATE ROLE "${intent.state.role}" LOGIN`);
    await expect(runner.revert(intent)).rejects.toMatchObject({ code: 'CONFLICT', object: intent.state.role });
    expect(await server.admin('postgres', `SELECT rolcanlogin FROM pg_roles WHERE rolname = '${intent.state.role}'`)).toEqual([
      { rolcanlogin: true },
    ]);
    await server.admin('postgres', `DROP ROLE "${intent.state.role}"`);
  });

  it('does not use a role as holder in which somebody else has a hand', async () => {
    const intent = await runner.plan(TABLE_READ);
    const person = await server.newPrincipal();
    await server.admin('postgres', `CREATE ROLE "${intent.state.memberOf}"`, `GRANT "${intent.state.memberOf}" TO ${person.id}`);
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'CONFLICT', object: intent.state.memberOf });
    await server.admin('postgres', `DROP ROLE "${intent.state.memberOf}"`);
  });

  it('blocks, but does not call it proved, while a database cannot be entered', async () => {
    await server.admin('postgres', 'CREATE DATABASE side', 'GRANT CREATE ON DATABASE side TO PUBLIC');
    const { intent, user, password, session } = await dispense(SCHEMA_ADMIN);
    await session.end();
    await server.as(user, password, 'side', 'CREATE SCHEMA hidden');
    await server.admin('postgres', 'ALTER DATABASE side ALLOW_CONNECTIONS false');
    runner.passApplyWindow(intent);
    const { warnings } = await runner.revert(intent);
    expect(warnings.join('\n')).toContain('database side cannot be entered');
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    expect(await server.may(user, password, 'postgres', 'SELECT 1')).toBe(false);
    await server.admin('postgres', 'ALTER DATABASE side ALLOW_CONNECTIONS true');
    await endForGood(intent);
    await server.admin('postgres', 'DROP DATABASE side');
  });

  it('is complete when the database was renamed or dropped meanwhile', async () => {
    await server.admin('postgres', 'CREATE DATABASE moving OWNER app_owner');
    await server.admin('moving', 'SET ROLE app_owner', 'CREATE SCHEMA sales', 'CREATE TABLE sales.orders (id int)');
    const wish = { target: { kind: 'table', path: ['moving', 'sales', 'orders'] }, permission: 'Read' };
    const { intent: renamed } = await runner.grant(wish);
    await server.admin('postgres', 'ALTER DATABASE moving RENAME TO moved');
    await endForGood(renamed);
    await server.admin('postgres', 'ALTER DATABASE moved RENAME TO moving');
    const { intent: dropped } = await runner.grant(wish);
    await server.admin('postgres', 'DROP DATABASE moving WITH (FORCE)');
    await endForGood(dropped);
  });

  it('tells by which way an existing principal still has access', async () => {
    const principal = await server.newPrincipal();
    await server.admin('app', 'CREATE ROLE readers', 'GRANT SELECT ON sales.orders TO readers', `GRANT readers TO ${principal.id}`);
    const { intent } = await runner.grant({ ...TABLE_READ, principal });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [`${principal.id} still has access through role readers (SELECT)`],
    });
    await server.admin('app', 'GRANT SELECT ON sales.orders TO PUBLIC');
    expect((await runner.verify(intent)).warnings).toEqual(
      expect.arrayContaining([`${principal.id} still has access through PUBLIC (SELECT)`]),
    );
    await server.admin('app', 'REVOKE SELECT ON sales.orders FROM PUBLIC', 'DROP OWNED BY readers', 'DROP ROLE readers');
    await endForGood(intent);
  });

  it('rolls back what a temporary user left prepared', async () => {
    const { intent, session } = await dispense(SCHEMA_ADMIN);
    await session.query("BEGIN; CREATE TABLE sales.prepared (id int); PREPARE TRANSACTION 'left behind'");
    await endForGood(intent);
    expect(await server.admin('app', 'SELECT FROM pg_prepared_xacts')).toEqual([]);
  });
});
