import type { Principal } from '@axiom-runner/protocol';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mysql } from '../../../src/integrations/mysql/integration.js';
import type { MysqlSecret } from '../../../src/integrations/mysql/secret.js';
import type { MysqlState } from '../../../src/integrations/mysql/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, type Flavour, nameOf, PRINCIPAL_PASSWORD, SYSTEM } from './database-server.js';
import { FLAVOURS } from './flavours.js';

const APP = { kind: 'database', path: ['app'] };
const ORDERS = { kind: 'table', path: ['app', 'orders'] };

describe.each<Flavour>([...FLAVOURS])('levels of access to %s', (flavour) => {
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

  const may = (principal: Principal, ...statements: readonly string[]) => server.may(nameOf(principal), PRINCIPAL_PASSWORD, ...statements);
  const database = (name: string) => ({ kind: 'database', path: [name] });
  const temporary = async (permission: string, target: { kind: string; path: string[] }) => {
    const { intent, applied } = await runner.grant({ target, permission });
    const { username = '', password = '' } = applied.credential ?? {};
    return { intent, applied, username, password };
  };
  const warningsAfter = async (target: { kind: string; path: string[] }, permission: string, principal: Principal) => {
    const { intent } = await runner.grant({ target, permission, principal });
    const { warnings: told } = await runner.revert(intent);
    expect(told).toEqual([]);
    const { proved, warnings } = await runner.verify(intent);
    expect(proved).toBe(true);
    return warnings;
  };

  describe('on a database with wildcards in its name', () => {
    beforeAll(async () => {
      for (const name of ['a_b', 'axb']) {
        await server.newDatabase(name);
        await server.admin(`CREATE TABLE ${name}.t (id int)`);
      }
    });

    it('open that one alone', async () => {
      const principal = await server.newPrincipal();
      const { intent } = await runner.grant({ target: database('a_b'), permission: 'Read', principal });
      expect(await may(principal, 'SELECT * FROM a_b.t')).toBe(true);
      expect(await may(principal, 'SELECT * FROM axb.t')).toBe(false);
      await runner.revert(intent);
      expect(await may(principal, 'SELECT * FROM a_b.t')).toBe(false);
      const { username, password } = await temporary('Read', database('a_b'));
      expect(await server.may(username, password, 'SELECT * FROM a_b.t')).toBe(true);
      expect(await server.may(username, password, 'SELECT * FROM axb.t')).toBe(false);
    });

    it('are refused where the catalogue would cut the name, and mean another database', async () => {
      const name = '_'.repeat(40);
      await server.admin(
        `CREATE DATABASE \`${name}\``,
        `CREATE TABLE \`${name}\`.t (id int)`,
        `GRANT SELECT ON \`${name}\`.t TO axiom_runner@'%' WITH GRANT OPTION`,
      );
      const principal = await server.newPrincipal();
      const refused = { code: 'UNSUPPORTED', mend: expect.stringContaining('tables') };
      await expect(runner.plan({ target: database(name), permission: 'Read', principal })).rejects.toMatchObject(refused);
      await expect(runner.plan({ target: database(name), permission: 'Read' })).rejects.toMatchObject(refused);
      await runner.grant({ target: { kind: 'table', path: [name, 't'] }, permission: 'Read', principal });
      expect(await may(principal, `SELECT * FROM \`${name}\`.t`)).toBe(true);
      await server.admin(`DROP DATABASE \`${name}\``);
    });
  });

  it('keep what was there: further privileges on the same database, and those on its tables', async () => {
    const principal = await server.newPrincipal();
    const account = `'${nameOf(principal)}'@'%'`;
    await server.admin(`GRANT EXECUTE, UPDATE ON app.* TO ${account}`, `GRANT DELETE ON app.orders TO ${account}`);
    const { intent } = await runner.grant({ target: APP, permission: 'Read & Write', principal });
    expect(await may(principal, 'INSERT INTO app.orders (note) VALUES (1)')).toBe(true);
    await runner.revert(intent);
    const grants = await server.admin(`SHOW GRANTS FOR ${account}`);
    expect(grants.flatMap((row) => Object.values(row)).slice(1)).toEqual([
      expect.stringMatching(/^GRANT UPDATE, EXECUTE ON `app`\.\* TO/),
      expect.stringMatching(/^GRANT DELETE ON `app`\.`orders` TO/),
    ]);
    expect((await runner.verify(intent)).warnings).toEqual([expect.stringContaining('privileges on 1 tables')]);
  });

  it('are refused where the end would take away more, or too little', async () => {
    const refused = async (why: RegExp, target: { kind: string; path: string[] }, ...grants: readonly string[]) => {
      const principal = await server.newPrincipal();
      for (const grant of grants) await server.admin(`${grant.replace('$', `'${nameOf(principal)}'@'%'`)}`);
      const wish = { target, permission: 'Read', principal };
      await expect(runner.plan(wish)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(why) });
    };
    await refused(/would hide/, APP, 'GRANT SELECT, INSERT ON `ap%`.* TO $');
    await refused(/single columns/, ORDERS, 'GRANT SELECT (note) ON app.orders TO $');
    await refused(/pass on/, ORDERS, 'GRANT INSERT ON app.orders TO $ WITH GRANT OPTION');
    await refused(/pass on/, ORDERS, 'GRANT INSERT ON app.* TO $ WITH GRANT OPTION');
    await refused(/manage accounts/, ORDERS, 'GRANT CREATE USER ON *.* TO $');
    await refused(/manage accounts/, ORDERS, 'GRANT SELECT ON *.* TO $ WITH GRANT OPTION');
  });

  it('are given on top of a pattern that hides nothing', async () => {
    const principal = await server.newPrincipal();
    await server.admin(`GRANT SELECT ON \`ap%\`.* TO '${nameOf(principal)}'@'%'`);
    const warnings = await warningsAfter(APP, 'Read', principal);
    expect(warnings).toEqual([expect.stringContaining('still has access through a grant of its own on databases like ap%')]);
    expect(await may(principal, 'SELECT * FROM app.orders')).toBe(true);
  });

  it('find an account by its name alone where that is unique, and by the host after the last @', async () => {
    await server.admin(
      "CREATE USER 'twice'@'10.0.0.1'",
      "CREATE USER 'twice'@'10.0.0.2'",
      `CREATE USER 'mail@example.com'@'%' IDENTIFIED BY '${PRINCIPAL_PASSWORD.replaceAll("'", "''")}'`,
    );
    const plan = (id: string) => runner.plan({ target: ORDERS, permission: 'Read', principal: { kind: 'user', id } });
    await expect(plan('twice')).rejects.toMatchObject({ code: 'PRINCIPAL_NOT_FOUND', mend: expect.stringContaining('twice@10.0.0.1') });
    expect((await plan('twice@10.0.0.2')).state).toMatchObject({ slot: ['twice', '10.0.0.2', 'app', 'orders'] });
    expect((await plan('mail@example.com')).state).toMatchObject({ slot: ['mail@example.com', '%', 'app', 'orders'] });
    expect((await plan('mail@example.com@%')).principal).toEqual({ kind: 'user', id: 'mail@example.com@%' });
  });

  it('Admin makes no accounts, passes nothing on, and runs nobody else’s code with that one’s rights', async () => {
    await server.admin(
      'CREATE DATABASE vault',
      'CREATE TABLE vault.gold (id int)',
      'CREATE PROCEDURE app.peek() SQL SECURITY DEFINER SELECT * FROM vault.gold',
      'CREATE PROCEDURE app.tame() SQL SECURITY INVOKER SELECT * FROM vault.gold',
    );
    const { username, password, intent } = await temporary('Admin', APP);
    for (const statement of [
      'CREATE USER friend',
      'CREATE ROLE friends',
      `GRANT SELECT ON app.* TO axiom_runner@'%'`,
      'CALL app.peek()',
      'ALTER PROCEDURE app.tame SQL SECURITY DEFINER',
      "CREATE DEFINER = 'admin'@'%' PROCEDURE app.posing() SELECT 1",
      "CREATE DEFINER = 'admin'@'%' VIEW app.posing AS SELECT 1",
      'SELECT * FROM vault.gold',
      'SELECT * FROM mysql.user',
      "UPDATE mysql.db SET Select_priv = 'Y'",
      "SET GLOBAL event_scheduler = 'OFF'",
    ]) {
      expect({ statement, may: await server.may(username, password, statement) }).toEqual({ statement, may: false });
    }
    expect(await server.may(username, password, 'CREATE PROCEDURE app.own() SELECT 1', 'CALL app.own()', 'DROP PROCEDURE app.own')).toBe(
      true,
    );
    await runner.revert(intent);
    await server.admin('DROP DATABASE vault', 'DROP PROCEDURE app.peek', 'DROP PROCEDURE app.tame');
  });

  it("on the server open each database, and not the server's own", async () => {
    const { username, password, applied } = await temporary('Read & Write', { kind: 'server', path: ['*'] });
    expect(await server.may(username, password, 'INSERT INTO app.orders (note) VALUES (1)', 'INSERT INTO axb.t VALUES (1)')).toBe(true);
    expect(await server.may(username, password, 'SELECT * FROM mysql.user')).toBe(false);
    expect(applied.actions).toContain('granted Read & Write on axb');
  });

  it('need no more than the runner has, and say which right is missing', async () => {
    await server.admin('CREATE DATABASE half', 'GRANT SELECT, SHOW VIEW ON half.* TO axiom_runner@`%`');
    const principal = await server.newPrincipal();
    await expect(runner.plan({ target: database('half'), permission: 'Read', principal })).rejects.toMatchObject({
      code: 'TARGET_PERMISSION_DENIED',
      message: expect.stringContaining('GRANT OPTION'),
      mend: "GRANT SELECT, SHOW VIEW ON `half`.* TO 'axiom_runner'@'%' WITH GRANT OPTION;",
    });
    await server.admin('DROP DATABASE half');
  });

  it('can be given to a role', async () => {
    const principal = await server.newPrincipal();
    await server.admin('CREATE ROLE team', `GRANT team TO '${nameOf(principal)}'@'%'`);
    const { intent } = await runner.grant({ target: ORDERS, permission: 'Read', principal: { kind: 'role', id: 'team' } });
    expect(await may(principal, 'SET ROLE team', 'SELECT * FROM app.orders')).toBe(true);
    await runner.revert(intent);
    expect(await may(principal, 'SET ROLE team', 'SELECT * FROM app.orders')).toBe(false);
    await expect(runner.plan({ target: ORDERS, permission: 'Read', principal: { kind: 'user', id: 'team' } })).rejects.toMatchObject({
      code: 'PRINCIPAL_NOT_FOUND',
    });
  });

  it('that remain by other ways are named', async () => {
    const principal = await server.newPrincipal();
    const name = nameOf(principal);
    await server.admin(
      'CREATE ROLE readers',
      'GRANT SELECT ON app.* TO readers',
      `GRANT readers TO '${name}'@'%'`,
      `CREATE USER '${name}'@'10.0.0.1'`,
      `GRANT SELECT ON app.orders TO '${name}'@'10.0.0.1'`,
    );
    const warnings = await warningsAfter(ORDERS, 'Read', principal);
    expect(warnings).toEqual([
      expect.stringMatching(/still has access through a grant to readers(@%)? on databases like app \(SELECT\)/),
      expect.stringContaining(`still has access through a grant to ${name}@10.0.0.1 on the same orders`),
    ]);
  });

  it('are kept by a session that has chosen the database, which is told', async () => {
    const principal = await server.newPrincipal();
    const { intent } = await runner.grant({ target: APP, permission: 'Read', principal });
    const session = await server.connect(nameOf(principal), PRINCIPAL_PASSWORD);
    await session.query('USE app');
    await runner.revert(intent);
    await expect(session.query('SELECT * FROM orders')).resolves.toBeDefined();
    expect((await runner.verify(intent)).warnings).toEqual([expect.stringContaining('1 open sessions')]);
    await session.end();
  });

  it('outlive a table that is dropped, and end', async () => {
    await server.admin('CREATE TABLE app.passing (id int)');
    const principal = await server.newPrincipal();
    const { intent } = await runner.grant({ target: { kind: 'table', path: ['app', 'passing'] }, permission: 'Read', principal });
    await server.admin('DROP TABLE app.passing');
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
    await server.admin('CREATE TABLE app.passing (id int)');
    expect(await may(principal, 'SELECT * FROM app.passing')).toBe(false);
  });

  it('end for a user that was dropped meanwhile', async () => {
    const principal = await server.newPrincipal();
    const { intent } = await runner.grant({ target: ORDERS, permission: 'Read', principal });
    await server.admin(`DROP USER '${nameOf(principal)}'@'%'`);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  describe('membership', () => {
    const member = (role: string, principal?: Principal) =>
      runner.plan({ target: { kind: 'role', path: [role] }, permission: 'Member', principal });

    it('is refused in roles that lead to more', async () => {
      await server.admin(
        ...['strong', 'above', 'writer', 'closed', 'lower'].map((role) => `CREATE ROLE ${role}`),
        'GRANT SHUTDOWN ON *.* TO strong',
        'GRANT strong TO above',
        'GRANT INSERT ON mysql.user TO writer',
        ...['strong', 'above', 'writer', 'lower'].map((role) => `GRANT ${role} TO axiom_runner@'%' WITH ADMIN OPTION`),
      );
      const principal = await server.newPrincipal();
      for (const [role, why] of [
        ['strong', 'SHUTDOWN'],
        ['above', 'SHUTDOWN'],
        ['writer', "the server's own databases"],
      ] as const) {
        await expect(member(role, principal)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(why) });
        await expect(member(role)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
      }
      await expect(member('closed', principal)).rejects.toMatchObject({
        code: 'TARGET_PERMISSION_DENIED',
        mend: expect.stringContaining('WITH ADMIN OPTION'),
      });
      await server.admin('CREATE ROLE upper_role', 'GRANT lower TO upper_role');
      await expect(member('upper_role', { kind: 'role', id: 'lower' })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    });

    it('is left as it was, with the right to pass it on', async () => {
      const principal = await server.newPrincipal();
      const account = `'${nameOf(principal)}'@'%'`;
      await server.admin(
        'CREATE ROLE kept',
        `GRANT kept TO axiom_runner@'%' WITH ADMIN OPTION`,
        `GRANT kept TO ${account} WITH ADMIN OPTION`,
      );
      const before = await server.admin(`SHOW GRANTS FOR ${account}`);
      const { intent } = await runner.grant({ target: { kind: 'role', path: ['kept'] }, permission: 'Member', principal });
      await runner.revert(intent);
      expect(await server.admin(`SHOW GRANTS FOR ${account}`)).toEqual(before);
    });
  });

  if (flavour === 'mysql') {
    it('with partial revokes are given by the plain name, and never become an exception', async () => {
      await server.admin('SET GLOBAL partial_revokes = ON');
      await server.admin(
        'CREATE DATABASE p_r',
        'CREATE TABLE p_r.t (id int)',
        "GRANT SELECT, SHOW VIEW ON `p_r`.* TO axiom_runner@'%' WITH GRANT OPTION",
      );
      const principal = await server.newPrincipal();
      const { intent } = await runner.grant({ target: database('p_r'), permission: 'Read', principal });
      expect(await may(principal, 'SELECT * FROM p_r.t')).toBe(true);
      await runner.revert(intent);
      expect(await may(principal, 'SELECT * FROM p_r.t')).toBe(false);
      await server.admin(`GRANT SELECT ON *.* TO '${nameOf(principal)}'@'%'`);
      await expect(runner.plan({ target: database('p_r'), permission: 'Read', principal })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('partial revokes'),
      });
      await server.admin('SET GLOBAL partial_revokes = OFF');
    });
  }
});
