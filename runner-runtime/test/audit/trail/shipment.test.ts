import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditFailure } from '../../../src/audit/trail/audit-trail.js';
import { SinkError } from '../../../src/audit/trail/sinks/audit-sink.js';
import { verifyTrail } from '../../../src/audit/trail/verify-trail.js';
import { AT_ONCE, delivery, FakeSink, recordMany, TrailFolder, until, upTo } from './support/trails.js';

let folder: TrailFolder;
let sink: FakeSink;
beforeEach(async () => {
  folder = await TrailFolder.make();
  sink = new FakeSink();
});
afterEach(() => folder.remove());

const openWith = (more: Parameters<TrailFolder['open']>[0] = {}) => folder.open({ sinks: [sink], shipping: AT_ONCE, ...more });
const cursorPath = async () => join(folder.path, (await readdir(folder.path)).find((name) => name.startsWith('sink-')) ?? '');
const cursor = async () => JSON.parse(await readFile(await cursorPath(), 'utf8'));

describe('a sink', () => {
  it('gets every record as it stands in the trail, in order, across files', async () => {
    const trail = await openWith();
    await recordMany(trail, 50);
    await sink.got(50);
    expect(sink.batches.flat()).toEqual(await folder.lines());
    await until(() => trail.status().sinks[0]?.behind === 0);
    expect(trail.status().sinks).toEqual([{ name: 'fake:one', behind: 0 }]);
  });

  it('gets batches of 500 records and 1 MB at most', async () => {
    sink.away = new Error('not yet');
    const trail = await openWith({ maxBytes: 10_000_000, fileBytes: 1_000_000 });
    const long = '\u0000'.repeat(200);
    await Promise.all(
      upTo(1_200).map((number) => trail.record(delivery(number > 600 ? { secret: long, application: long, peer: long } : {}))),
    );
    sink.away = undefined;
    await sink.got(1_200);
    expect(sink.ids).toEqual(upTo(1_200));
    const sizes = sink.batches.map((batch) => batch.length);
    expect(Math.max(...sizes)).toBe(500);
    expect(Math.max(...sink.batches.map((batch) => batch.join('\n').length))).toBeLessThanOrEqual(1_000_000);
    expect(sizes.some((size, index) => size < 500 && index < sizes.length - 1)).toBe(true);
  });

  it('that comes to a trail later gets what is still there', async () => {
    const before = await folder.open({ maxBytes: 12_000 });
    await recordMany(before, 100);
    await before.close();
    const { first } = await verifyTrail(folder.path);
    await openWith({ maxBytes: 12_000 });
    await sink.got(100);
    expect(sink.ids).toEqual(upTo(100, first?.id));
    expect(folder.log.lines).toEqual([]);
  });

  it('goes on after a restart where it was', async () => {
    for (let start = 0; start < 3; start += 1) {
      const trail = await openWith();
      await recordMany(trail, 20);
      await trail.close();
      expect(sink.closed).toBe(true);
    }
    expect(sink.ids).toEqual(upTo(60));
  });

  it.each([
    ['points into the middle of a line', (at: Record<string, number>) => JSON.stringify({ ...at, offset: (at['offset'] ?? 0) - 7 })],
    ['points behind the end', (at: Record<string, number>) => JSON.stringify({ ...at, offset: 1e9 })],
  ])('whose cursor %s finds its place by the id', async (_, change) => {
    const trail = await openWith({ fileBytes: 100_000 });
    await recordMany(trail, 10);
    await trail.close();
    await writeFile(await cursorPath(), change(await cursor()));
    await recordMany(await openWith({ fileBytes: 100_000 }), 5);
    await sink.got(15);
    expect(sink.ids).toEqual(upTo(15));
  });

  it('whose cursor is destroyed gets all that is there again, under the same ids', async () => {
    const trail = await openWith();
    await recordMany(trail, 10);
    await trail.close();
    await writeFile(await cursorPath(), '{"sink":');
    await openWith();
    await until(() => sink.ids.length === 20);
    expect(sink.ids).toEqual([...upTo(10), ...upTo(10)]);
  });

  it('that fails is asked again, and its state says since when and why', async () => {
    sink.away = new SinkError('HTTP_503', 'away');
    const trail = await openWith();
    await recordMany(trail, 3);
    await sink.asked();
    await until(() => trail.status().sinks[0]?.since !== undefined);
    expect(trail.status().sinks).toEqual([{ name: 'fake:one', behind: 3, since: '2025-05-30T18:00:00.000Z', lastError: 'HTTP_503' }]);
    for (let times = 0; times < 5; times += 1) await sink.asked();
    sink.away = undefined;
    await sink.got(3);
    await until(() => trail.status().sinks[0]?.since === undefined);
    expect(sink.ids).toEqual(upTo(3));
    // One word when it goes, one when it is back.
    expect(folder.log.lines.map((line) => line.split(' {')[0])).toEqual([
      'warn an audit sink takes no records',
      'info an audit sink takes records again',
    ]);
  });

  it('that does not answer is given up after its time, and holds up no other', async () => {
    sink.away = 'hangs';
    const other = new FakeSink('fake:other');
    const trail = await openWith({ sinks: [sink, other], shipping: { ...AT_ONCE, sendMs: 20 } });
    await recordMany(trail, 3);
    await other.got(3);
    await until(() => trail.status().sinks[0]?.lastError === 'TIMEOUT');
    sink.away = undefined;
    await sink.got(3);
    expect([sink.ids, other.ids]).toEqual([upTo(3), upTo(3)]);
  });

  it('that is away does not hold up the end of the process, and gets the rest at the next start', async () => {
    sink.away = 'hangs';
    const trail = await openWith({ shipping: { ...AT_ONCE, drainMs: 10 } });
    await recordMany(trail, 3);
    await trail.close();
    sink.away = undefined;
    await openWith();
    await sink.got(3);
    expect(sink.ids).toEqual(upTo(3));
  });

  it('that is away does not hold up the end that comes while its records are still being read', async () => {
    sink.away = 'hangs';
    // Which of the two comes first is for chance to say; in ten rounds both do.
    for (let round = 0; round < 10; round += 1) {
      const trail = await openWith({ fileBytes: 2_000_000, shipping: { ...AT_ONCE, drainMs: 0 } });
      await Promise.all(upTo(500).map(() => trail.record(delivery())));
      await trail.close();
    }
    expect(sink.batches).toEqual([]);
  });

  it('is named once', async () => {
    await expect(folder.open({ sinks: [sink, new FakeSink()] })).rejects.toThrow('fake:one twice');
  });
});

