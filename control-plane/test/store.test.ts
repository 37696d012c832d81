import { execFile } from 'node:child_process';
import { appendFile, chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readJson, writeJson } from '../src/home/files.js';
import { createHome, openHome, openOrCreateHome } from '../src/home/home.js';
import { withLock } from '../src/home/lock.js';
import { createGroup } from '../src/index.js';
import { removeFolders, temporaryFolder, temporaryHome, testedResult } from './support/homes.js';

const run = promisify(execFile);
/** A process id that no process has: beyond the largest of Linux. */
const GONE = 2 ** 30;

afterEach(removeFolders);

describe('the state folder', () => {
  it('is open to its owner only', async () => {
    const home = await temporaryHome();
    await createGroup(home, { name: 'eu' });
    await home.results.append(testedResult('rg', 'one'));
    expect((await stat(home.folder)).mode & 0o777).toBe(0o700);
    for (const entry of await readdir(home.folder, { recursive: true, withFileTypes: true })) {
      const mode = (await stat(join(entry.parentPath, entry.name))).mode & 0o777;
      expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it('is refused when other users may read its files', async () => {
    const home = await temporaryHome();
    await chmod(join(home.folder, 'control-plane.json'), 0o644);
    await expect(openHome(home.folder)).rejects.toMatchObject({
      message: expect.stringContaining('mode 644'),
      mend: expect.stringContaining('chmod 600'),
      exitCode: 78,
    });
  });

  it('that does not exist says how to make one', async () => {
    await expect(openHome(join(await temporaryFolder(), 'none'))).rejects.toMatchObject({
      mend: expect.stringContaining('group create'),
      exitCode: 78,
    });
  });

  it('that is damaged names the file and the place', async () => {
    const home = await temporaryHome();
    await writeFile(join(home.folder, 'control-plane.json'), '{"schemaVersion": 1}');
    await expect(openHome(home.folder)).rejects.toThrow(/control-plane\.json is malformed: tenantId/);
    await writeFile(join(home.folder, 'control-plane.json'), '{');
    await expect(openHome(home.folder)).rejects.toThrow(/control-plane\.json is not JSON/);
  });

  it('is made once, and opened after that', async () => {
    const home = await temporaryHome();
    await expect(createHome(home.folder)).rejects.toThrow(/holds a control plane already/);
    expect((await openOrCreateHome(home.folder, { tenantId: 'other' })).settings.tenantId).toBe('acme');
  });

  it.each([
    ['tenantId', { tenantId: 'a/b' }],
    ['address', { address: 'https://example.com' }],
    ['namespace', { namespace: '' }],
  ])('refuses a malformed %s', async (name, options) => {
    await expect(createHome(join(await temporaryFolder(), 'home'), options)).rejects.toThrow(new RegExp(`malformed: ${name}`));
  });

  it('keeps every one of many changes at the same time', async () => {
    const home = await temporaryHome();
    await Promise.all(Array.from({ length: 12 }, (_, index) => createGroup(home, { name: `group ${index}` })));
    const file = z.object({ groups: z.array(z.object({ name: z.string() })) });
    expect((await readJson(join(home.folder, 'groups.json'), file))?.groups).toHaveLength(12);
  });
});

describe('a JSON file', () => {
  it('is replaced as a whole, without leftovers', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'state.json');
    await writeJson(path, { version: 1 });
    const reads = Array.from({ length: 50 }, () => readJson(path, z.object({ version: z.number() })));
    const writes = Array.from({ length: 20 }, (_, version) => writeJson(path, { version }));
    expect((await Promise.all(reads)).every((value) => value !== undefined)).toBe(true);
    await Promise.all(writes);
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('keeps its content when the new one cannot be written', async () => {
    const path = join(await temporaryFolder(), 'state.json');
    await writeJson(path, { version: 1 });
    await expect(writeJson(path, { version: 2n })).rejects.toThrow(/BigInt/);
    expect(await readJson(path, z.object({ version: z.number() }))).toEqual({ version: 1 });
  });
});

describe('a lock', () => {
  it('lets one in at a time', async () => {
    const path = join(await temporaryFolder(), 'lock');
    let inside = 0;
    let most = 0;
    const visit = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      });
    await Promise.all(Array.from({ length: 20 }, visit));
    expect(most).toBe(1);
  });

  it('of a process that is gone is taken over, by one of many', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'lock');
    await writeFile(path, JSON.stringify({ pid: GONE, host: hostname() }));
    let inside = 0;
    let most = 0;
    const visit = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      });
    await Promise.all(Array.from({ length: 10 }, visit));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a living process is respected, and its holder named', async () => {
    const path = join(await temporaryFolder(), 'lock');
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }));
    await expect(withLock(path, async () => 'in', 30)).rejects.toMatchObject({
      message: expect.stringContaining(`process ${process.pid}`),
      exitCode: 69,
    });
  });

  it('is given back when the work fails', async () => {
    const path = join(await temporaryFolder(), 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('work failed')))).rejects.toThrow('work failed');
    await expect(withLock(path, async () => 'in')).resolves.toBe('in');
  });
});

