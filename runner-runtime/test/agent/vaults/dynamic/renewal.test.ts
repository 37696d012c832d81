import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { VaultSecret } from '../../../../src/agent/vaults/vault.js';
import { DatabaseServer } from '../../../integrations/postgresql/database-server.js';
import { ask, Bench, HOUR } from './bench.js';
import { READ, removeTombstones, SECRET, usersOf } from './database.js';

const MINUTE = 60;

/** What a client that logs in again and again has done, and who waits for its next login. */
interface LoggingIn {
  readonly logins: number;
  readonly waiting: (() => void)[];
}

describe('the renewal of dynamic secrets', () => {
  jest.setTimeout(180_000);
  let server: DatabaseServer;
  let bench: Bench;

  beforeAll(async () => {
    server = await DatabaseServer.start(18);
  });
  beforeEach(() => {
    bench = new Bench({ [SECRET]: server.secret() });
  });
  afterEach(async () => {
    await bench.leave();
    await removeTombstones(server);
  });
  afterAll(() => server?.stop());

  const mayLogIn = ({ username, password }: VaultSecret, ...statements: string[]) =>
    server.may(username, password, 'app', ...(statements.length === 0 ? [READ] : statements));

  const users = () => usersOf(server);

  it('answers a successor in the last third, and lets the old user live to its own end', async () => {
    const vault = await bench.open();
    const old = await ask(vault);
    bench.seconds += 40 * MINUTE - 1;
    expect(await ask(vault)).toEqual(old);
    bench.seconds += 1;
    const successor = await ask(vault);
    expect(successor.username).not.toBe(old.username);
    await vault.tend();
    expect(await Promise.all([mayLogIn(old), mayLogIn(successor)])).toEqual([true, true]);
    bench.seconds += 20 * MINUTE - 1;
    await vault.tend();
    expect(await mayLogIn(old)).toBe(true);
    bench.seconds += 1;
    await vault.tend();
    expect(await Promise.all([mayLogIn(old), mayLogIn(successor)])).toEqual([false, true]);
    expect(bench.kinds).toEqual(['made', 'made', 'revoked']);
  });

  it('makes the successor ahead of an application that asks, and none for one that does not', async () => {
    const vault = await bench.open();
    const first = await ask(vault);
    bench.seconds += 40 * MINUTE;
    await vault.tend();
    expect(bench.kinds).toEqual(['made', 'made']);
    bench.seconds += 40 * MINUTE;
    await vault.tend();
    // Nobody asked for the successor: it has none.
    expect(bench.kinds).toEqual(['made', 'made', 'revoked']);
    bench.seconds += HOUR;
    await vault.tend();
    expect(bench.kinds).toEqual(['made', 'made', 'revoked', 'revoked']);
    expect([await users(), vault.leases, await mayLogIn(first)]).toEqual([[], 0, false]);
    const later = await ask(vault);
    expect(await mayLogIn(later)).toBe(true);
  });

  it('wakes by itself for a successor and for an end', async () => {
    const vault = await bench.open();
    await ask(vault);
    bench.seconds += 40 * MINUTE - 1;
    // Whoever comes lets the vault look at what is due next, which is one second away.
    await ask(vault, 'billing');
    bench.seconds += 1;
    await bench.nextEvent();
    expect(bench.events.at(-1)).toMatchObject({ kind: 'made', application: 'shop' });
    bench.seconds += 20 * MINUTE - 1;
    await ask(vault, 'reports');
    bench.seconds += 1;
    await bench.nextEvent();
    expect(bench.events.at(-1)).toMatchObject({ kind: 'revoked', application: 'shop' });
  });

  it('never leaves a client without a login that works, through twenty renewals', async () => {
    const vault = await bench.open({ lease: MINUTE });
    let over = false;
    const failures: string[] = [];
    const clients = new Map<string, LoggingIn>();
    const login = async (client: string, secret: VaultSecret) => {
      await server.as(secret.username, secret.password, 'app', READ).catch((error: unknown) => failures.push(String(error)));
      const { logins, waiting } = clients.get(client) ?? { logins: 0, waiting: [] };
      clients.set(client, { logins: logins + 1, waiting: [] });
      for (const resolve of waiting) resolve();
    };
    const nextLogin = (client: string) => new Promise<void>((resolve) => clients.get(client)?.waiting.push(resolve));
    /** Asks before every login. */
    const eager = async () => {
      while (!over) await login('eager', await ask(vault));
    };
    /** Keeps an answer for as long as that allows. */
    const thrifty = async () => {
      let kept = await ask(vault, 'billing');
      while (!over) {
        if (bench.seconds * 1000 >= (kept.expiresAt ?? 0)) kept = await ask(vault, 'billing');
        await login('thrifty', kept);
      }
    };
    for (const client of ['eager', 'thrifty']) clients.set(client, { logins: 0, waiting: [] });
    const both = Promise.all([eager(), thrifty()]);
    const versions = () => bench.events.filter(({ kind, application }) => kind === 'made' && application === 'shop').length;
    while (versions() <= 20 && failures.length === 0) {
      bench.seconds += 10;
      const tended = vault.tend();
      // The second one began after the clock moved.
      await Promise.all(['eager', 'thrifty'].map((client) => nextLogin(client).then(() => nextLogin(client))));
      await tended;
    }
    over = true;
    await both;
    expect(failures).toEqual([]);
    expect(versions()).toBeGreaterThan(20);
    for (const { logins } of clients.values()) expect(logins).toBeGreaterThan(100);
    expect(bench.kinds.filter((kind) => kind.startsWith('not-'))).toEqual([]);
    expect(vault.leases).toBeLessThanOrEqual(4);
  });
});
