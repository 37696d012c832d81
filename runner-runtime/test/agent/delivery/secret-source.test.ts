import { Problem } from '../../../src/agent/problem.js';
import { ScriptedVault } from '../support/scripted-vault.js';
import { playedSource } from '../support/source.js';

const passwordOf = ({ body }: { readonly body: string }) => (JSON.parse(body) as { password: string }).password;

async function problemOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => (error instanceof Problem ? error.code : `unexpected: ${String(error)}`),
  );
}

describe('the cache', () => {
  it('answers for the whole TTL without asking the vault again, and not a moment longer', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 300 } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    clock.pass(299.999);
    expect(source.cached('db', 'app')).toBeDefined();
    clock.pass(0.001);
    expect(source.cached('db', 'app')).toBeUndefined();
    expect(vault.asked).toHaveLength(1);
  });

  it('counts the TTL from the question, not from the answer, and tells it as expires_at', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 300 } });
    vault.put('db', 'one');
    vault.hold();
    const obtained = source.obtain('db', 'app');
    clock.pass(10);
    vault.release();
    expect((await obtained).answer.body).toBe('{"secret_id":"db","username":"user","password":"one","expires_at":"2026-01-01T00:05:00Z"}');
    clock.pass(290);
    expect(source.cached('db', 'app')).toBeUndefined();
  });

  it('ends earlier where the secret expires earlier, and tells that', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 300 } });
    vault.put('db', 'one', 'v1', clock.now() + 60_500);
    expect((await source.obtain('db', 'app')).answer.body).toContain('"expires_at":"2026-01-01T00:01:00Z"');
    clock.pass(60);
    expect(source.cached('db', 'app')).toBeDefined();
    clock.pass(1);
    expect(source.cached('db', 'app')).toBeUndefined();
  });

  it('lives no longer because somebody set the clock back', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 300 } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    clock.setWall(-86_400);
    clock.pass(300);
    expect(source.cached('db', 'app')).toBeUndefined();
  });

  it('keeps nothing when it is off', async () => {
    const { source, vault } = playedSource({ cache: { enabled: false } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    expect(source.cached('db', 'app')).toBeUndefined();
    expect(source.held).toEqual([]);
  });

  it('drops what was used least recently when it holds too many', async () => {
    const { source, vault } = playedSource({ cache: { max_entries: 2 } });
    for (const id of ['a', 'b', 'c']) vault.put(id, id);
    await source.obtain('a', 'app');
    await source.obtain('b', 'app');
    source.cached('a', 'app');
    await source.obtain('c', 'app');
    expect([...source.held].sort()).toEqual(['a', 'c']);
  });

  it('holds no more bytes than it may', async () => {
    const { source, vault } = playedSource({ cache: { max_bytes: 65_536 } });
    for (let index = 0; index < 20; index += 1) {
      vault.put(`s${index}`, 'x'.repeat(8_000));
      await source.obtain(`s${index}`, 'app');
    }
    expect(source.held).toHaveLength(3);
  });

  it('lets go of values that may not be delivered any more', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 10 } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    clock.pass(10);
    source.sweep();
    expect(source.held).toEqual([]);
  });

  it('lets go of a value that has expired, though its TTL goes on', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 300, stale_if_error: 300 } });
    vault.put('db', 'one', 'v1', clock.now() + 60_000);
    await source.obtain('db', 'app');
    clock.pass(60);
    source.sweep();
    expect(source.held).toEqual([]);
  });

  it('keeps a secret of its own for each application where the vault makes them so', async () => {
    const { source, vault } = playedSource({}, new ScriptedVault(true));
    vault.put('db', 'one');
    await source.obtain('db', 'first');
    expect(source.cached('db', 'first')).toBeDefined();
    expect(source.cached('db', 'second')).toBeUndefined();
  });
});

