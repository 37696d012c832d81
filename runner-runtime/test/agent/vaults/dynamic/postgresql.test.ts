import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Client } from 'pg';
import type { VaultSecret } from '../../../../src/agent/vaults/vault.js';
import { DatabaseServer } from '../../../integrations/postgresql/database-server.js';
import { errorOf } from '../../../secrets/builders.js';
import { ask, Bench, HOUR, request } from './bench.js';
import { READ, removeTombstones, SECRET, usersOf } from './database.js';

const MINUTE = 60;

describe('a dynamic vault over PostgreSQL', () => {
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

  it('gives an application a login with the permission and no other', async () => {
    const secret = await ask(await bench.open());
    expect(await mayLogIn(secret)).toBe(true);
    expect(await mayLogIn(secret, "INSERT INTO sales.orders (note) VALUES ('x')")).toBe(false);
    expect(secret.expiresAt).toBe((bench.seconds + 55 * MINUTE) * 1000);
    expect(bench.events).toEqual([
      {
        kind: 'made',
        secretId: 'db-production',
        application: 'shop',
        system: 'postgresql/db.example.com',
        requestId: secret.version,
        username: secret.username,
        expiresAt: bench.seconds + HOUR,
      },
    ]);
  });

  it('sets the expiry of the server too', async () => {
    const { username } = await ask(await bench.open());
    const rows = await server.admin('postgres', 'SELECT rolname, extract(epoch FROM rolvaliduntil)::bigint AS until FROM pg_roles');
    expect(rows.find(({ rolname }) => rolname === username)?.['until']).toBe(String(bench.seconds + HOUR + 60));
  });

  it('gives each application a user of its own, and all requests of one the same', async () => {
    const vault = await bench.open();
    const asked = await Promise.all(
      ['shop', 'shop', 'billing', 'shop', 'billing', 'reports'].map((application) => ask(vault, application)),
    );
    expect(new Set(asked.map(({ username }) => username)).size).toBe(3);
    expect(new Set(asked.map(({ version }) => version)).size).toBe(3);
    expect(asked[1]).toEqual(asked[0]);
    expect(await ask(vault)).toEqual(asked[0]);
    expect((await users()).length).toBe(3);
  });

  it('ends every user, and its sessions, when it is closed', async () => {
    const vault = await bench.open();
    const [shop, billing] = await Promise.all([ask(vault, 'shop'), ask(vault, 'billing')]);
    const session = await server.connect(shop.username, shop.password, 'app');
    await vault.close();
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect([await users(), await mayLogIn(shop), await mayLogIn(billing)]).toEqual([[], false, false]);
    await expect(ask(vault)).rejects.toMatchObject({ code: 'AGENT_STOPPING' });
    expect(bench.kinds.sort()).toEqual(['made', 'made', 'revoked', 'revoked']);
  });

  it('ends the users of an application that is gone, and of no other', async () => {
    const vault = await bench.open();
    const [shop, billing] = await Promise.all([ask(vault, 'shop'), ask(vault, 'billing')]);
    await vault.revokeApplication('shop');
    expect([await mayLogIn(shop), await mayLogIn(billing)]).toEqual([false, true]);
    await vault.revokeApplication('nobody');
    expect((await ask(vault, 'shop')).username).not.toBe(shop.username);
  });

  it('ends a user that is being made while its application goes', async () => {
    const vault = await bench.open();
    const turn = await holdTurn();
    const asked = ask(vault).catch((error: unknown) => error);
    await isWaitedFor(turn);
    const revoked = vault.revokeApplication('shop');
    expect(await asked).toMatchObject({ code: 'INTERNAL', retryable: true });
    await turn.end();
    await revoked;
    expect([await users(), vault.leases, bench.kinds]).toEqual([[], 0, ['not-made', 'revoked']]);
  });

  it('lets a client go that waits no longer, and keeps the user for the next', async () => {
    const vault = await bench.open();
    const turn = await holdTurn();
    const leaving = new AbortController();
    const asked = vault.fetch(request('shop', { signal: leaving.signal })).catch((error: unknown) => error);
    await isWaitedFor(turn);
    leaving.abort('gone');
    expect(await asked).toBe('gone');
    const next = ask(vault);
    await turn.end();
    expect(await mayLogIn(await next)).toBe(true);
    expect(bench.kinds).toEqual(['made']);
  });

  it('does not touch a role of the name that somebody else made', async () => {
    const vault = await bench.open();
    const { username } = await ask(vault);
    await server.admin('app', `DROP ROLE "${username}"`, `CREATE ROLE "${username}" LOGIN PASSWORD 'theirs'`);
    await vault.close();
    expect(await server.may(username, 'theirs', 'postgres', 'SELECT 1')).toBe(true);
    expect(bench.events.at(-1)).toMatchObject({ kind: 'not-revoked', application: 'shop', error: { code: 'CONFLICT' } });
    expect(bench.lines.join('')).toContain('temporary users are left to their expiry and the reaper');
  });

  it('bounds the users of all applications together', async () => {
    const vault = await bench.open({}, { mostLeases: 2 });
    await ask(vault, 'shop');
    const billing = await ask(vault, 'billing');
    expect(await errorOf(() => ask(vault, 'reports'))).toMatchObject({ code: 'RATE_LIMITED', retryable: true, retryAfterMs: 15_000 });
    bench.seconds += 40 * MINUTE;
    // No room for a successor: what lives is answered, to be kept for a shorter time.
    expect(await ask(vault, 'billing')).toEqual(billing);
    await vault.revokeApplication('shop');
    bench.seconds += 15;
    expect((await ask(vault, 'billing')).username).not.toBe(billing.username);
  });

  it('says what it cannot make, and why', async () => {
    const vault = await bench.open({ target: { kind: 'table', path: ['app', 'sales', 'lost'] } });
    expect(await errorOf(() => ask(vault))).toMatchObject({ code: 'TARGET_NOT_FOUND' });
    expect(await errorOf(() => vault.test(new AbortController().signal))).toMatchObject({ code: 'TARGET_NOT_FOUND' });
    expect(await errorOf(() => vault.fetch(request('shop', { id: 'other' })))).toMatchObject({ code: 'SECRET_NOT_FOUND', object: 'other' });
    expect(bench.events).toEqual([expect.objectContaining({ kind: 'not-made', application: 'shop', error: expect.anything() })]);
    expect(vault.leases).toBe(0);
  });

  it('tells whether it could make users, without making one', async () => {
    const vault = await bench.open();
    expect(await vault.test(new AbortController().signal)).toBe('can make users in postgresql/db.example.com (dynamic secrets: 1)');
    expect(await server.ownRoles()).toEqual([]);
    bench.secrets.put(SECRET, server.secret({ postgresql_password: 'wrong' }));
    expect(await errorOf(() => vault.test(new AbortController().signal))).toMatchObject({ code: 'TARGET_AUTH_FAILED' });
  });

  it('keeps passwords out of events and logs, and out of every line while their users stand', async () => {
    const vault = await bench.open();
    const { password } = await ask(vault);
    expect(bench.redactor.redact(`password ${password}`)).toBe('password [redacted]');
    await vault.close();
    expect(bench.redactor.redact(`password ${password}`)).toContain(password);
    const left = JSON.stringify(bench.events) + bench.lines.join('');
    expect(left).toContain('a temporary user was made');
    expect(left).not.toContain(password);
  });

  it('goes on though a listener of its events fails', async () => {
    const onLease = () => {
      throw new Error('full');
    };
    const vault = await bench.open({}, { onLease });
    expect(await mayLogIn(await ask(vault))).toBe(true);
    await vault.close();
    expect(await users()).toEqual([]);
  });

  /** Takes the turn of whoever changes rights in the database, as a runner that hangs would. */
  async function holdTurn(): Promise<Client> {
    const { postgresql_username: user, postgresql_password: password } = server.secret();
    const client = await server.connect(String(user), String(password), 'app');
    await client.query(`SELECT pg_advisory_lock(${0x41_58_4d_52}, 0)`);
    return client;
  }

  async function isWaitedFor(turn: Client): Promise<void> {
    for (;;) {
      const { rowCount } = await turn.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
      if (rowCount !== 0) return;
    }
  }
});
