import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { INTEGRATION_USER, SCHEMA_ADMIN, Stage } from './stage.js';

/**
 * An existing role with CREATEROLE, which from PostgreSQL 16 on reaches only what it makes, makes the runner stand in for a deputy and lets
 * the deputy make a role of a name that the runner uses.
 */
describe('a role that somebody made in place of the runner', () => {
  jest.setTimeout(60_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(18);
    const { id } = await stage.server.newPrincipal('role_maker');
    await stage.server.admin('postgres', `ALTER ROLE ${id} CREATEROLE`, 'CREATE ROLE hr_owner', `GRANT hr_owner TO ${INTEGRATION_USER}`);
    await stage.server.admin('app', 'CREATE SCHEMA hr AUTHORIZATION hr_owner', 'CREATE TABLE hr.salaries (id int)');
    await stage.server.admin('app', 'ALTER TABLE hr.salaries OWNER TO hr_owner', `GRANT CONNECT ON DATABASE app TO ${id}`);
  });
  afterEach(() => stage.leave());
  afterAll(() => stage?.stop());

  async function asRoleMaker(deputy: string, ...statements: string[]) {
    const session = await stage.connectAsPrincipal('role_maker', 'postgres');
    await session.query(`CREATE ROLE "${deputy}" CREATEROLE; GRANT "${deputy}" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`);
    await session.query(`GRANT "${deputy}" TO ${INTEGRATION_USER} WITH INHERIT TRUE; SET ROLE "${deputy}"`);
    for (const statement of statements) await session.query(statement);
    return session;
  }

  it('is not used as the quarantine', async () => {
    const deputy = await asRoleMaker(
      'deputy',
      'CREATE ROLE axm_quarantine',
      `GRANT axm_quarantine TO ${INTEGRATION_USER} WITH ADMIN OPTION`,
    );
    const { intent, session } = await stage.dispense(SCHEMA_ADMIN);
    await session.query('CREATE TABLE sales.copied AS SELECT * FROM sales.orders');
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    await deputy.query('GRANT axm_quarantine TO role_maker WITH INHERIT TRUE, SET TRUE');
    const [owner] = await stage.server.admin(
      'app',
      "SELECT pg_has_role('role_maker', relowner, 'MEMBER') AS reached FROM pg_class WHERE relname = 'copied'",
    );
    expect(owner).toEqual({ reached: false });
  });

  it.each([
    ['whose maker the runner stands in for', 'assistant'],
    ['whose maker is named like an access', `axm_${'a'.repeat(24)}`],
  ])('is not used as holder of rights: one %s', async (_, deputy) => {
    const wish = { target: { kind: 'table', path: ['app', 'hr', 'salaries'] }, permission: 'Read' };
    const first = await stage.dispense(wish);
    const holder = first.intent.state.memberOf;
    expect(await stage.end(first.intent)).toMatchObject({ proved: true });
    const session = await asRoleMaker(deputy, `CREATE ROLE "${holder}"`, `GRANT "${holder}" TO ${INTEGRATION_USER} WITH ADMIN OPTION`);
    const granted = await stage.runner.grant(wish).catch(() => undefined);
    await session.query(`GRANT "${holder}" TO role_maker WITH INHERIT TRUE`);
    const stolen = await stage.server.may('role_maker', 'password of people', 'app', 'SELECT FROM hr.salaries');
    if (granted !== undefined) await stage.end(granted.intent);
    await stage.server.admin('app', `DROP OWNED BY "${holder}"`, `DROP ROLE "${holder}"`).catch(() => undefined);
    expect(stolen).toBe(false);
  });
});
