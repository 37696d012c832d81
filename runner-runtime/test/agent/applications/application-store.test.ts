import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ApplicationStore, applicationsFile, readApplications } from '../../../src/agent/applications/application-store.js';
import { newToken, tokenDigest } from '../../../src/agent/applications/token.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600;
const digest = () => tokenDigest(newToken());

let folder: string;
let state: string;
let now: number;
let store: ApplicationStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-test-applications-'));
  state = join(folder, 'state');
  now = START;
  store = new ApplicationStore(state, new Set(['of-the-configuration']), () => now);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the store of applications', () => {
  it('has none before the first', async () => {
    expect(await store.list()).toEqual([]);
  });

  it('keeps the digest of a token, in a file that only its owner reads', async () => {
    const token = newToken();
    await store.add('shop', ['db-production', 'mail/*', 'db-production'], tokenDigest(token));
    expect(await store.list()).toEqual([
      {
        name: 'shop',
        allow: ['db-production', 'mail/*'],
        tokens: [{ sha256: tokenDigest(token), createdAt: '2026-01-01T00:00:00.000Z' }],
      },
    ]);
    expect(readFileSync(applicationsFile(state), 'utf8')).not.toContain(token);
    expect([statSync(state).mode & 0o777, statSync(applicationsFile(state)).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(readdirSync(state)).toEqual(['applications.json']);
  });

  it('refuses a second application of a name, and leaves the first', async () => {
    await store.add('shop', ['a'], digest());
    await expect(store.add('shop', ['b'], digest())).rejects.toMatchObject({ code: 'CONFLICT', object: 'shop' });
    expect((await store.list())[0]?.allow).toEqual(['a']);
  });

  it.each([
    ['add', () => store.add('of-the-configuration', [], digest())],
    ['allow', () => store.allow('of-the-configuration', ['a'])],
    ['deny', () => store.deny('of-the-configuration', ['a'])],
    ['rotate', () => store.rotate('of-the-configuration', digest())],
    ['revoke', () => store.revoke('of-the-configuration')],
  ])('leaves applications of the configuration to it (%s)', async (_, change) => {
    await expect(change()).rejects.toMatchObject({ code: 'CONFLICT', mend: expect.stringContaining('"applications"') });
  });

  it.each([
    ['allow', () => store.allow('nobody', ['a'])],
    ['deny', () => store.deny('nobody', ['a'])],
    ['rotate', () => store.rotate('nobody', digest())],
    ['revoke', () => store.revoke('nobody')],
  ])('knows no application that was not added (%s)', async (_, change) => {
    await expect(change()).rejects.toMatchObject({ code: 'PRINCIPAL_NOT_FOUND' });
  });

  it('allows more, and takes away with all below', async () => {
    await store.add('shop', ['a'], digest());
    expect((await store.allow('shop', ['prod/*', 'prod/db', 'a'])).allow).toEqual(['a', 'prod/*', 'prod/db']);
    expect((await store.deny('shop', ['prod/*'])).allow).toEqual(['a']);
    expect((await store.deny('shop', ['never-allowed'])).allow).toEqual(['a']);
    expect((await store.deny('shop', ['*'])).allow).toEqual([]);
  });

  it('does not pretend to deny what a broader pattern still allows', async () => {
    await store.add('shop', ['prod/*', 'mail'], digest());
    await expect(store.deny('shop', ['mail', 'prod/db'])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('prod/db'),
    });
    expect((await store.list())[0]?.allow).toEqual(['prod/*', 'mail']);
  });

  it('ends the old token with a rotation, unless an overlap is wanted', async () => {
    const [first, second, third] = [digest(), digest(), digest()];
    await store.add('shop', [], first);
    expect((await store.rotate('shop', second, HOUR)).tokens).toEqual([
      { sha256: first, createdAt: '2026-01-01T00:00:00.000Z', validUntil: '2026-01-01T01:00:00.000Z' },
      { sha256: second, createdAt: '2026-01-01T00:00:00.000Z' },
    ]);
    expect((await store.rotate('shop', third)).tokens).toEqual([{ sha256: third, createdAt: '2026-01-01T00:00:00.000Z' }]);
  });

  it('lengthens no life with a second overlap, and forgets what ended', async () => {
    const [first, second, third, fourth] = [digest(), digest(), digest(), digest()];
    await store.add('shop', [], first);
    await store.rotate('shop', second, HOUR);
    now += 1_800_000;
    const tokens = (await store.rotate('shop', third, 2 * HOUR)).tokens.map(({ sha256, validUntil }) => [sha256, validUntil]);
    expect(tokens).toEqual([
      [first, '2026-01-01T01:00:00.000Z'],
      [second, '2026-01-01T02:30:00.000Z'],
      [third, undefined],
    ]);
    now += 1_800_000;
    expect((await store.rotate('shop', fourth, HOUR)).tokens.map(({ sha256 }) => sha256)).toEqual([second, third, fourth]);
  });

  it('gives back whatever was put into it', async () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/);
    const pattern = fc.constantFrom('*', 'a', 'a/*', 'prod/eu/db', 'user@host=1+2', 'constructor');
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { maxLength: 6 }), fc.uniqueArray(pattern), async (names, allow) => {
        rmSync(state, { recursive: true, force: true });
        for (const one of names) await store.add(one, allow, digest());
        const read = await readApplications(state);
        expect(read.map((application) => application.name)).toEqual(names);
        for (const application of read) expect(application.allow).toEqual(allow);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a store that cannot be trusted', () => {
  const put = (text: string) => {
    mkdirSync(state, { mode: 0o700, recursive: true });
    writeFileSync(applicationsFile(state), text, { mode: 0o600 });
  };
  const entry = (more: object = {}) => ({ name: 'shop', allow: ['a'], tokens: [], ...more });
  const text = (...applications: object[]) => JSON.stringify({ version: 1, applications });

  it.each([
    ['no JSON', 'oops'],
    ['an empty file', ''],
    ['another version', JSON.stringify({ version: 2, applications: [] })],
    ['an unknown field', text(entry({ admin: true }))],
    ['a pattern that is none', text(entry({ allow: ['a*'] }))],
    ['a token that is no digest', text(entry({ tokens: [{ sha256: 'plain-token', createdAt: '2026-01-01T00:00:00Z' }] }))],
    ['a time that is none', text(entry({ tokens: [{ sha256: 'a'.repeat(64), createdAt: 'today' }] }))],
    ['a name twice', text(entry(), entry())],
  ])('is refused and left as it is: %s', async (_, content) => {
    put(content);
    await expect(store.list()).rejects.toMatchObject({
      name: 'SettingsError',
      message: expect.stringContaining('is not what "agent app" wrote'),
    });
    await expect(store.add('other', [], digest())).rejects.toMatchObject({ name: 'SettingsError' });
    expect(readFileSync(applicationsFile(state), 'utf8')).toBe(content);
    expect(readdirSync(state)).toEqual(['applications.json']);
  });

  it('is refused when others can read it, with the command that mends it', async () => {
    put(text());
    chmodSync(applicationsFile(state), 0o644);
    await expect(store.list()).rejects.toMatchObject({ message: expect.stringContaining('chmod 600') });
  });

  it('is refused behind a link', async () => {
    mkdirSync(state, { mode: 0o700 });
    writeFileSync(join(folder, 'elsewhere'), text(), { mode: 0o600 });
    symlinkSync(join(folder, 'elsewhere'), applicationsFile(state));
    await expect(store.list()).rejects.toMatchObject({ message: expect.stringContaining('(link)') });
  });

  it('is not touched by anybody but its owner: their files would be closed to the agent', async () => {
    // Root changes a folder of somebody else; everybody else looks at one of root.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) {
      mkdirSync(state, { mode: 0o700 });
      chownSync(state, 65_534, 65_534);
    }
    const of = new ApplicationStore(isRoot ? state : '/usr');
    await expect(of.add('shop', [], digest())).rejects.toMatchObject({
      name: 'SettingsError',
      message: expect.stringMatching(/of another user.*Run the command as the user \d+/),
    });
    if (isRoot) expect(readdirSync(state)).toEqual([]);
  });
});

