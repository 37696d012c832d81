import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CountingGate } from '../integrations/runner-harness.js';
import { DATABASE_ADMIN, INTEGRATION_USER, memberOf, Stage, TABLE_READ } from './stage.js';

/** Stands still before each of the first effects, as a slow network would make it. */
class SlowGate extends CountingGate {
  override check(): void {
    super.check();
    if (this.effects <= SlowGate.slow) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SlowGate.milliseconds);
  }
  static readonly slow = 10;
  static readonly milliseconds = 50;
}

jest.setTimeout(60_000);
let stage: Stage;

beforeAll(async () => {
  stage = await Stage.start(18);
});
afterEach(() => stage.leave());
afterAll(() => stage?.stop());

/** What a temporary user that may create roles leaves behind, or puts in the runner's way. */
describe('a temporary user that may create roles', () => {
  it('leaves no role behind that it makes at the moment of its revocation', async () => {
    const { intent, user, password, session } = await stage.dispense(DATABASE_ADMIN);
    const others = [await stage.connect(user, password), await stage.connect(user, password)];
    const signs = [
      'NOT (SELECT rolcanlogin FROM pg_roles WHERE rolname = current_user)',
      'NOT (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)',
      `pg_has_role('${INTEGRATION_USER}', current_user, 'USAGE')`,
    ];
    for (const [index, client] of [session, ...others].entries()) {
      const late = client.query(`DO $$ BEGIN
        CREATE ROLE made_late_${index} LOGIN PASSWORD 'of the made role';
        FOR i IN 1 .. 20000 LOOP
          EXIT WHEN ${signs[index]};
          PERFORM pg_sleep(0.001);
        END LOOP;
      END $$`);
      late.catch(() => undefined);
    }
    stage.runner.passApplyWindow(intent);
    await stage.runner.revert(intent, { gate: new SlowGate() });
    const { proved } = await stage.runner.verify(intent);
    const left = await Promise.all([0, 1, 2].map((index) => stage.canLogIn(`made_late_${index}`)));
    expect({ proved, left }).toEqual({ proved: true, left: [undefined, undefined, undefined] });
  });

  it('cannot make a role in place of a holder of rights and so get at what the runner grants to others', async () => {
    await stage.server.admin(
      'postgres',
      'CREATE ROLE hr_owner',
      `GRANT hr_owner TO ${INTEGRATION_USER}`,
      'CREATE DATABASE hr OWNER hr_owner',
    );
    await stage.server.admin('hr', 'SET ROLE hr_owner', 'CREATE TABLE public.salaries (id int)');
    const wish = { target: { kind: 'table', path: ['hr', 'public', 'salaries'] }, permission: 'Read' };
    const first = await stage.dispense(wish);
    const holder = first.intent.state.memberOf;
    expect(await stage.end(first.intent)).toMatchObject({ proved: true });
    expect(await stage.canLogIn(holder)).toBeUndefined();

    const { intent, user, password, session } = await stage.dispense(DATABASE_ADMIN);
    await session.query(`CREATE ROLE "${holder}"; GRANT "${holder}" TO ${INTEGRATION_USER} WITH ADMIN OPTION`);
    const granted = await stage.runner.grant(wish).catch(() => undefined);
    await session.query(`GRANT "${holder}" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`).catch(() => undefined);
    const stolen = await stage.server.may(user, password, 'hr', 'SELECT FROM public.salaries');
    if (granted !== undefined) await stage.end(granted.intent);
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    expect(stolen).toBe(false);
  });

  it('cannot make its own role the quarantine', async () => {
    const { intent, session } = await stage.dispense(DATABASE_ADMIN);
    await session.query(`
      CREATE ROLE deputy LOGIN CREATEROLE PASSWORD 'deputy'; GRANT deputy TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
      SET ROLE deputy; CREATE ROLE axm_quarantine; GRANT axm_quarantine TO ${INTEGRATION_USER} WITH ADMIN OPTION; RESET ROLE;
      CREATE SCHEMA of_deputy; CREATE FUNCTION of_deputy.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`);
    expect(await stage.end(intent, 2)).toMatchObject({ proved: true });
    const [owner] = await stage.server.admin(
      'app',
      "SELECT r.rolname, ARRAY(SELECT m.member::regrole::text FROM pg_auth_members m WHERE m.roleid = r.oid) AS members FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE p.proname = 'f'",
    );
    expect(owner).toMatchObject({ rolname: expect.stringMatching(/^axm_quarantine_/) });
    await stage.server.admin('app', 'DROP SCHEMA of_deputy CASCADE');
  });

  it('cannot keep its revocation from being proved by a function in a schema that its maker is shut out of', async () => {
    const { intent, session } = await stage.dispense(DATABASE_ADMIN);
    await session.query(`
      CREATE ROLE helper; GRANT helper TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
      CREATE SCHEMA mine; GRANT CREATE, USAGE ON SCHEMA mine TO helper;
      SET ROLE helper; CREATE FUNCTION mine.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; RESET ROLE;
      REVOKE CREATE ON SCHEMA mine FROM helper`);
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    await stage.server.admin('app', 'DROP SCHEMA mine CASCADE');
  });

  it('does not take a role with it that was there before and whose administration it was lent', async () => {
    await stage.server.admin('postgres', "CREATE ROLE auditor LOGIN PASSWORD 'auditor'");
    const { intent, user } = await stage.dispense(DATABASE_ADMIN);
    await stage.server.admin('postgres', `GRANT auditor TO "${user}" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    expect(await stage.canLogIn('auditor')).toBe(true);
  });

  it('leaves nobody with a role that it made and passed on', async () => {
    const person = await stage.server.newPrincipal();
    const { intent, session } = await stage.dispense(DATABASE_ADMIN);
    await session.query(`
      CREATE ROLE passed_on CREATEROLE; GRANT passed_on TO CURRENT_USER WITH SET TRUE, INHERIT TRUE;
      GRANT passed_on TO ${person.id} WITH ADMIN OPTION;
      SET ROLE passed_on; CREATE ROLE nested LOGIN PASSWORD 'nested'; RESET ROLE; ALTER ROLE passed_on RENAME TO "axm_renamed"`);
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    expect(await stage.canLogIn('nested')).toBeUndefined();
    expect(await stage.canLogIn('axm_renamed')).toBeUndefined();
  });

  it('has no hand in its own role, its mark and its end', async () => {
    const { intent, user, session } = await stage.dispense(DATABASE_ADMIN);
    for (const attempt of [
      `ALTER ROLE "${user}" RENAME TO innocent`,
      `COMMENT ON ROLE "${user}" IS NULL`,
      `ALTER ROLE "${user}" VALID UNTIL 'infinity'`,
      `GRANT "${user}" TO app_owner`,
      `GRANT "${intent.state.memberOf}" TO PUBLIC`,
      `DROP ROLE "${intent.state.memberOf}"`,
      `ALTER ROLE ${INTEGRATION_USER} SET role = 'app_owner'`,
      `ALTER ROLE ${INTEGRATION_USER} CONNECTION LIMIT 0`,
      `ALTER ROLE ${INTEGRATION_USER} NOLOGIN`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'`,
      'CREATE EVENT TRIGGER hinder ON ddl_command_end EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger()',
    ]) {
      await expect(session.query(attempt)).rejects.toBeDefined();
    }
    expect(await stage.end(intent)).toMatchObject({ proved: true });
  });
});

