import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationStore, applicationsFile } from '../../../src/agent/applications/application-store.js';
import { LiveApplications } from '../../../src/agent/applications/live-applications.js';
import { newToken, TOKEN_MAX_LENGTH, tokenDigest } from '../../../src/agent/applications/token.js';
import { agentSettingsSchema } from '../../../src/agent/config/agent-settings.js';
import { createLogger } from '../../../src/operations/logger.js';

let folder: string;
let state: string;
let now: number;
let store: ApplicationStore;
let log: string[];
let opened: LiveApplications[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-test-live-'));
  state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  now = Date.parse('2026-01-01T00:00:00Z');
  store = new ApplicationStore(state, new Set(), () => now);
  log = [];
  opened = [];
});
afterEach(async () => {
  for (const applications of opened) await applications.close();
  rmSync(folder, { recursive: true });
});

async function open(configured: Record<string, unknown> = {}): Promise<LiveApplications> {
  const settings = agentSettingsSchema.parse({ applications: configured });
  const applications = await LiveApplications.open({
    configured: settings.applications,
    stateFolder: state,
    log: createLogger({ write: (line) => log.push(line) }),
    now: () => now,
  });
  opened.push(applications);
  return applications;
}

async function added(name: string, allow: readonly string[] = ['db']): Promise<string> {
  const token = newToken();
  await store.add(name, allow, tokenDigest(token));
  return token;
}

const replace = (text: string) => {
  writeFileSync(`${applicationsFile(state)}.new`, text, { mode: 0o600 });
  renameSync(`${applicationsFile(state)}.new`, applicationsFile(state));
};

describe('authentication', () => {
  it('knows applications of the configuration and of the state folder by their tokens, and what they may have', async () => {
    const stored = await added('stored', ['prod/*']);
    const applications = await open({ configured: { allow: ['db'], token_sha256: tokenDigest('token-of-the-configuration') } });
    expect(applications.authenticate('token-of-the-configuration')?.name).toBe('configured');
    expect(applications.authenticate(stored)?.name).toBe('stored');
    expect([applications.named('configured')?.allows('db'), applications.named('stored')?.allows('db')]).toEqual([true, false]);
    expect(applications.named('stored')?.allows('prod/db')).toBe(true);
    expect(applications.named('constructor')).toBeUndefined();
  });

  it.each([
    ['no token', ''],
    ['a wrong one', newToken()],
    ['a digest in place of its token', tokenDigest('right')],
    ['a part', 'righ'],
    ['one with more behind it', 'right '],
    ['another case', 'RIGHT'],
    ['other characters', 'rïght\u{1F511}'],
    ['the name of a field', '__proto__'],
  ])('refuses %s', async (_, token) => {
    const applications = await open({ shop: { allow: ['*'], token_sha256: tokenDigest('right') } });
    expect(applications.authenticate(token)).toBeUndefined();
    expect(applications.authenticate('right')?.name).toBe('shop');
  });

  it('does not even look at a text that is longer than a token may be', async () => {
    const [longest, longer] = ['x'.repeat(TOKEN_MAX_LENGTH), 'x'.repeat(TOKEN_MAX_LENGTH + 1)];
    const applications = await open({
      longest: { allow: [], token_sha256: tokenDigest(longest) },
      longer: { allow: [], token_sha256: tokenDigest(longer) },
    });
    expect(applications.authenticate(longest)?.name).toBe('longest');
    expect(applications.authenticate(longer)).toBeUndefined();
  });

  it('takes an old token until its overlap ends', async () => {
    const old = await added('shop');
    const successor = newToken();
    await store.rotate('shop', tokenDigest(successor), 3_600);
    const applications = await open();
    now += 3_599_999;
    expect(applications.authenticate(old)?.name).toBe('shop');
    now += 1;
    expect(applications.authenticate(old)).toBeUndefined();
    expect(applications.authenticate(successor)?.name).toBe('shop');
  });

  it('gives an application of the configuration precedence over one of the same name in the state folder', async () => {
    const stored = await added('shop', ['*']);
    const applications = await open({ shop: { allow: ['db'], token_sha256: tokenDigest('right') } });
    expect(applications.authenticate(stored)).toBeUndefined();
    expect(applications.named('shop')?.allows('other')).toBe(false);
    expect(log.join()).toContain('the configuration counts');
  });
});

describe('a token of two applications', () => {
  it("stays that of the configuration's", async () => {
    await store.add('impostor', ['*'], tokenDigest('right'));
    const applications = await open({ shop: { allow: ['db'], token_sha256: tokenDigest('right') } });
    expect(applications.authenticate('right')?.name).toBe('shop');
  });
});

