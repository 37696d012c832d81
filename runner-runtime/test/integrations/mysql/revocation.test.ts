import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mysql } from '../../../src/integrations/mysql/integration.js';
import type { MysqlSecret } from '../../../src/integrations/mysql/secret.js';
import type { MysqlState } from '../../../src/integrations/mysql/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, type Flavour, SYSTEM } from './database-server.js';
import { FLAVOURS } from './flavours.js';

const ADMIN = { target: { kind: 'database', path: ['app'] }, permission: 'Admin' };
const READ = { target: { kind: 'table', path: ['app', 'orders'] }, permission: 'Read' };
const CODE = [
  'CREATE PROCEDURE app.trap() SQL SECURITY INVOKER SELECT 1',
  'CREATE FUNCTION app.sum() RETURNS int DETERMINISTIC RETURN 1',
  'CREATE VIEW app.window AS SELECT * FROM app.orders',
  'CREATE TRIGGER app.watch BEFORE INSERT ON app.orders FOR EACH ROW SET NEW.note = 1',
  'CREATE EVENT app.clock ON SCHEDULE EVERY 1 DAY DO SELECT 1',
];
const CLEAN_UP = [
  'DROP PROCEDURE app.trap',
  'DROP FUNCTION app.sum',
  'DROP VIEW app.window',
  'DROP TRIGGER app.watch',
  'DROP EVENT app.clock',
];

