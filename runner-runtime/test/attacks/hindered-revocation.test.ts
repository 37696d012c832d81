import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DATABASE_ADMIN, SCHEMA_ADMIN, Stage, TABLE_READ } from './stage.js';

/** Locks, settings and limits with which somebody would keep the runner from revoking. */
describe('a revocation that somebody hinders', () => {
  jest.setTimeout(90_000);
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(18, { max_prepared_transactions: '5', max_connections: '60' });
  });
  afterEach(() => stage.leave());
  afterAll(() => stage?.stop());

  it("ends the access of a temporary user that holds the runner's advisory lock", async () => {
    const { intent, user, session } = await stage.dispense(TABLE_READ);
    await session.query('SELECT pg_advisory_lock(1096306002, 0)');
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    expect(await stage.canLogIn(user)).toBeUndefined();
    expect(await stage.isAlive(session)).toBe(false);
  });

  it("ends the access of an existing role that holds the runner's advisory lock", async () => {
    const principal = await stage.server.newPrincipal();
    const { intent } = await stage.runner.grant({ ...TABLE_READ, principal });
    const session = await stage.connectAsPrincipal(principal.id);
    await session.query('SELECT pg_advisory_lock_shared(1096306002, 0)');
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    await expect(session.query('SELECT FROM sales.orders')).rejects.toMatchObject({ code: '42501' });
  });

  it('ends the access of a temporary user that is changing its own password', async () => {
    const { intent, user, session } = await stage.dispense(TABLE_READ);
    await session.query("BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'a password of its own'");
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    expect(await stage.canLogIn(user)).toBeUndefined();
    expect(await stage.isAlive(session)).toBe(false);
  });

  it('ends the access of a temporary user that comes back with its lock whenever its session is ended', async () => {
    const { intent, user, password } = await stage.dispense(TABLE_READ);
    let coming = true;
    const comeBack = async () => {
      while (coming) {
        const session = await stage.server.connect(user, password, 'app').catch(() => undefined);
        if (session === undefined) continue;
        await session.query("BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'a password of its own'; SELECT pg_sleep(30)").catch(() => undefined);
        await session.end().catch(() => undefined);
      }
    };
    const visitors = [comeBack(), comeBack(), comeBack()];
    const outcome = await stage.end(intent);
    coming = false;
    await Promise.all(visitors);
    expect(outcome).toMatchObject({ proved: true });
    expect(await stage.canLogIn(user)).toBeUndefined();
  });

  it('ends the access of a temporary user that left a change of its password prepared', async () => {
    const { intent, user, session } = await stage.dispense(TABLE_READ);
    await session.query("BEGIN; ALTER ROLE CURRENT_USER PASSWORD 'a password of its own'; PREPARE TRANSACTION 'password'");
    const outcome = await stage.end(intent);
    const prepared = await stage.server.admin('app', "SELECT FROM pg_prepared_xacts WHERE gid = 'password'");
    if (prepared.length > 0) await stage.server.admin('app', "ROLLBACK PREPARED 'password'");
    expect(outcome).toMatchObject({ proved: true });
    expect(await stage.canLogIn(user)).toBeUndefined();
  });

  it('ends the session of a temporary user that is changing a role that it made', async () => {
    for (const [made, change] of [
      ['commented', 'COMMENT ON ROLE commented IS $$busy$$'],
      ['altered', 'ALTER ROLE altered PASSWORD $$busy$$'],
      ['granted', 'GRANT granted TO CURRENT_USER WITH INHERIT TRUE'],
    ]) {
      const { intent, session } = await stage.dispense(DATABASE_ADMIN);
      await session.query(`CREATE ROLE ${made}`);
      await session.query(`BEGIN; ${change}`);
      const outcome = await stage.end(intent);
      const alive = await stage.isAlive(session);
      await session.end();
      expect({ made, alive, ...outcome }).toMatchObject({ made, alive: false, proved: true });
    }
  });

  it('ends the access of a temporary user that locks every table that it can', async () => {
    const { intent, session } = await stage.dispense(SCHEMA_ADMIN);
    await session.query('BEGIN; LOCK TABLE sales.orders IN ACCESS EXCLUSIVE MODE; LISTEN anything; CREATE TABLE sales.mine (id int)');
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    expect(await stage.isAlive(session)).toBe(false);
  });

  it('ends the access of a temporary user that holds a role of the runner in a transaction of grants', async () => {
    const { intent, user, session } = await stage.dispense(SCHEMA_ADMIN);
    await session.query(`CREATE TABLE sales.lent (id int); BEGIN; GRANT SELECT ON sales.lent TO "${intent.state.memberOf}"`);
    expect(await stage.end(intent)).toMatchObject({ proved: true });
    expect(await stage.canLogIn(user)).toBeUndefined();
  });

  it('ends the access of a temporary user that takes all the connections that it gets', async () => {
    const { intent, user, password, session } = await stage.dispense(TABLE_READ);
    const taken = [];
    for (let count = 0; count < 60; count += 1) {
      const more = await stage.connect(user, password).catch(() => undefined);
      if (more === undefined) break;
      taken.push(more);
    }
    const outcome = await stage.end(intent);
    expect({ ...outcome, alive: await stage.isAlive(session) }).toMatchObject({ proved: true, alive: false });
  });
});
