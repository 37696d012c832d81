import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { auditTail, registerAudit } from '../../src/cli/audit.js';
import { UsageError } from '../../src/cli/usage-error.js';
import { SettingsError } from '../../src/config/settings.js';
import { delivery, NOON, recordMany, TrailFolder, until, upTo } from '../audit/trail/support/trails.js';

const HOUR = 3_600_000;
let folder: TrailFolder;
beforeEach(async () => {
  folder = await TrailFolder.make();
});
afterEach(() => folder.remove());

/** Runs `audit …` as the command line does, on the trail of the test. */
async function audit(command: string, ...args: string[]) {
  return run('audit', command, '--folder', folder.path, ...args);
}

async function run(...args: string[]): Promise<{ code: number | undefined; out: string }> {
  let out = '';
  let code: number | undefined;
  const cli = new Command('axiomrunner').exitOverride().configureOutput({ writeErr: () => undefined });
  registerAudit(
    cli,
    terminalTo((text) => (out += text)),
    (exit) => {
      code = exit;
    },
  );
  await cli.parseAsync(args, { from: 'user' });
  return { code, out };
}

const terminalTo = (out: (text: string) => void) => ({ out, err: () => undefined, watched: false });
const idsIn = (ndjson: string): number[] =>
  ndjson
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).id);

