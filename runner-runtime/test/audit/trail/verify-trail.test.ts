import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TrailReport } from '../../../src/audit/trail/verify-trail.js';
import { verifyTrail } from '../../../src/audit/trail/verify-trail.js';
import { AT_ONCE, delivery, FakeSink, recordMany, TrailFolder, upTo } from './support/trails.js';

const RECORDS = 40;
let folder: TrailFolder;
let originals: ReadonlyMap<string, Buffer>;
let whole: TrailReport;

beforeAll(async () => {
  folder = await TrailFolder.make();
  const trail = await folder.open();
  await recordMany(trail, RECORDS);
  await trail.close();
  whole = await verifyTrail(folder.path);
  const files = await folder.files();
  originals = new Map(await Promise.all(files.map(async (name) => [name, await readFile(join(folder.path, name))] as const)));
});
afterAll(() => folder.remove());

const pathOf = (name: string) => join(folder.path, name);
const linesOf = (content: Buffer) => content.toString('latin1').split('\n').slice(0, -1);

/** Verifies the trail with one file replaced, and puts the file back. */
async function verifiedWith(name: string, content: Buffer | string | undefined): Promise<TrailReport> {
  try {
    await (content === undefined ? rm(pathOf(name)) : writeFile(pathOf(name), content));
    return await verifyTrail(folder.path, [{ id: whole.last?.id ?? 0, hash: whole.head ?? '' }]);
  } finally {
    await writeFile(pathOf(name), originals.get(name) ?? '');
  }
}

const anyFile = () => fc.constantFrom(...originals.keys());
const contentOf = (name: string) => originals.get(name) ?? Buffer.alloc(0);

