import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockFolder } from '../../../src/audit/trail/folder-lock.js';
import { verifyTrail } from '../../../src/audit/trail/verify-trail.js';
import { SettingsError } from '../../../src/config/settings.js';
import { delivery, recordMany, TrailFolder } from './support/trails.js';

const PROGRAM = fileURLToPath(new URL('./support/appending-process.ts', import.meta.url));

let folder: TrailFolder;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await TrailFolder.make();
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await folder.remove();
});

const lastFile = async () => join(folder.path, (await folder.files()).at(-1) ?? '');

async function trailOf(records: number): Promise<void> {
  const trail = await folder.open();
  await recordMany(trail, records);
  await trail.close();
}

function appendingProcess() {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  let told = 0;
  const first = once(lines, 'line');
  lines.on('line', (line) => {
    told = Number(line) || told;
  });
  return {
    says: async () => String((await first)[0]),
    told: () => told,
    reached: (id: number) =>
      new Promise<void>((resolve) => {
        lines.on('line', () => told >= id && resolve());
      }),
    kill: async () => {
      const gone = Promise.all([once(child, 'exit'), once(lines, 'close')]);
      child.kill('SIGKILL');
      await gone;
    },
  };
}

describe('a trail whose process was killed', () => {
  it('under load has every record that somebody was told of, verifies, and goes on', async () => {
    for (let round = 0; round < 2; round += 1) {
      const process = appendingProcess();
      expect(await process.says()).toBe('ready');
      await process.reached(process.told() + 3_000);
      await process.kill();
      const trail = await folder.open({ fileBytes: 100_000, maxBytes: 64_000_000 });
      expect(trail.status().lastId).toBeGreaterThanOrEqual(process.told());
      await recordMany(trail, 3);
      const report = await verifyTrail(folder.path);
      expect(report).toMatchObject({ faults: [], first: { id: 1 }, last: { id: trail.status().lastId } });
      expect(report.records).toBe(report.last?.id);
      await trail.close();
    }
  });

  it('loses the line that it did not finish, and nothing else', async () => {
    await trailOf(5);
    const torn = (await folder.lines())[0]?.slice(0, 200) ?? '';
    await appendFile(await lastFile(), torn);
    expect((await verifyTrail(folder.path)).faults).toMatchObject([{ line: 6, what: expect.stringContaining('unfinished') }]);
    const trail = await folder.open();
    expect(folder.log.lines).toEqual([expect.stringContaining('"bytes":200')]);
    await recordMany(trail, 1);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 6, faults: [] });
  });

  it('loses the unwritten pages that a power failure left behind its last record', async () => {
    await trailOf(5);
    await appendFile(await lastFile(), Buffer.alloc(400_000));
    await recordMany(await folder.open(), 1);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 6, faults: [] });
  });

  it('keeps the records behind a place that was damaged, and is refused', async () => {
    const large = { fileBytes: 1_000_000 };
    const trail = await folder.open(large);
    await Promise.all(Array.from({ length: 1_500 }, () => trail.record(delivery())));
    await trail.close();
    const path = await lastFile();
    const damaged = (await readFile(path)).fill(0, 250_000, 275_000);
    await writeFile(path, damaged);
    await expect(folder.open(large)).rejects.toThrow('has no record at byte');
    expect((await readFile(path)).equals(damaged)).toBe(true);
  });

  it.each(['', '{"id":'])('goes on in a file that it had just begun and that holds %j', async (content) => {
    await trailOf(3);
    await writeFile(join(folder.path, 'audit-0000000000000004.jsonl'), content, { mode: 0o600 });
    await recordMany(await folder.open(), 3);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 6, files: 2, faults: [] });
  });

  it('is refused when the file that it had begun does not follow the one before', async () => {
    await trailOf(3);
    await writeFile(join(folder.path, 'audit-0000000000000009.jsonl'), '', { mode: 0o600 });
    await expect(folder.open()).rejects.toThrow('does not follow the file before it');
  });

  it('holds its folder no longer', async () => {
    const process = appendingProcess();
    expect(await process.says()).toBe('ready');
    await expect(folder.open()).rejects.toMatchObject({ code: 'CONFLICT', mend: expect.stringContaining('state folder of its own') });
    await process.kill();
    await recordMany(await folder.open(), 1);
  });
});

describe('a folder', () => {
  it('is written by one trail at a time', async () => {
    const trail = await folder.open();
    await expect(folder.open()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await appendingProcess().says()).toBe('refused RunnerError');
    await recordMany(trail, 1);
    await trail.close();
    await recordMany(await folder.open(), 1);
    expect((await folder.records()).map(({ id }) => id)).toEqual([1, 2]);
  });

  it('goes to one of many that open it at once, also when a killed one left its lock', async () => {
    const killed = appendingProcess();
    await killed.says();
    await killed.kill();
    for (let round = 0; round < 20; round += 1) {
      const results = await Promise.allSettled(Array.from({ length: 16 }, () => lockFolder(folder.path)));
      const holders = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(holders.length).toBe(1);
      await holders[0]?.release();
    }
    expect((await readdir(folder.path)).filter((name) => name.startsWith('lock')).length).toBe(1);
  });

  it('is closed to others when it was open, and refused when it is a link', async () => {
    await trailOf(1);
    await chmod(folder.path, 0o755);
    await (await folder.open()).close();
    const linked = join(folder.root, 'link');
    await symlink(folder.path, linked);
    await expect(folder.open({ folder: linked })).rejects.toThrow(SettingsError);
  });

  it('with too long a path for its lock is refused with a reason', async () => {
    await expect(folder.open({ folder: join(folder.root, 'x'.repeat(120)) })).rejects.toThrow(/too long a path/);
  });
});

describe('a trail whose last records were changed', () => {
  const changes: readonly [string, (lines: string[]) => string[]][] = [
    ['a changed record', (lines) => lines.map((line, index) => (index === 3 ? line.replace('db-production', 'db-productioN') : line))],
    ['a removed record', (lines) => lines.filter((_, index) => index !== 2)],
    ['a removed first record', (lines) => lines.slice(1)],
    ['records in another order', ([a = '', b = '', c = '', ...more]) => [a, c, b, ...more]],
    ['a line that is no record', (lines) => [...lines, 'x']],
  ];
  it.each(changes)('(%s) is not gone on with, and the error says what to do', async (_, change) => {
    await trailOf(5);
    const text = await readFile(await lastFile(), 'utf8');
    await writeFile(await lastFile(), `${change(text.trimEnd().split('\n')).join('\n')}\n`);
    const refused = await folder.open().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SettingsError);
    expect(String(refused)).toContain(`axiomrunner audit verify --folder '${folder.path}'`);
    expect(String(refused)).toContain('mv ');
    // Refusing has not taken the folder.
    await writeFile(await lastFile(), text);
    await (await folder.open()).record(delivery());
  });
});
