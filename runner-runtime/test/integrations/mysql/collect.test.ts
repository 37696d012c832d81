import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mysql } from '../../../src/integrations/mysql/integration.js';
import type { MysqlSecret } from '../../../src/integrations/mysql/secret.js';
import type { MysqlState } from '../../../src/integrations/mysql/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { DatabaseServer, type Flavour, SYSTEM } from './database-server.js';
import { FLAVOURS } from './flavours.js';

describe.each<Flavour>([...FLAVOURS])('collection from %s', (flavour) => {
  jest.setTimeout(60_000);
  let server: DatabaseServer;
  let runner: RunnerHarness<MysqlSecret, MysqlState>;

  beforeAll(async () => {
    server = await DatabaseServer.start(flavour);
    runner = new RunnerHarness(mysql, SYSTEM, server.secret());
    await server.admin(
      "CREATE USER 'al@ice%'@'10.0.%'",
      "CREATE USER 'Bob'@'%' ACCOUNT LOCK",
      "CREATE USER 'bob'@'%'",
      'CREATE ROLE analysts',
      'CREATE ROLE chiefs',
      'GRANT analysts TO chiefs',
      "GRANT chiefs TO 'bob'@'%' WITH ADMIN OPTION",
      "GRANT SELECT, PROCESS ON *.* TO 'bob'@'%'",
      "GRANT SELECT ON `a\\_p`.* TO 'bob'@'%'",
      "GRANT INSERT ON `a_p`.* TO 'bob'@'%'",
      'GRANT SELECT, UPDATE ON app.* TO analysts WITH GRANT OPTION',
      "GRANT DELETE, SHOW VIEW ON app.notes TO 'al@ice%'@'10.0.%'",
      "GRANT SELECT (id, note) ON app.orders TO 'al@ice%'@'10.0.%'",
      'CREATE PROCEDURE app.job() SELECT 1',
      "GRANT EXECUTE ON PROCEDURE app.job TO 'bob'@'%'",
    );
  });
  afterAll(async () => {
    await server?.stop();
    await runner?.stop();
  });

  it('knows accounts, roles, memberships and privileges of each kind', async () => {
    const { items, warnings } = await runner.collectAll(1000);
    expect(warnings).toEqual([]);
    const role = (name: string) => ({ kind: 'role', id: flavour === 'mysql' ? `${name}@%` : name });
    const [alice, bob] = [
      { kind: 'user', id: 'al@ice%@10.0.%' },
      { kind: 'user', id: 'bob@%' },
    ];
    const assigned = (principal: { kind: string; id: string }, permission: string, kind: string, ...path: string[]) => ({
      item: 'assignment',
      principal,
      permission,
      target: { kind, path },
    });
    for (const item of [
      { item: 'principal', principal: alice, enabled: true },
      { item: 'principal', principal: { kind: 'user', id: 'Bob@%' }, enabled: false },
      { item: 'principal', principal: bob, enabled: true },
      { item: 'principal', principal: role('analysts'), enabled: false },
      { item: 'target', target: { kind: 'role', path: [role('analysts').id] } },
      { item: 'target', target: { kind: 'server', path: ['*'] } },
      { item: 'target', target: { kind: 'database', path: ['app'] } },
      { item: 'target', target: { kind: 'table', path: ['app', 'orders'] } },
      { item: 'target', target: { kind: 'view', path: ['app', 'notes'] } },
      assigned(role('chiefs'), 'Member', 'role', role('analysts').id),
      assigned(bob, 'Member WITH ADMIN OPTION', 'role', role('chiefs').id),
      assigned(bob, 'PROCESS', 'server', '*'),
      assigned(bob, 'SELECT', 'database', 'a_p'),
      assigned(bob, 'INSERT', 'database-pattern', 'a_p'),
      assigned(role('analysts'), 'SELECT WITH GRANT OPTION', 'database', 'app'),
      assigned(role('analysts'), 'UPDATE WITH GRANT OPTION', 'database', 'app'),
      assigned(alice, 'DELETE', 'view', 'app', 'notes'),
      assigned(alice, 'SHOW VIEW', 'view', 'app', 'notes'),
      assigned(alice, 'SELECT', 'column', 'app', 'orders', 'note'),
      assigned(bob, 'EXECUTE', 'procedure', 'app', 'job'),
      ...(flavour === 'mysql'
        ? [assigned({ kind: 'user', id: 'admin@%' }, 'SYSTEM_USER WITH GRANT OPTION', 'server', '*')]
        : [assigned({ kind: 'user', id: 'admin@%' }, 'CONNECTION ADMIN WITH GRANT OPTION', 'server', '*')]),
    ]) {
      expect(items).toContainEqual(item);
    }
    expect(items.filter((item) => item.item === 'target' && item.target.path[0] === 'mysql')).toEqual([]);
  });

  it('names each global privilege as the server itself does', async () => {
    const { items } = await runner.collectAll(1000);
    const collected = items.flatMap((item) =>
      item.item === 'assignment' && item.principal.id === 'admin@%' && item.target.kind === 'server' ? [item.permission] : [],
    );
    const told = await server.admin(
      "SELECT PRIVILEGE_TYPE AS name FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = '\\'admin\\'@\\'%\\''",
    );
    const names = told.map(({ name }) => `${name} WITH GRANT OPTION`).sort();
    expect(collected.sort()).toEqual(names.map((name) => name.replace('DELETE VERSIONING ROWS', 'DELETE HISTORY')));
  });

  it('is the same whatever the size of its pages', async () => {
    const sorted = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).sort();
    const whole = sorted((await runner.collectAll(10_000)).items);
    for (const limit of [1, 7, 50]) expect(sorted((await runner.collectAll(limit)).items)).toEqual(whole);
  });

  it('refuses a cursor that it did not write', async () => {
    for (const cursor of ['', '{}', '{"stage":"accounts","size":10,"token":"[1]"}', '{"stage":"nothing","size":10}']) {
      await expect(runner.collect(cursor, 10)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    }
  });
});