describe('the verification of a trail', () => {
  it('says what there is', () => {
    expect(whole).toEqual({
      records: RECORDS,
      files: originals.size,
      first: { id: 1, time: '2025-05-30T18:00:00.000Z' },
      last: { id: RECORDS, time: '2025-05-30T18:00:00.000Z' },
      head: expect.stringMatching(/^[0-9a-f]{64}$/),
      faults: [],
      faultCount: 0,
    });
    expect(originals.size).toBeGreaterThan(2);
  });

  it('finds any byte that was changed', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (name, place, difference) => {
        const changed = Buffer.from(contentOf(name));
        const at = place % changed.length;
        changed[at] = (changed[at] ?? 0) ^ difference;
        expect((await verifiedWith(name, changed)).faultCount).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it('finds any line that was removed, doubled or put elsewhere, and any file that was cut short', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile(), fc.nat(), fc.nat(), fc.constantFrom('remove', 'double', 'swap', 'cut'), async (name, from, to, what) => {
        const lines = linesOf(contentOf(name));
        const [first, second] = [from % lines.length, to % lines.length];
        fc.pre(what !== 'swap' || first !== second);
        const [one = '', other = ''] = [lines[first], lines[second]];
        if (what === 'remove') lines.splice(first, 1);
        if (what === 'double') lines.splice(second, 0, one);
        if (what === 'swap') {
          lines[first] = other;
          lines[second] = one;
        }
        if (what === 'cut') lines.splice(first);
        expect((await verifiedWith(name, lines.map((line) => `${line}\n`).join(''))).faultCount).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('names the file, the line and what is wrong there', async () => {
    const [, name = ''] = originals.keys();
    const lines = linesOf(contentOf(name));
    const id = JSON.parse(lines[2] ?? '').id;
    lines[2] = (lines[2] ?? '').replace('"shop"', '"shoP"');
    expect((await verifiedWith(name, `${lines.join('\n')}\n`)).faults).toEqual([
      { file: name, line: 3, what: `record ${id} was changed: its hash is not the one of its content` },
    ]);
  });

  it('finds a file that is missing in the middle, and takes one that is missing at the front for one that made room', async () => {
    const [front = '', middle = ''] = originals.keys();
    const ids = linesOf(contentOf(middle)).map((line) => JSON.parse(line).id);
    expect((await verifiedWith(middle, undefined)).faults).toMatchObject([
      { what: `records ${ids[0]} to ${ids.at(-1)} are missing before this file` },
    ]);
    expect(await verifiedWith(front, undefined)).toMatchObject({ faults: [], first: { id: ids[0] } });
  });

  it('finds a first file whose first records are missing', async () => {
    const [front = ''] = originals.keys();
    const [, ...rest] = linesOf(contentOf(front));
    expect((await verifiedWith(front, `${rest.join('\n')}\n`)).faults).toMatchObject([
      { line: 1, what: 'record 2 stands where 1 belongs' },
    ]);
  });

  it('finds an end that is missing only against a head that was kept', async () => {
    const name = [...originals.keys()].at(-1) ?? '';
    const shorter = linesOf(contentOf(name)).slice(0, -1);
    const content = shorter.map((line) => `${line}\n`).join('');
    expect((await verifiedWith(name, content)).faults).toEqual([
      { what: `record ${RECORDS}, which --head knows, is missing: the trail has 1 to ${RECORDS - 1}` },
    ]);
    await writeFile(pathOf(name), content);
    expect((await verifyTrail(folder.path)).faultCount).toBe(0);
    await writeFile(pathOf(name), contentOf(name));
  });

  it('finds a trail that was written anew against a head that was kept', async () => {
    const forged = await TrailFolder.make();
    const trail = await forged.open();
    await recordMany(trail, RECORDS, { application: 'other' });
    expect((await verifyTrail(forged.path)).faultCount).toBe(0);
    const report = await verifyTrail(forged.path, [{ id: RECORDS, hash: whole.head ?? '' }]);
    expect(report.faults).toMatchObject([{ what: `record ${RECORDS} is not the one that --head knows` }]);
    await forged.remove();
  });

  it('counts all faults and lists a bounded number', async () => {
    const [name = ''] = originals.keys();
    const report = await verifiedWith(name, `${'garbage\n'.repeat(5_000)}${'y'.repeat(3_000_000)}`);
    expect(report.faultCount).toBeGreaterThan(5_000);
    expect(report.faults.length).toBe(100);
  });

  it('of an empty folder has nothing to say, unless a head is missed', async () => {
    const empty = await TrailFolder.make();
    await (await empty.open()).close();
    expect(await verifyTrail(empty.path)).toEqual({ records: 0, files: 0, faults: [], faultCount: 0 });
    expect((await verifyTrail(empty.path, [{ id: 3, hash: 'a'.repeat(64) }])).faults).toEqual([
      { what: 'record 3, which --head knows, is missing: the trail has no records' },
    ]);
    await empty.remove();
  });
});

describe('the verification of a trail that sinks have got', () => {
  it('finds its end missing, because a sink knows it; and after a restart ids go on behind those', async () => {
    const sent = await TrailFolder.make();
    const sink = new FakeSink();
    const trail = await sent.open({ sinks: [sink], shipping: AT_ONCE, fileBytes: 100_000 });
    await recordMany(trail, 10);
    await trail.close();
    const path = join(sent.path, (await sent.files())[0] ?? '');
    await writeFile(path, `${(await sent.lines()).slice(0, 6).join('\n')}\n`);
    expect((await verifyTrail(sent.path)).faults).toMatchObject([
      { what: expect.stringContaining('record 10, which the sink fake:one knows') },
    ]);

    const next = await sent.open({ sinks: [sink], shipping: AT_ONCE, fileBytes: 100_000 });
    await recordMany(next, 2);
    await next.close();
    expect(sink.ids).toEqual(upTo(12));
    const [eleventh, tenth] = [JSON.parse(sink.batches.flat()[10] ?? ''), JSON.parse(sink.batches.flat()[9] ?? '')];
    expect(eleventh.previous).toBe(tenth.hash);
    expect((await verifyTrail(sent.path)).faults).toEqual([
      { file: 'audit-0000000000000011.jsonl', what: 'records 7 to 10 are missing before this file' },
    ]);
    await sent.remove();
  });
});

describe('the verification of a trail that is being written', () => {
  it('finds no faults that are none', async () => {
    const busy = await TrailFolder.make();
    const trail = await busy.open({ maxBytes: 40_000, fileBytes: 8_000 });
    let isDone = false;
    const writing = (async () => {
      while (!isDone) await Promise.all(upTo(7).map(() => trail.record(delivery())));
    })();
    for (let round = 0; round < 10; round += 1) expect((await verifyTrail(busy.path)).faults).toEqual([]);
    isDone = true;
    await writing;
    await busy.remove();
  });

  it('waits for a line that is not whole yet', async () => {
    const busy = await TrailFolder.make();
    const trail = await busy.open({ fileBytes: 100_000 });
    await recordMany(trail, 3);
    await trail.close();
    const path = join(busy.path, (await busy.files())[0] ?? '');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.slice(0, -50));
    const verifying = verifyTrail(busy.path);
    await appendFile(path, text.slice(-50));
    expect(await verifying).toMatchObject({ records: 3, faults: [] });
    await busy.remove();
  });
});