describe('questions to the vault', () => {
  it('are shared by all who ask at the same time', async () => {
    const { source, vault } = playedSource();
    vault.put('db', 'one');
    vault.hold();
    const answers = Array.from({ length: 50 }, () => source.obtain('db', 'app'));
    vault.release();
    expect(new Set((await Promise.all(answers)).map(({ answer }) => passwordOf(answer)))).toEqual(new Set(['one']));
    expect(vault.asked).toHaveLength(1);
  });

  it('are recorded, and what cannot be recorded is not used', async () => {
    const { source, vault, trail } = playedSource();
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    expect(trail.events).toEqual([
      expect.objectContaining({ action: 'fetch', application: 'app', secret: 'db', version: 'v-one', source: 'vault', outcome: 'ok' }),
    ]);
    trail.refuse();
    source.forget('db');
    expect(await problemOf(source.obtain('db', 'app'))).toBe('AUDIT_UNAVAILABLE');
    expect(source.cached('db', 'app')).toBeUndefined();
  });

  it('tell the vault what is held, so that it may say "unchanged"', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 10 } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    clock.pass(10);
    await source.obtain('db', 'app');
    expect(vault.asked.map(({ known }) => known?.version)).toEqual([undefined, 'v-one']);
  });

  it('end with the agent, those that run and those that wait, and no other is asked', async () => {
    const { source, vault } = playedSource({ limits: { vault_requests: 1, vault_timeout: 120 } });
    vault.hold();
    const asked = ['running', 'waiting'].map((id) => problemOf(source.obtain(id, 'app')));
    await new Promise(setImmediate);
    source.stopAsking();
    expect(await Promise.all([...asked, problemOf(source.obtain('later', 'app'))])).toEqual(Array(3).fill('AGENT_STOPPING'));
    expect(vault.asked).toMatchObject([{ id: 'running', signal: { aborted: true } }]);
    vault.release();
    source.close();
  });

  it('are so many at once and no more', async () => {
    const { source, vault } = playedSource({ limits: { vault_requests: 3 } });
    vault.hold();
    const asked = Array.from({ length: 10 }, (_, index) => problemOf(source.obtain(`s${index}`, 'app')));
    await new Promise(setImmediate);
    expect(vault.asked).toHaveLength(3);
    vault.release();
    await Promise.all(asked);
    expect(vault.asked).toHaveLength(10);
  });
});

describe('what the vault refuses', () => {
  it.each([
    ['SECRET_NOT_FOUND', 'SECRET_NOT_FOUND'],
    ['SECRET_ACCESS_DENIED', 'VAULT_DENIED'],
    ['SECRET_MALFORMED', 'SECRET_MALFORMED'],
  ] as const)('is delivered no more, however stale answers may be (%s)', async (code, problem) => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 10, stale_if_error: 3600 } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    clock.pass(10);
    vault.fail(code);
    expect(await problemOf(source.obtain('db', 'app'))).toBe(problem);
    vault.fail('SECRET_STORE_UNAVAILABLE');
    clock.pass(10);
    expect(await problemOf(source.obtain('db', 'app'))).toBe('VAULT_UNAVAILABLE');
  });

  it('is not asked for again at once', async () => {
    const { source, vault, clock } = playedSource();
    vault.fail('SECRET_ACCESS_DENIED');
    await problemOf(source.obtain('db', 'app'));
    await problemOf(source.obtain('db', 'app'));
    expect(vault.asked).toHaveLength(1);
    clock.pass(1);
    await problemOf(source.obtain('db', 'app'));
    expect(vault.asked).toHaveLength(2);
  });

  it('is taken for granted for a while when it does not exist, and then asked for again', async () => {
    const { source, vault, clock } = playedSource({ cache: { negative_ttl: 5 } });
    expect(await problemOf(source.obtain('db', 'app'))).toBe('SECRET_NOT_FOUND');
    vault.put('db', 'one');
    expect(await problemOf(source.obtain('db', 'app'))).toBe('SECRET_NOT_FOUND');
    expect(vault.asked).toHaveLength(1);
    clock.pass(5);
    expect(await problemOf(source.obtain('db', 'app'))).toBe('none');
  });
});

describe('a secret of an application that is gone', () => {
  it('is not delivered to another of its name', async () => {
    const { source, vault } = playedSource({}, new ScriptedVault(true));
    vault.put('db', 'one');
    await source.obtain('db', 'billing');
    await source.obtain('db', 'reports');
    source.forgetApplication('billing');
    expect([source.cached('db', 'billing'), source.cached('db', 'reports') !== undefined]).toEqual([undefined, true]);
  });
});