describe('a membership that is dispensed', () => {
  beforeAll(async () => {
    await stage.server.admin(
      'postgres',
      'CREATE ROLE maker CREATEROLE',
      'CREATE ROLE founder CREATEDB',
      'CREATE ROLE deploy',
      'GRANT maker, founder TO deploy',
      `GRANT deploy TO ${INTEGRATION_USER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`,
    );
  });

  it.each([
    ['CREATEROLE', 'SET ROLE maker; CREATE ROLE made_by_maker LOGIN', 'made_by_maker'],
    ['CREATEDB', 'SET ROLE founder; CREATE ROLE irrelevant', 'irrelevant'],
  ])('lends nobody the attribute %s of a role further up', async (attribute, statements, made) => {
    const { intent, session } = await stage.dispense(memberOf('deploy'));
    const [first = ''] = statements.split(';');
    const switched = await session.query(first).then(
      () => true,
      () => false,
    );
    if (switched && attribute === 'CREATEROLE') await session.query(statements);
    const outcome = await stage.end(intent);
    const left = await stage.canLogIn(made);
    expect({ switched, left, proved: outcome.proved }).toEqual({ switched: false, left: undefined, proved: true });
  });

  it('is refused for roles with which its holder could hinder the revocation', async () => {
    await stage.server.admin('postgres', `GRANT pg_signal_backend TO ${INTEGRATION_USER} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    await expect(stage.runner.plan(memberOf('pg_signal_backend'))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('gives nothing on a table in the meantime', async () => {
    const { intent, session } = await stage.dispense(memberOf('deploy'));
    await expect(session.query('SELECT FROM pg_authid')).rejects.toMatchObject({ code: '42501' });
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    await expect(stage.runner.plan({ ...TABLE_READ, principal: { kind: 'role', id: intent.state.role } })).rejects.toMatchObject({
      code: 'PRINCIPAL_NOT_FOUND',
    });
  });
});
