import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { applicationsFile, readApplications } from '../../../src/agent/applications/application-store.js';
import { TOKEN_PATTERN, tokenDigest } from '../../../src/agent/applications/token.js';
import { registerApp } from '../../../src/cli/agent/app.js';
import { AGENT_APP, bundle } from '../get-secret/bundled.js';

const TOKEN_LINE = new RegExp(`${TOKEN_PATTERN.slice(0, -1)}\\n$`);

let folder: string;
let state: string;
let config: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-test-agent-app-'));
  state = join(folder, 'state');
  config = join(folder, 'agent.yaml');
  writeFileSync(config, `state: ${state}\napplications:\n  of-the-file: { allow: [db] }\n`, { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs `agent app …` as the program would, whose own part is the outcome of errors. */
async function app(args: readonly string[], { watched = false } = {}) {
  let [out, err, code] = ['', '', -1];
  const write = { writeOut: (text: string) => (out += text), writeErr: (text: string) => (err += text) };
  const program = new Command('axiomrunner').exitOverride().configureOutput(write);
  const terminal = { out: write.writeOut, err: write.writeErr, watched };
  registerApp(program.command('agent'), terminal, (exit) => {
    code = exit;
  });
  await program.parseAsync(['agent', 'app', ...args, '--config', config], { from: 'user' });
  return { code, out, err };
}

const stored = async (name: string) => (await readApplications(state)).find((application) => application.name === name);

describe('agent app add', () => {
  it('prints the token, alone on its line, and stores its digest only', async () => {
    const { code, out, err } = await app(['add', 'shop', '--allow', 'db-production,mail/*', '--allow', 'cache']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(TOKEN_LINE);
    expect(await stored('shop')).toMatchObject({
      allow: ['db-production', 'mail/*', 'cache'],
      tokens: [{ sha256: tokenDigest(out.trim()) }],
    });
    expect(readFileSync(applicationsFile(state), 'utf8')).not.toContain(out.trim());
  });

  it('explains it to a person, beside and not in the answer', async () => {
    const { out, err } = await app(['add', 'shop'], { watched: true });
    expect(out).toMatch(TOKEN_LINE);
    expect(err).toContain('It is not shown again');
    expect(err).toContain('agent app allow shop');
    expect(err).toContain(state);
    expect(err).not.toContain(out.trim());
  });

  it('answers as JSON', async () => {
    const { out } = await app(['add', 'shop', '--allow', 'db', '--json']);
    expect(JSON.parse(out)).toEqual({ application: 'shop', allow: ['db'], token: expect.stringMatching(TOKEN_PATTERN) });
  });

  it('writes the token to a file of its own instead', async () => {
    const path = join(folder, 'token');
    const { out } = await app(['add', 'shop', '--token-file', path]);
    expect(out).toBe('');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await stored('shop'))?.tokens[0]?.sha256).toBe(tokenDigest(readFileSync(path, 'utf8').trim()));
    expect(readdirSync(folder).toSorted()).toEqual(['agent.yaml', 'state', 'token']);
  });

  it.each([
    ['is there already', 'add', (path: string) => writeFileSync(path, 'of another application')],
    ['is a link', 'rotate', (path: string) => symlinkSync('elsewhere', path)],
    ['is a folder', 'rotate', (path: string) => mkdirSync(path)],
  ])('changes nothing where the token file %s (%s)', async (_, verb, prepare) => {
    const path = join(folder, 'token');
    const name = verb === 'add' ? 'shop' : 'known';
    await app(['add', 'known']);
    const before = readFileSync(applicationsFile(state), 'utf8');
    prepare(path);
    await expect(app([verb, name, '--token-file', path])).rejects.toMatchObject({ name: 'SettingsError' });
    expect(readFileSync(applicationsFile(state), 'utf8')).toBe(before);
  });

  it('changes nothing where the token file cannot be written', async () => {
    await expect(app(['add', 'shop', '--token-file', join(folder, 'missing', 'token')])).rejects.toMatchObject({
      message: expect.stringContaining('cannot be written (ENOENT)'),
    });
    expect(await stored('shop')).toBeUndefined();
  });

  it('leaves no token file for an application that was not added', async () => {
    await app(['add', 'shop']);
    await expect(app(['add', 'shop', '--token-file', join(folder, 'token')])).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(readdirSync(folder).toSorted()).toEqual(['agent.yaml', 'state']);
  });
});

describe('agent app', () => {
  it('rotates, with an overlap where one is wanted, and replaces the token file', async () => {
    const path = join(folder, 'token');
    const first = (await app(['add', 'shop'])).out.trim();
    const second = (await app(['rotate', 'shop', '--overlap', '1h'])).out.trim();
    const tokens = (await stored('shop'))?.tokens ?? [];
    expect(tokens.map(({ sha256 }) => sha256)).toEqual([tokenDigest(first), tokenDigest(second)]);
    expect(tokens[0]?.validUntil).toBeDefined();
    writeFileSync(path, 'old');
    await app(['rotate', 'shop', '--token-file', path]);
    expect((await stored('shop'))?.tokens.map(({ sha256 }) => sha256)).toEqual([tokenDigest(readFileSync(path, 'utf8').trim())]);
  });

  it('allows and denies ids, by blanks or commas', async () => {
    await app(['add', 'shop', '--allow', 'a']);
    expect((await app(['allow', 'shop', 'b,c', 'prod/*'])).out).toBe('shop may have: a, b, c, prod/*\n');
    expect(JSON.parse((await app(['deny', 'shop', 'a', 'b', '--json'])).out)).toEqual({ application: 'shop', allow: ['c', 'prod/*'] });
    expect((await app(['deny', 'shop', '*'])).out).toBe('shop may have: nothing\n');
  });

  it('removes an application', async () => {
    await app(['add', 'shop']);
    expect((await app(['revoke', 'shop'])).out).toBe('shop is removed; its tokens are refused.\n');
    expect(await stored('shop')).toBeUndefined();
  });

  it('lists those of the configuration and of the state folder, without a digest', async () => {
    const token = (await app(['add', 'shop', '--allow', 'db'])).out.trim();
    const { out } = await app(['list']);
    expect(out).toMatch(
      /^APPLICATION +MAY HAVE +TOKEN SINCE +FROM\nof-the-file +db +- +configuration\nshop +db +\d{4}-.*Z +state folder\n$/,
    );
    const json = (await app(['list', '--json'])).out;
    expect(JSON.parse(json)).toEqual([
      { application: 'of-the-file', source: 'configuration', allow: ['db'], tokens: [] },
      { application: 'shop', source: 'state folder', allow: ['db'], tokens: [{ createdAt: expect.any(String) }] },
    ]);
    expect(out + json).not.toContain(tokenDigest(token));
  });

  it.each([
    ['no name', ['add']],
    ['a name that is none', ['add', '../shop']],
    ['a name with an escape', ['add', 'shop\u001B[2J']],
    ['a pattern that is none', ['add', 'shop', '--allow', 'prod*']],
    ['an empty pattern', ['add', 'shop', '--allow', 'a,,b']],
    ['no id', ['allow', 'shop']],
    ['an id with a way out', ['allow', 'shop', 'a/../b']],
    ['an overlap that is none', ['rotate', 'shop', '--overlap', 'soon']],
    ['an overlap without end', ['rotate', 'shop', '--overlap', '400d']],
    ['an unknown option', ['list', '--all']],
  ])('refuses %s as a wrong command line', async (_, args) => {
    await expect(app(args)).rejects.toMatchObject({ exitCode: 1, code: expect.stringMatching(/^commander\./) });
    expect(readdirSync(folder)).toEqual(['agent.yaml']);
  });

  it('refuses a configuration that others can write', async () => {
    writeFileSync(join(folder, 'open.yaml'), '{}', { mode: 0o600 });
    const { chmodSync } = await import('node:fs');
    chmodSync(config, 0o664);
    await expect(app(['list'])).rejects.toMatchObject({ name: 'SettingsError', message: expect.stringContaining('open to others') });
  });
});

describe('two commands at once', () => {
  it('lose no change of each other', async () => {
    const { path } = await bundle(AGENT_APP, join(folder, 'app.cjs'));
    const run = (...args: string[]) => promisify(execFile)(process.execPath, [path, 'app', ...args, '--config', config]);
    const names = Array.from({ length: 6 }, (_, index) => `app-${index}`);
    const tokens = await Promise.all(names.map(async (name) => (await run('add', name, '--allow', name)).stdout));
    for (const token of tokens) expect(token).toMatch(TOKEN_LINE);
    const all = await readApplications(state);
    expect(all.map(({ name }) => name).toSorted()).toEqual(names);
    for (const [index, name] of names.entries()) {
      expect(all.find((application) => application.name === name)?.tokens[0]?.sha256).toBe(tokenDigest((tokens[index] ?? '').trim()));
    }
    await Promise.all(names.map((name) => run('allow', 'app-0', `more/${name}`)));
    expect((await stored('app-0'))?.allow.toSorted()).toEqual(['app-0', ...names.map((name) => `more/${name}`)]);
  });
});
