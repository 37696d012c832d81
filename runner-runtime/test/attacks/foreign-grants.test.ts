import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { SCHEMA_ADMIN, Stage, TABLE_READ } from './stage.js';

/** Anybody may grant on what is his own, also to the roles of the runner, whose names everybody can read. */
describe.each([18, 15] as const)('somebody who grants something to the role of an access on PostgreSQL %i', (major) => {
  jest.setTimeout(60_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(major);
    const owner = await stage.server.newPrincipal('landlord');
    await stage.server.admin('postgres', `CREATE DATABASE his OWNER ${owner.id}`);
    await stage.server.admin(
      'app',
      `GRANT CONNECT ON DATABASE app TO ${owner.id}`,
      `CREATE SCHEMA his AUTHORIZATION ${owner.id}`,
      `CREATE TABLE his.table (id serial)`,
      `ALTER TABLE his.table OWNER TO ${owner.id}`,
    );
  });
  afterEach(() => stage.leave());
  afterAll(() => stage?.stop());

  it.each([
    ['a privilege on a table', 'app', 'GRANT SELECT ON his.table TO "$"'],
    ['a privilege on a column', 'app', 'GRANT SELECT (id) ON his.table TO "$"'],
    ['a privilege on a schema', 'app', 'GRANT USAGE ON SCHEMA his TO "$"'],
    ['a privilege on a sequence', 'app', 'GRANT USAGE ON SEQUENCE his.table_id_seq TO "$"'],
    ['default privileges', 'app', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "$"'],
    ['a policy', 'app', 'CREATE POLICY "$" ON his.table TO "$" USING (true)'],
    ['a privilege on a database', 'postgres', 'GRANT CREATE ON DATABASE his TO "$"'],
  ])('does not keep its revocation from being proved: %s', async (_, database, statement) => {
    const { intent, user, session } = await stage.dispense(TABLE_READ);
    const owner = await stage.connectAsPrincipal('landlord', database);
    await owner.query(statement.replaceAll('$', user));
    const outcome = await stage.end(intent);
    expect({ ...outcome, alive: await stage.isAlive(session) }).toMatchObject({ proved: true, alive: false });
    expect((await stage.canLogIn(user)) ?? false).toBe(false);
  });

  it('does not keep what a temporary user left from the quarantine', async () => {
    const { intent, user, session } = await stage.dispense(SCHEMA_ADMIN);
    await session.query("CREATE FUNCTION sales.left() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'");
    const owner = await stage.connectAsPrincipal('landlord');
    await owner.query(`GRANT SELECT ON his.table TO "${user}"`);
    await stage.end(intent);
    const [found] = await stage.server.admin(
      'app',
      "SELECT proowner::regrole::text AS owner FROM pg_proc WHERE proname = 'left' AND pronamespace = 'sales'::regnamespace",
    );
    await stage.server.admin('app', 'DROP FUNCTION sales.left()');
    expect(found?.['owner']).toMatch(/^axm_quarantine/);
  });

  it('does not keep an access of an existing role from ending', async () => {
    const principal = await stage.server.newPrincipal();
    const { intent } = await stage.runner.grant({ ...TABLE_READ, principal });
    const owner = await stage.connectAsPrincipal('landlord');
    await owner.query(
      `GRANT SELECT ON his.table TO "${intent.state.role}", "${intent.state.memberOf}"; GRANT USAGE ON SCHEMA his TO "${intent.state.role}"`,
    );
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    const session = await stage.connectAsPrincipal(principal.id, 'postgres');
    const [reach] = (
      await session.query<{ count: string }>('SELECT count(*) FROM pg_auth_members m WHERE m.member = current_user::regrole')
    ).rows;
    expect(reach?.count).toBe('0');
  });
});
