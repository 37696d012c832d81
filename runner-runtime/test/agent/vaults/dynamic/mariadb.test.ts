import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DatabaseServer } from '../../../integrations/mysql/database-server.js';
import { ask, Bench, HOUR } from './bench.js';

describe('a dynamic vault over MariaDB', () => {
  jest.setTimeout(120_000);
  let server: DatabaseServer;
  let bench: Bench;

  beforeAll(async () => {
    server = await DatabaseServer.start('mariadb');
    bench = new Bench({ 'axiom-security/mysql/db.example.com': server.secret() });
  });
  afterAll(async () => {
    await bench?.leave();
    await server?.stop();
  });

  it('gives logins that are renewed, ended, and gone with the agent', async () => {
    const vault = await bench.open({ system: 'mysql/db.example.com', target: { kind: 'database', path: ['app'] } });
    const mayRead = ({ username, password }: { username: string; password: string }) =>
      server.may(username, password, 'SELECT id FROM app.orders');
    const [old, billing] = await Promise.all([ask(vault), ask(vault, 'billing')]);
    bench.seconds += (HOUR * 2) / 3;
    const successor = await ask(vault);
    expect(await Promise.all([old, billing, successor].map(mayRead))).toEqual([true, true, true]);
    bench.seconds += HOUR / 3;
    await vault.tend();
    expect(await Promise.all([old, billing, successor].map(mayRead))).toEqual([false, false, true]);
    await vault.close();
    expect(await server.ownAccounts()).toEqual([]);
    expect(bench.kinds.sort()).toEqual(['made', 'made', 'made', 'revoked', 'revoked', 'revoked']);
  });
});