describe('a vault that does not answer', () => {
  it('makes no answer stale unless that is configured', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 10 } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    clock.pass(10);
    vault.fail('SECRET_STORE_UNAVAILABLE');
    expect(await problemOf(source.obtain('db', 'app'))).toBe('VAULT_UNAVAILABLE');
  });

  it('is stood in for by the cache for as long as is configured, marked with the age', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 10, stale_if_error: 60 } });
    vault.put('db', 'one');
    await source.obtain('db', 'app');
    vault.fail('SECRET_STORE_UNAVAILABLE');
    clock.pass(69);
    expect(await source.obtain('db', 'app')).toMatchObject({ source: 'stale', ageSeconds: 69 });
    clock.pass(2);
    expect(await problemOf(source.obtain('db', 'app'))).toBe('VAULT_UNAVAILABLE');
  });

  it('is not stood in for past the end of the secret itself', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 10, stale_if_error: 3600 } });
    vault.put('db', 'one', 'v1', clock.now() + 20_000);
    await source.obtain('db', 'app');
    vault.fail('RATE_LIMITED');
    clock.pass(21);
    expect(await problemOf(source.obtain('db', 'app'))).toBe('VAULT_UNAVAILABLE');
  });

  it('is not asked for the same secret again at once', async () => {
    const { source, vault, clock } = playedSource();
    vault.fail('SECRET_STORE_UNAVAILABLE');
    await problemOf(source.obtain('db', 'app'));
    await problemOf(source.obtain('db', 'app'));
    expect(vault.asked).toHaveLength(1);
    clock.pass(1);
    await problemOf(source.obtain('db', 'app'));
    expect(vault.asked).toHaveLength(2);
  });
});

describe('a rotation', () => {
  it('leaves the old value in use until the new one is there, and never after', async () => {
    const { source, vault } = playedSource();
    vault.put('db', 'old');
    await source.obtain('db', '');
    vault.put('db', 'new');
    vault.hold();
    const refreshed = source.refresh('db');
    expect(passwordOf(source.cached('db', '') ?? { body: '{}' })).toBe('old');
    vault.release();
    expect(await refreshed).toMatchObject({ changed: true, before: { version: 'v-old' }, after: { version: 'v-new' } });
    expect(passwordOf(source.cached('db', '') ?? { body: '{}' })).toBe('new');
  });

  it('makes a question that was under way already be asked again: it may have read the old value', async () => {
    const { source, vault, clock } = playedSource({ cache: { ttl: 10 } });
    vault.put('db', 'old');
    await source.obtain('db', 'app');
    clock.pass(10);
    vault.hold();
    const underWay = source.obtain('db', 'app');
    await new Promise(setImmediate);
    vault.put('db', 'new');
    const refreshed = source.refresh('db');
    await new Promise(setImmediate);
    vault.release();
    await refreshed;
    expect(passwordOf((await underWay).answer)).toBe('new');
    expect(passwordOf(source.cached('db', 'app') ?? { body: '{}' })).toBe('new');
  });

  it('that the vault does not confirm leaves the old value for its time', async () => {
    const { source, vault } = playedSource();
    vault.put('db', 'old');
    await source.obtain('db', 'app');
    vault.fail('SECRET_STORE_UNAVAILABLE');
    expect(await problemOf(source.refresh('db'))).toBe('VAULT_UNAVAILABLE');
    expect(source.cached('db', 'app')).toBeDefined();
  });

  it('after which the secret is gone takes the old value out of use', async () => {
    const { source, vault } = playedSource();
    vault.put('db', 'old');
    await source.obtain('db', 'app');
    vault.delete('db');
    expect(await problemOf(source.refresh('db'))).toBe('SECRET_NOT_FOUND');
    expect(source.cached('db', 'app')).toBeUndefined();
  });

  it('tells when nothing has changed', async () => {
    const { source, vault } = playedSource();
    vault.put('db', 'same');
    await source.obtain('db', 'app');
    expect(await source.refresh('db')).toMatchObject({ changed: false });
  });
});

describe('a change that nobody told of', () => {
  it('is noticed when the vault is asked again, also after the value has left the memory, so that hooks get it', async () => {
    const { source, vault, clock, changed } = playedSource({ cache: { ttl: 10 } });
    vault.put('db', 'old');
    await source.obtain('db', 'app');
    clock.pass(10);
    await source.obtain('db', 'app');
    expect(changed).toEqual([]);
    vault.put('db', 'new');
    clock.pass(10);
    source.sweep();
    await source.obtain('db', 'app');
    expect(changed).toEqual(['db']);
  });

  it('is none when a rotation has brought it', async () => {
    const { source, vault, changed } = playedSource();
    vault.put('db', 'old');
    await source.obtain('db', 'app');
    vault.put('db', 'new');
    await source.refresh('db');
    expect(changed).toEqual([]);
  });
});

it('logs why a vault refuses, and never a value', async () => {
  const { source, vault, clock, log } = playedSource({ cache: { ttl: 10 } });
  vault.put('db', 'canary-value');
  await source.obtain('db', 'app');
  clock.pass(10);
  vault.fail('SECRET_ACCESS_DENIED');
  await problemOf(source.obtain('db', 'app'));
  expect(log.join('')).toContain('SECRET_ACCESS_DENIED');
  expect(log.join('')).not.toContain('canary-value');
});