describe('audit show', () => {
  it('prints records as a table, and with --json as they stand in the trail', async () => {
    const trail = await folder.open();
    await trail.record(delivery());
    await trail.record({ action: 'error', outcome: 'TOKEN_INVALID', peer: '127.0.0.1:9' });
    expect(await audit('show')).toEqual({
      code: 0,
      out: [
        'ID  TIME                      ACTION   APPLICATION  SECRET         OUTCOME        SOURCE  MS    PEER             COUNT',
        '1   2025-05-30T18:00:00.000Z  deliver  shop         db-production  ok             cache   0.25  127.0.0.1:50312  -',
        '2   2025-05-30T18:00:00.000Z  error    -            -              TOKEN_INVALID  -       -     127.0.0.1:9      -',
        '',
      ].join('\n'),
    });
    expect(await audit('show', '--json')).toEqual({ code: 0, out: await folder.text() });
  });

  it('shows what is wanted: of an application, of a secret, of an action, since a time', async () => {
    let now = NOON - 2 * HOUR;
    const trail = await folder.open({ now: () => now });
    await recordMany(trail, 20, { application: 'old' });
    now = NOON;
    await recordMany(trail, 1, { secret: 'other' });
    await recordMany(trail, 1, { action: 'fetch' });
    await recordMany(trail, 1);
    const shown = async (...args: string[]) => idsIn((await audit('show', '--json', ...args)).out);
    expect(await shown('--application', 'old')).toEqual(upTo(20));
    expect(await shown('--secret', 'other')).toEqual([21]);
    expect(await shown('--action', 'fetch')).toEqual([22]);
    expect(await shown('--since', '2025-05-30T17:00:00Z')).toEqual([21, 22, 23]);
    expect(await shown('--since', '2025-05-30T17:00:00Z', '--secret', 'db-production', '--action', 'deliver')).toEqual([23]);
    expect(await shown('--since', '1h')).toEqual([]);
  });

  it('lets nothing in a record command a terminal', async () => {
    const trail = await folder.open();
    await trail.record(delivery({ secret: 'a\u001b[2Jb\nc\u009bd\u202ee', peer: '\u0007' }));
    for (const args of [[], ['--json']]) {
      const { out } = await audit('show', ...args);
      expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
    expect((await audit('show')).out.split('\n').length).toBe(3);
  });

  it.each([
    [['show', '--since', 'yesterday'], '--since is "yesterday"'],
    [['show', '--action', 'steal'], '--action is "steal"'],
    [['tail', '--lines', '-1'], '--lines is "-1"'],
    [['tail', '--lines', 'all'], '--lines is "all"'],
    [['verify', '--head', 'x'], '--head is "x"'],
    [['verify', '--config', 'agent.yaml'], '--folder or --config'],
  ])('refuses %j and says what is allowed', async ([command = '', ...args], message) => {
    await folder.open();
    await expect(audit(command, ...args)).rejects.toThrow(UsageError);
    await expect(audit(command, ...args)).rejects.toThrow(message);
  });

  it('reads the trail in the state folder of the configuration', async () => {
    const trail = await folder.open();
    await recordMany(trail, 2);
    const config = join(folder.root, 'agent.yaml');
    await writeFile(config, `state: ${folder.root}\n`, { mode: 0o600 });
    expect(idsIn((await run('audit', 'show', '--json', '--config', config)).out)).toEqual([1, 2]);
  });

  it('says where there is no trail', async () => {
    await expect(audit('show')).rejects.toThrow(SettingsError);
    await expect(audit('verify')).rejects.toThrow(`${folder.path} cannot be read (ENOENT)`);
  });
});

describe('audit tail', () => {
  it('shows the last records, across files', async () => {
    const trail = await folder.open();
    await recordMany(trail, 60);
    expect(idsIn((await audit('tail', '--json')).out)).toEqual(upTo(60, 41));
    expect(idsIn((await audit('tail', '--json', '-n', '45')).out)).toEqual(upTo(60, 16));
    expect(idsIn((await audit('tail', '--json', '-n', '3', '--application', 'shop')).out)).toEqual([58, 59, 60]);
    expect((await audit('tail', '--lines', '1')).out.split('\n').slice(1)).toEqual([expect.stringMatching(/^60 /), '']);
  });

  it('follows the trail across files, each record once, until it is interrupted', async () => {
    const trail = await folder.open();
    await recordMany(trail, 5);
    const interrupted = new AbortController();
    let out = '';
    const options = { folder: folder.path, json: true, lines: '2', follow: true };
    const tail = auditTail(
      options,
      terminalTo((text) => (out += text)),
      interrupted.signal,
    );
    await until(() => idsIn(out).includes(5));
    await recordMany(trail, 40);
    await until(() => idsIn(out).includes(45));
    await recordMany(trail, 1);
    await until(() => idsIn(out).includes(46));
    interrupted.abort();
    expect(await tail).toBe(0);
    expect(idsIn(out)).toEqual(upTo(46, 4));
    expect((await folder.files()).length).toBeGreaterThan(2);
  });
});

describe('audit verify', () => {
  it('says what there is and that it is whole, and takes its own head', async () => {
    const trail = await folder.open();
    await recordMany(trail, 12);
    const { code, out } = await audit('verify');
    const { head } = trail.status();
    expect(code).toBe(0);
    expect(out).toContain('12 in 2 files');
    expect(out).toContain(`12:${head}`);
    expect(out).toContain('whole: no record was changed, and none is missing');
    expect((await audit('verify', '--head', `12:${head}`)).code).toBe(0);
    expect(JSON.parse((await audit('verify', '--json')).out)).toMatchObject({
      folder: folder.path,
      records: 12,
      head,
      faults: [],
      faultCount: 0,
    });
  });

  it('answers 1 and names every fault with its file and line', async () => {
    const trail = await folder.open();
    await recordMany(trail, 3);
    await trail.close();
    const [name = ''] = await folder.files();
    const path = join(folder.path, name);
    await writeFile(path, (await readFile(path, 'utf8')).replace('"id":2', '"id":9'));
    await appendFile(path, '\u001b[2J\n');
    const { code, out } = await audit('verify');
    expect(code).toBe(1);
    expect(out).toMatch(/FAULTS/);
    expect(out).toMatch(new RegExp(`${name}  2 +record 9 was changed`));
    expect(out).toMatch(/4 +is no record/);
    expect(out).not.toContain('\u001b');
    expect((await audit('verify', '--json')).code).toBe(1);
    expect((await audit('verify', '--head', `77:${'a'.repeat(64)}`)).out).toContain('record 77, which --head knows, is missing');
  });

  it('of a folder without records has nothing to find', async () => {
    await mkdir(folder.path);
    expect(await audit('verify')).toMatchObject({ code: 0, out: expect.stringContaining('0 in 0 files') });
    expect((await audit('show')).out).toMatch(/^ID +TIME/);
  });
});
