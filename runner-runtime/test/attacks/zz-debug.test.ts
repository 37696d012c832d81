import { expect, it, jest } from '@jest/globals';
import { DATABASE_ADMIN, INTEGRATION_USER, Stage, TABLE_READ } from './stage.js';

jest.setTimeout(60000);
it('q', async () => {
  const stage = await Stage.start(18);
  const { intent, session } = await stage.dispense(DATABASE_ADMIN);
  await session.query(`
      CREATE ROLE deputy LOGIN CREATEROLE PASSWORD 'deputy'; GRANT deputy TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
      SET ROLE deputy; CREATE ROLE axm_quarantine; GRANT axm_quarantine TO ${INTEGRATION_USER} WITH ADMIN OPTION; RESET ROLE;
      CREATE SCHEMA of_deputy; CREATE FUNCTION of_deputy.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`);
  const o = [await stage.end(intent), await stage.end(intent), await stage.end(intent)];
  const roles = await stage.server.admin('app', "SELECT rolname, rolcanlogin FROM pg_roles where rolname !~ '^pg_'");
  const f = await stage.server.admin('app', "SELECT proowner::regrole::text o FROM pg_proc WHERE proname = 'f'");
  try {
    await stage.runner.revert(intent);
  } catch (e) {
    console.log(String(e), JSON.stringify(e));
  }
  console.log(JSON.stringify({ o, roles, f }, null, 1));
  await stage.stop();
});
