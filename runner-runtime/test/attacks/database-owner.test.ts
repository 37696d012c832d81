import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { INTEGRATION_USER, Stage, type TemporaryUser } from './stage.js';

const HR_READ = { target: { kind: 'table', path: ['lent', 'hr', 'salaries'] }, permission: 'Read' };

/** Who owns a database sets its limits and its settings, for the runner's sessions too. */
describe('the owner of a database', () => {
  jest.setTimeout(90_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(18);
    const owner = await stage.server.newPrincipal('landlord');
    await stage.server.admin('postgres', `CREATE DATABASE lent OWNER ${owner.id}`, `GRANT ${owner.id} TO ${INTEGRATION_USER}`);
    await stage.server.admin(
      'lent',
      'CREATE ROLE hr_owner',
      `GRANT hr_owner TO ${INTEGRATION_USER}`,
      'CREATE SCHEMA hr AUTHORIZATION hr_owner',
      'CREATE TABLE hr.salaries (id int)',
      'ALTER TABLE hr.salaries OWNER TO hr_owner',
    );
  });
  afterEach(async () => {
    await stage.server.admin('postgres', 'ALTER DATABASE lent RESET ALL', 'ALTER DATABASE lent CONNECTION LIMIT -1');
    await stage.leave();
  });
  afterAll(() => stage?.stop());

  /** The temporary user is out, whatever of the rest is proved already. */
  async function expectShutOut({ intent, user, session }: TemporaryUser) {
    const outcome = await stage.end(intent, 2);
    expect({
      failure: outcome.failure,
      canLogIn: (await stage.canLogIn(user)) ?? false,
      alive: await stage.isAlive(session),
    }).toMatchObject({ canLogIn: false, alive: false });
  }

  async function asOwner(statement: string) {
    const owner = await stage.connectAsPrincipal('landlord', 'postgres');
    await owner.query(statement);
  }

  it('cannot keep an access alive by a connection limit', async () => {
    const temporary = await stage.dispense(HR_READ);
    await asOwner('ALTER DATABASE lent CONNECTION LIMIT 0');
    await expectShutOut(temporary);
  });

  it.each([
    ['role', 'landlord'],
    ['transaction_timeout', '1ms'],
    ['idle_session_timeout', '1ms'],
    ['statement_timeout', '1ms'],
    ['idle_in_transaction_session_timeout', '1ms'],
    ['lock_timeout', '1ms'],
    ['default_transaction_read_only', 'on'],
    ['default_transaction_isolation', 'serializable'],
    ['search_path', 'hr, pg_catalog'],
    ['client_encoding', 'SJIS'],
    ['DateStyle', 'SQL, DMY'],
    ['standard_conforming_strings', 'off'],
    ['quote_all_identifiers', 'on'],
    ['createrole_self_grant', 'set, inherit'],
    ['array_nulls', 'off'],
    ['transform_null_equals', 'on'],
    ['row_security', 'off'],
  ])('cannot keep an access alive by the setting %s', async (name, value) => {
    const temporary = await stage.dispense(HR_READ);
    await asOwner(`ALTER DATABASE lent SET ${name} = '${value}'`);
    await expectShutOut(temporary);
  });

  it('cannot keep an access alive by closing or renaming the database', async () => {
    for (const statement of [
      'ALTER DATABASE lent ALLOW_CONNECTIONS false',
      'ALTER DATABASE lent ALLOW_CONNECTIONS true',
      `REVOKE CONNECT ON DATABASE lent FROM PUBLIC, ${INTEGRATION_USER}`,
      'GRANT CONNECT ON DATABASE lent TO PUBLIC',
    ]) {
      const temporary = await stage.dispense(HR_READ).catch(() => undefined);
      await asOwner(statement);
      if (temporary !== undefined) await expectShutOut(temporary);
    }
  });
});