describe.each<Flavour>([...FLAVOURS])('revocation on %s', (flavour) => {
  jest.setTimeout(60_000);
  let server: DatabaseServer;
  let runner: RunnerHarness<MysqlSecret, MysqlState>;

  beforeAll(async () => {
    server = await DatabaseServer.start(flavour);
    runner = new RunnerHarness(mysql, SYSTEM, server.secret());
  });
  afterAll(async () => {
    await server?.stop();
    await runner?.stop();
  });

  const temporary = async (wish: typeof ADMIN) => {
    const { intent, applied } = await runner.grant(wish);
    const { username = '', password = '' } = applied.credential ?? {};
    return { intent, username, password };
  };

  it('names the code that a user leaves, what runs as its caller first, and leaves it to people', async () => {
    const { intent, username, password } = await temporary(ADMIN);
    await server.as(username, password, ...CODE);
    const { warnings } = await runner.revert(intent);
    expect(warnings).toEqual([
      expect.stringMatching(/procedure `app`.`trap` was made by the removed user and runs with the rights of whoever calls it/),
      expect.stringMatching(/event `app`.`clock`/),
      expect.stringMatching(/function `app`.`sum`.*does not work any more/),
      expect.stringMatching(/trigger `app`.`watch`.*every write to `app`.`orders` fails/),
      expect.stringMatching(/view `app`.`window`/),
    ]);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
    expect(await server.ownAccounts()).toEqual([]);
    await expect(server.admin('SELECT app.sum()')).rejects.toMatchObject({ errno: 1449 });
    await server.admin(...CLEAN_UP);
  });

  it('ends sessions that come back again and again', async () => {
    const { intent, username, password } = await temporary(READ);
    const returning = Array.from({ length: 4 }, async () => {
      for (let logins = 0; ; logins += 1) {
        try {
          await server.as(username, password, 'SELECT SLEEP(20) FROM app.orders');
        } catch (error) {
          const number = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
          if ([1045, 3118, 4151].includes(number)) return logins;
        }
      }
    });
    for (let live = 0; live < 4; ) {
      const [row] = await server.admin(
        `SELECT COUNT(*) AS live FROM information_schema.PROCESSLIST WHERE USER = '${username}' AND INFO IS NOT NULL`,
      );
      live = Number(row?.['live']);
    }
    const { actions } = await runner.revert(intent);
    expect(actions).toContainEqual(expect.stringMatching(/^ended \d+ sessions$/));
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    for (const logins of await Promise.all(returning)) expect(logins).toBeGreaterThan(0);
  });

  it('ends a user that has changed its own password', async () => {
    const { intent, username, password } = await temporary(READ);
    await server
      .as(username, password, "SET PASSWORD = PASSWORD('other')")
      .catch(() => server.as(username, password, "SET PASSWORD = 'other'"));
    expect(await server.may(username, 'other', 'SELECT * FROM app.orders')).toBe(true);
    await runner.revert(intent);
    expect(await server.may(username, 'other', 'SELECT 1')).toBe(false);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it("leaves an account of the same name that is somebody else's, and tells it", async () => {
    const { intent, username } = await temporary(READ);
    await server.admin(`CREATE USER '${username}'@'10.0.0.1'`);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining(`${username}@10.0.0.1`)] });
    await server.admin(`DROP USER '${username}'@'10.0.0.1'`);
  });

  it("is refused for a foreign account in the place of the access's own", async () => {
    const intent = await runner.plan(READ);
    await server.admin(`CREATE USER '${intent.principal.id}'@'10.0.0.1' IDENTIFIED BY 'foreign'`);
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'CONFLICT' });
    await runner.revert(intent);
    expect(await server.ownAccounts()).toEqual([intent.principal.id]);
    await server.admin(`DROP USER '${intent.principal.id}'@'10.0.0.1'`);
  });

  it('ends a user that somebody dropped, and one whose database is gone', async () => {
    const { intent: dropped, username } = await temporary(READ);
    await server.admin(`DROP USER '${username}'@'%'`);
    await runner.revert(dropped);
    expect(await runner.verify(dropped)).toMatchObject({ proved: true });
    await server.newDatabase('passing');
    const { intent: orphan } = await temporary({ target: { kind: 'database', path: ['passing'] }, permission: 'Admin' });
    await server.admin('DROP DATABASE passing');
    await runner.revert(orphan);
    expect(await runner.verify(orphan)).toMatchObject({ proved: true });
  });

  it('is completed after a crash of the server in the middle of it', async () => {
    const { intent, username, password } = await temporary(READ);
    await server.server.kill();
    await expect(runner.revert(intent)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', retryable: true });
    await expect(runner.verify(intent)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE', retryable: true });
    await server.server.restart();
    expect(await server.may(username, password, 'SELECT * FROM app.orders')).toBe(true);
    await runner.revert(intent);
    expect(await server.may(username, password, 'SELECT 1')).toBe(false);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('is not proved by a runner that sees no sessions', async () => {
    const { intent } = await temporary(READ);
    await runner.revert(intent);
    await server.admin('REVOKE PROCESS ON *.* FROM axiom_runner@`%`');
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    await expect(runner.plan(READ)).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
      mend: expect.stringContaining('GRANT PROCESS'),
    });
    await server.admin('GRANT PROCESS ON *.* TO axiom_runner@`%`');
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  if (flavour === 'mysql') {
    it('locks and disarms a user that code names, where the runner may not leave such code behind', async () => {
      await server.admin('REVOKE ALLOW_NONEXISTENT_DEFINER ON *.* FROM axiom_runner');
      const { intent, username, password } = await temporary(ADMIN);
      await server.as(username, password, ...CODE);
      await runner.revert(intent);
      expect(await server.may(username, password, 'SELECT 1')).toBe(false);
      expect(await runner.verify(intent)).toMatchObject({
        proved: true,
        observations: expect.arrayContaining([
          expect.objectContaining({ answer: expect.stringContaining('only locked and without any privilege') }),
        ]),
        warnings: expect.arrayContaining([expect.stringContaining('then DROP USER')]),
      });
      await expect(server.admin('SELECT * FROM app.window')).rejects.toMatchObject({ errno: 1356 });
      await server.admin(`GRANT SELECT ON app.* TO '${username}'@'%'`);
      expect(await runner.verify(intent)).toMatchObject({ proved: false });
      await server.admin(...CLEAN_UP);
      await runner.revert(intent);
      expect(await server.ownAccounts()).toEqual([]);
      await server.admin('GRANT ALLOW_NONEXISTENT_DEFINER ON *.* TO axiom_runner');
    });
  }
});
