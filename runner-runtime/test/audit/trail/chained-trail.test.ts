import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { REAL_DISK } from '../../../src/audit/trail/chain-file.js';
import { verifyTrail } from '../../../src/audit/trail/verify-trail.js';
import { delivery, recordMany, TrailFolder, upTo } from './support/trails.js';

let folder: TrailFolder;
beforeEach(async () => {
  folder = await TrailFolder.make();
});
afterEach(() => folder.remove());

describe('a record in the trail', () => {
  it('is one JSON object a line, its members in a fixed order', async () => {
    const trail = await folder.open();
    await trail.record({ peer: 'unix', outcome: 'ok', count: 3, secret: 'a', latencyMs: 1.23456, application: 'shop', action: 'deliver' });
    await trail.record({ outcome: 'TOKEN_INVALID', action: 'error' });
    const [first = '', second = ''] = await folder.lines();
    expect(first).toMatch(
      /^\{"id":1,"time":"2025-05-30T18:00:00\.000Z","action":"deliver","application":"shop","secret":"a","outcome":"ok","latencyMs":1\.235,"peer":"unix","count":3,"previous":"0{64}","hash":"[0-9a-f]{64}"\}$/,
    );
    expect(Object.keys(JSON.parse(second))).toEqual(['id', 'time', 'action', 'outcome', 'previous', 'hash']);
  });

  it('is chained: its hash is the SHA-256 of what stands before it, the hash of the record before included', async () => {
    const trail = await folder.open();
    await recordMany(trail, 3);
    const lines = await folder.lines();
    const hashes = lines.map((line) =>
      createHash('sha256')
        .update(line.slice(0, line.indexOf(',"hash":')))
        .digest('hex'),
    );
    const records = await folder.records();
    expect(records.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(records.map(({ hash }) => hash)).toEqual(hashes);
    expect(records.map(({ previous }) => previous)).toEqual(['0'.repeat(64), hashes[0], hashes[1]]);
    expect(trail.status()).toMatchObject({ lastId: 3, head: hashes[2], bytes: (await folder.text()).length });
  });

  it('stays one line of printable ASCII, whatever an id, a name or a peer holds', async () => {
    const trail = await folder.open({ fileBytes: 1_000_000 });
    const hostile = 'a\nb\r\u2028c\u001b[31m\u009b\u007f"\\\t\u0000ü€😀\u202e';
    await trail.record(delivery({ secret: hostile, application: hostile, peer: hostile, version: hostile, outcome: hostile }));
    const [line = ''] = await folder.lines();
    expect(line).toMatch(/^[ -~]+$/);
    expect(line).toContain('\\u000a');
    expect(line).toContain('\\u001b[31m\\u009b\\u007f');
    expect(await folder.records()).toMatchObject([
      { secret: hostile, application: hostile, peer: hostile, version: hostile, outcome: hostile },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
        await trail.record(delivery({ peer: text }));
        const last = (await folder.lines()).at(-1) ?? '';
        expect(last).toMatch(/^[ -~]+$/);
        expect(JSON.parse(last).peer).toBe(text);
      }),
      { numRuns: 100 },
    );
    expect((await verifyTrail(folder.path)).faults).toEqual([]);
  });

  it('is bounded: what is too long is cut, and half a character becomes a replacement', async () => {
    const trail = await folder.open();
    await trail.record(delivery({ secret: 'x'.repeat(100_000), peer: `${'y'.repeat(254)}😀😀`, application: '\ud800' }));
    const [record] = await folder.records();
    expect(record).toMatchObject({ secret: `${'x'.repeat(255)}…`, peer: `${'y'.repeat(254)}\ufffd…`, application: '\ufffd' });
  });

  it('leaves out a latency that is no time', async () => {
    const trail = await folder.open();
    for (const latencyMs of [Number.NaN, Number.POSITIVE_INFINITY, -1]) await trail.record(delivery({ latencyMs }));
    await trail.record(delivery({ latencyMs: 59_999.9996 }));
    expect((await folder.records()).map(({ latencyMs }) => latencyMs)).toEqual([undefined, undefined, undefined, 60_000]);
  });
});

describe('records of one turn of the event loop', () => {
  it('are written at once, whole even by short writes, and told of afterwards in their order', async () => {
    let writes = 0;
    const disk = {
      ...REAL_DISK,
      write: (file: number, bytes: Uint8Array, offset: number, length: number) => {
        writes += 1;
        return writeSync(file, bytes, offset, Math.min(length, 1_500));
      },
    };
    const trail = await folder.open({ disk, fileBytes: 100_000 });
    const told: number[] = [];
    await new Promise<void>((resolve) => {
      for (const number of upTo(10)) {
        trail.append(delivery(), (failure) => {
          expect(failure).toBeUndefined();
          told.push(number);
          if (number === 10) resolve();
        });
      }
      expect(writes).toBe(0);
    });
    expect(told).toEqual(upTo(10));
    expect(writes).toBe(Math.ceil((await folder.text()).length / 1_500));
    expect((await verifyTrail(folder.path)).records).toBe(10);
  });

  it('reach everyone though one caller fails', async () => {
    const trail = await folder.open();
    trail.append(delivery(), () => {
      throw new TypeError('a fault of the caller');
    });
    await trail.record(delivery());
    expect((await folder.records()).map(({ id }) => id)).toEqual([1, 2]);
    expect(folder.log.lines).toEqual([expect.stringContaining('a caller of the audit trail failed')]);
  });

  it('may be more than a file takes', async () => {
    const trail = await folder.open();
    await Promise.all(upTo(100).map(() => trail.record(delivery())));
    expect((await folder.files()).length).toBeGreaterThan(5);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 100, faults: [] });
  });
});

describe('the files of a trail', () => {
  it('are named by their first record, and closed to others', async () => {
    const trail = await folder.open();
    await recordMany(trail, 30);
    const files = await folder.files();
    const records = await folder.records();
    expect(files.length).toBeGreaterThan(1);
    expect(files[0]).toBe('audit-0000000000000001.jsonl');
    expect(files.map((name) => Number(name.slice(6, 22))).every((id) => records.some((record) => record.id === id))).toBe(true);
    const modes = await Promise.all(files.map(async (name) => (await stat(join(folder.path, name))).mode & 0o777));
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
    for (const name of files) expect((await stat(join(folder.path, name))).size).toBeLessThanOrEqual(4_000);
  });

  it('make room, the oldest first, and stay within their bound', async () => {
    const trail = await folder.open({ maxBytes: 12_000 });
    for (let round = 0; round < 20; round += 1) {
      await recordMany(trail, 7);
      expect((await folder.text()).length).toBeLessThanOrEqual(12_000);
      expect(trail.status().bytes).toBe((await folder.text()).length);
    }
    const report = await verifyTrail(folder.path);
    expect(report).toMatchObject({ faults: [], last: { id: 140 } });
    expect(report.first?.id).toBeGreaterThan(100);
  });

  it('must be two at least', async () => {
    await expect(folder.open({ maxBytes: 7_999, fileBytes: 4_000 })).rejects.toThrow('more than half of max_bytes');
  });

  it('go on after a restart', async () => {
    for (let start = 0; start < 4; start += 1) {
      const trail = await folder.open();
      await recordMany(trail, 10);
      await trail.close();
    }
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 40, faults: [], last: { id: 40 } });
  });

  it('take nothing after the end', async () => {
    const trail = await folder.open();
    const last = trail.record(delivery());
    await trail.close();
    await last;
    await expect(trail.record(delivery())).rejects.toThrow('closed');
    expect((await folder.records()).length).toBe(1);
  });
});