describe('the store of results', () => {
  it('keeps a result once, however often it is delivered', async () => {
    const home = await temporaryHome();
    const result = testedResult('rg', 'one');
    const stored = await Promise.all([1, 2, 3].map(() => home.results.append(result)));
    expect(stored.filter(Boolean)).toHaveLength(1);
    expect(await (await openHome(home.folder)).results.append(result)).toBe(false);
    expect((await home.results.read('rg')).entries).toHaveLength(1);
  });

  it('keeps each result once when two processes store the same ones at the same time', async () => {
    const home = await temporaryHome();
    const script = fileURLToPath(new URL('./support/append-results.ts', import.meta.url));
    const appended = await Promise.all([1, 2].map(() => run(process.execPath, ['--import', 'tsx', script, home.folder, 'rg', '200'])));
    expect(appended.map(({ stdout }) => Number(stdout)).reduce((sum, count) => sum + count)).toBe(200);
    const { entries } = await home.results.read('rg');
    expect(new Set(entries.map(({ result }) => result.resultId)).size).toBe(200);
    expect(entries).toHaveLength(200);
  }, 30_000);

  it('does not read a line that a crash left unfinished, and removes it with the next one', async () => {
    const home = await temporaryHome();
    await home.results.append(testedResult('rg', 'one', 0));
    const file = join(home.folder, 'results/rg/results.jsonl');
    await appendFile(file, '{"receivedAt":"2030-01-01T00');
    expect((await home.results.read('rg')).entries).toHaveLength(1);
    await home.results.append(testedResult('rg', 'one', 1));
    expect(
      (await readFile(file, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).result.resultId),
    ).toEqual(['one/run/0', 'one/run/1']);
  });

  it('names the file that holds something else', async () => {
    const home = await temporaryHome();
    await mkdir(join(home.folder, 'results/rg'), { recursive: true });
    await writeFile(join(home.folder, 'results/rg/results.jsonl'), '{"other": 1}\n');
    await expect(home.results.read('rg')).rejects.toThrow(/results\.jsonl holds a line/);
  });

  it('puts the results of a request into the order of its workflow', async () => {
    const home = await temporaryHome();
    for (const sequence of [10, 2, 0]) await home.results.append(testedResult('rg', 'one', sequence));
    await home.results.append(testedResult('rg', 'two', 1));
    const ids = (await home.results.ofRequest('rg', 'one')).map(({ result }) => result.resultId);
    expect(ids).toEqual(['one/run/0', 'one/run/2', 'one/run/10']);
  });

  it('reads on from where a reader was', async () => {
    const home = await temporaryHome();
    await home.results.append(testedResult('rg', 'one', 0));
    const { next } = await home.results.read('rg');
    expect((await home.results.read('rg', next)).entries).toEqual([]);
    await home.results.append(testedResult('rg', 'one', 1));
    expect((await home.results.read('rg', next)).entries.map(({ result }) => result.resultId)).toEqual(['one/run/1']);
  });
});