describe('a change of the state folder', () => {
  it('is noticed within a second where the file system gives no notice, as of a folder that was not there', async () => {
    rmSync(state, { recursive: true });
    const applications = await open();
    const token = await added('shop');
    await applications.reload();
    const gone = new Promise<string>((resolve) => applications.onGone(resolve));
    await store.revoke('shop');
    expect(await gone).toBe('shop');
    expect(applications.authenticate(token)).toBeUndefined();
  });

  it('is in force when it was read: revoked, rotated and denied', async () => {
    const [gone, rotated, denied] = [await added('gone'), await added('rotated'), await added('denied')];
    const applications = await open();
    await store.revoke('gone');
    await store.rotate('rotated', tokenDigest('another'));
    await store.deny('denied', ['db']);
    await applications.reload();
    expect(applications.authenticate(gone)).toBeUndefined();
    expect(applications.named('gone')).toBeUndefined();
    expect(applications.authenticate(rotated)).toBeUndefined();
    expect(applications.authenticate('another')?.name).toBe('rotated');
    expect(applications.authenticate(denied)?.allows('db')).toBe(false);
  });

  it('is noticed without being told', async () => {
    const token = await added('shop');
    const applications = await open();
    expect(applications.authenticate(token)?.name).toBe('shop');
    const gone = new Promise<string>((resolve) => applications.onGone(resolve));
    await store.revoke('shop');
    expect(await gone).toBe('shop');
    expect(applications.authenticate(token)).toBeUndefined();
  });

  it('tells of each application that is gone, once, as long as somebody listens', async () => {
    await Promise.all([added('one'), added('two'), added('three')]);
    const applications = await open();
    const gone: string[] = [];
    const end = applications.onGone((name) => gone.push(name));
    await store.revoke('one');
    await applications.reload();
    await applications.reload();
    end();
    await store.revoke('two');
    await applications.reload();
    expect(gone).toEqual(['one']);
  });

  it('that removes the file revokes all', async () => {
    const token = await added('shop');
    const applications = await open();
    rmSync(applicationsFile(state));
    await applications.reload();
    expect([applications.authenticate(token), applications.named('shop')]).toEqual([undefined, undefined]);
  });
});

describe('a file of applications that cannot be read', () => {
  it.each([
    ['malformed', () => replace('{ "version": 1, ')],
    ['open to others', () => chmodSync(applicationsFile(state), 0o644)],
    [
      'a link',
      () => {
        renameSync(applicationsFile(state), join(state, 'elsewhere'));
        symlinkSync('elsewhere', applicationsFile(state));
      },
    ],
  ])('lets none of its tokens in while it is %s; those of the configuration are good, and nobody counts as gone', async (_, breakIt) => {
    const token = await added('shop');
    const text = readFileSync(applicationsFile(state), 'utf8');
    const applications = await open({ configured: { allow: ['db'], token_sha256: tokenDigest('right') } });
    const gone: string[] = [];
    applications.onGone((name) => gone.push(name));
    breakIt();
    await applications.reload();
    await applications.reload();
    expect(applications.authenticate(token)).toBeUndefined();
    expect(applications.authenticate('right')?.name).toBe('configured');
    expect(log.filter((line) => line.includes('"level":"error"'))).toHaveLength(1);
    replace(text);
    await applications.reload();
    expect(applications.authenticate(token)?.name).toBe('shop');
    expect(gone).toEqual([]);
  });

  it('lets none in at the start either', async () => {
    const token = await added('shop');
    chmodSync(applicationsFile(state), 0o666);
    expect((await open()).authenticate(token)).toBeUndefined();
    expect(log.join()).toContain('open to others');
  });
});

describe('a token file of the configuration', () => {
  const path = () => join(folder, 'token');
  const settings = (more: object = {}) => ({ shop: { allow: ['db'], token_file: path(), ...more } });
  const read = () => readFileSync(path(), 'utf8');

  it('holds a fresh token at each start, has its mode, and is gone with the agent', async () => {
    const first = await open(settings({ token_file_mode: '0640' }));
    const token = read().trim();
    expect(statSync(path()).mode & 0o777).toBe(0o640);
    expect(first.authenticate(token)?.name).toBe('shop');
    await first.close();
    expect(() => statSync(path())).toThrow('ENOENT');
    const second = await open(settings());
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(second.authenticate(token)).toBeUndefined();
    expect(second.authenticate(read().trim())?.name).toBe('shop');
  });

  it('takes the place of a link, and does not write where that leads', async () => {
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, path());
    const applications = await open(settings());
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
    expect(applications.authenticate(read().trim())?.name).toBe('shop');
  });

  it('that another agent has written meanwhile stays', async () => {
    const applications = await open(settings());
    writeFileSync(path(), 'of another agent\n');
    await applications.close();
    expect(read()).toBe('of another agent\n');
  });

  it('that cannot be written keeps the agent from starting, and leaves none of the others', async () => {
    const missing = { ...settings(), mail: { allow: [], token_file: join(folder, 'no', 'such', 'folder', 'token') } };
    await expect(open(missing)).rejects.toMatchObject({
      name: 'SettingsError',
      message: expect.stringMatching(/applications\.mail\.token_file.*ENOENT.*Make its folder/),
    });
    expect(() => statSync(path())).toThrow('ENOENT');
  });

  it('is in no line of the log', async () => {
    await open(settings());
    expect(log.join()).not.toContain(read().trim());
  });
});