describe('the lock of the store', () => {
  const lock = () => `${applicationsFile(state)}.lock`;
  const heldBy = (pid: number, more: object = {}) =>
    writeFileSync(lock(), JSON.stringify({ id: 'x', pid, place: place(), since: Date.now(), ...more }), { mode: 0o600 });
  const place = () => {
    const held = JSON.parse(readFileSync(join(folder, 'place'), 'utf8')) as { place: string };
    return held.place;
  };
  beforeEach(async () => {
    await store.add('shop', [], digest());
    const { withLock } = await import('../../../src/agent/applications/store-lock.js');
    // As this process would write it.
    await withLock(lock(), async () => writeFileSync(join(folder, 'place'), readFileSync(lock())));
  });

  it('of a process that died is broken', async () => {
    const { spawnSync } = await import('node:child_process');
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    heldBy(pid);
    expect((await store.allow('shop', ['a'])).allow).toEqual(['a']);
    expect(readdirSync(state)).toEqual(['applications.json']);
  });

  it('from before the last start of the machine is broken, whoever has the number now', async () => {
    heldBy(process.pid, { since: 1 });
    expect((await store.allow('shop', ['a'])).allow).toEqual(['a']);
  });

  it.each([
    ['of a living process', {}],
    ['of a process elsewhere', { place: `${hostname()} elsewhere`, pid: 999_999_999 }],
    ['that says nothing', { pid: 'nobody' }],
  ])('%s is respected, and the message says what to do', async (_, more) => {
    const { withLock } = await import('../../../src/agent/applications/store-lock.js');
    heldBy(process.pid, more);
    await expect(withLock(lock(), async () => 'done', 50)).rejects.toMatchObject({
      name: 'SettingsError',
      message: expect.stringMatching(/is held by .*remove the file/),
    });
  });

  it('lets many changes of one process through, one after the other', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, index) => store.add(`app-${index}`, [], digest())));
    expect(await store.list()).toHaveLength(13);
  });

  it('of the dead is broken by many at once without losing a change', async () => {
    const { spawnSync } = await import('node:child_process');
    heldBy(spawnSync(process.execPath, ['-e', '']).pid);
    await Promise.all(Array.from({ length: 8 }, (_, index) => store.allow('shop', [`id-${index}`])));
    expect((await store.list())[0]?.allow.toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `id-${index}`));
  });
});