describe('a sink that stays away', () => {
  it('has its records kept until the buffer is full; then none is taken, nothing is lost, and all goes on when it is back', async () => {
    sink.away = new SinkError('HTTP_503', 'away');
    const trail = await openWith({ maxBytes: 12_000 });
    await trail.record(delivery());
    await until(() => trail.status().sinks[0]?.since !== undefined);
    let taken = 1;
    const fill = async () => {
      for (;;) {
        await trail.record(delivery());
        taken += 1;
      }
    };
    const refused = await fill().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AuditFailure);
    expect(String(refused)).toMatch(
      /the audit sink fake:one has been away since 2025-05-30T18:00:00\.000Z \(HTTP_503\) and its buffer is full/,
    );
    expect(trail.failure).toMatchObject({ mend: expect.stringContaining('Bring the sink back') });
    await expect(trail.record(delivery())).rejects.toThrow('buffer is full');
    expect(taken).toBeGreaterThan(20);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: taken, faults: [] });

    sink.away = undefined;
    await sink.got(taken);
    // It says so by itself, before anybody tries.
    await until(() => trail.failure === undefined);
    await recordMany(trail, 30);
    await sink.got(taken + 30);
    expect(sink.ids).toEqual(upTo(taken + 30));
    expect(await verifyTrail(folder.path)).toMatchObject({ faults: [], last: { id: taken + 30 } });
  });

  it('does not lose a record to the making of room when another sink has them all', async () => {
    const other = new FakeSink('fake:other');
    sink.away = new SinkError('HTTP_503', 'away');
    const trail = await openWith({ sinks: [other, sink], maxBytes: 12_000 });
    await trail.record(delivery());
    await until(() => trail.status().sinks[1]?.since !== undefined);
    await expect(recordMany(trail, 1_000)).rejects.toThrow('fake:one');
    const { lastId } = trail.status();
    await other.got(lastId);
    await expect(trail.record(delivery())).rejects.toThrow('fake:one');
    sink.away = undefined;
    await sink.got(lastId);
    expect(sink.ids).toEqual(upTo(lastId));
  });
});

describe('an agent that is killed between a delivery and its cursor', () => {
  it('delivers the same records again under the same ids, and leaves none out', async () => {
    const program = fileURLToPath(new URL('./support/shipping-process.ts', import.meta.url));
    const killed = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, folder.path]).catch((error: unknown) => error);
    expect(killed).toMatchObject({ signal: 'SIGKILL' });
    const [first = [], second = []] = String((killed as { stdout: string }).stdout)
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    expect(await cursor()).toMatchObject({ id: first.at(-1) });
    await openWith({ maxBytes: 1_000_000 });
    await sink.got(600);
    expect(sink.ids).toEqual(upTo(600, second[0]));
    expect([...first, ...sink.ids]).toEqual(upTo(600));
    expect(sink.ids).toEqual(expect.arrayContaining(second));
  });
});
