import { execFileSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditFailure } from '../../../src/audit/trail/audit-trail.js';
import { type Disk, REAL_DISK } from '../../../src/audit/trail/chain-file.js';
import { verifyTrail } from '../../../src/audit/trail/verify-trail.js';
import { delivery, recordMany, TrailFolder, upTo } from './support/trails.js';

let folder: TrailFolder;
beforeEach(async () => {
  folder = await TrailFolder.make();
});
afterEach(() => folder.remove());

const failing = (code: string) => Object.assign(new Error(code), { code });

/** A disk that takes a part of a write and then fails, as a full one does. */
class BadDisk implements Disk {
  write = REAL_DISK.write;
  truncate = REAL_DISK.truncate;

  fill(code = 'ENOSPC'): void {
    let wasShort = false;
    this.write = (file, bytes, offset, length) => {
      if (wasShort) throw failing(code);
      wasShort = true;
      return writeSync(file, bytes, offset, Math.min(length, 100));
    };
  }
  mend(): void {
    this.write = REAL_DISK.write;
    this.truncate = REAL_DISK.truncate;
  }
}

describe('a write that fails', () => {
  it.each(['ENOSPC', 'EIO', 'EDQUOT'])('with %s refuses every record of its turn, leaves no part of them, and heals', async (code) => {
    const disk = new BadDisk();
    const trail = await folder.open({ disk });
    await recordMany(trail, 2);
    disk.fill(code);
    const refused = await Promise.allSettled(upTo(3).map(() => trail.record(delivery())));
    expect(refused.map((result) => result.status === 'rejected' && result.reason)).toEqual(Array(3).fill(trail.failure));
    expect(trail.failure).toBeInstanceOf(AuditFailure);
    expect(trail.failure?.message).toContain(code);
    expect(trail.failure?.mend).toContain('disk');
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 2, faults: [] });
    disk.mend();
    await recordMany(trail, 2);
    expect(trail.failure).toBeUndefined();
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 4, faults: [], last: { id: 4 } });
    expect(folder.log.lines.map((line) => line.split(' ')[0])).toEqual(['error', 'info']);
  });

  it('and whose part cannot be cut off refuses until it can', async () => {
    const disk = new BadDisk();
    const trail = await folder.open({ disk });
    await recordMany(trail, 1);
    disk.fill();
    disk.truncate = () => {
      throw failing('EIO');
    };
    await expect(trail.record(delivery())).rejects.toThrow('ENOSPC');
    disk.write = REAL_DISK.write;
    await expect(trail.record(delivery())).rejects.toThrow('EIO');
    expect((await folder.lines()).length).toBe(1);
    disk.mend();
    await recordMany(trail, 1);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 2, faults: [] });
  });

  it('at the beginning of a new file goes on in that file', async () => {
    const disk = new BadDisk();
    const trail = await folder.open({ disk });
    await recordMany(trail, 11);
    disk.fill();
    for (let tried = 0; tried < 5; tried += 1) await expect(trail.record(delivery())).rejects.toThrow('ENOSPC');
    disk.mend();
    await recordMany(trail, 11);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: 22, faults: [] });
  });

  it('tells those whose records stand apart from those whose do not', async () => {
    const disk = new BadDisk();
    const trail = await folder.open({ disk });
    let written = 0;
    disk.write = (file, bytes, offset, length) => {
      written += 1;
      if (written === 3) throw failing('ENOSPC');
      return REAL_DISK.write(file, bytes, offset, length);
    };
    const results = await Promise.allSettled(upTo(50).map(() => trail.record(delivery())));
    const stand = results.filter(({ status }) => status === 'fulfilled').length;
    expect(results.slice(0, stand).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await verifyTrail(folder.path)).toMatchObject({ records: stand, faults: [] });
    expect(stand).toBeGreaterThan(0);
    expect(stand).toBeLessThan(50);
  });
});

describe('a file that others lay hands on while the trail is open', () => {
  it.each([
    ['removed', (path: string) => rmSync(path), { first: { id: 4 } }],
    [
      'emptied',
      (path: string) => truncateSync(path, 0),
      { faultCount: 1, faults: [{ what: 'records 1 to 3 are missing before this file' }] },
    ],
    ['written to', (path: string) => writeFileSync(path, 'x', { flag: 'a' }), { faults: [{ line: 4 }, { what: expect.any(String) }] }],
  ])('and that was %s is not written to any more, and verification tells of it', async (_, change, found) => {
    const trail = await folder.open();
    await recordMany(trail, 3);
    change(join(folder.path, 'audit-0000000000000001.jsonl'));
    await recordMany(trail, 3);
    expect(folder.log.lines).toEqual([expect.stringContaining('changed or removed by another')]);
    expect(await folder.files()).toContain('audit-0000000000000004.jsonl');
    expect(await verifyTrail(folder.path)).toMatchObject({ last: { id: 6 }, ...found });
  });
});

/** Whether this user may mount: root, on Linux. */
function mounted(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k,mode=700', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a disk that is full', () => {
  it('refuses records, keeps those that stand, and takes more when it has room again', async () => {
    await mkdir(folder.path, { mode: 0o700 });
    if (!mounted(folder.path)) {
      console.warn('SKIPPED: this user may not mount a file system of its own');
      return;
    }
    try {
      const trail = await folder.open({ fileBytes: 1_000_000 });
      const ballast = join(folder.path, 'ballast');
      writeFileSync(ballast, Buffer.alloc(12_000));
      let taken = 0;
      const fill = async () => {
        for (;;) {
          await trail.record(delivery());
          taken += 1;
        }
      };
      await expect(fill()).rejects.toThrow('ENOSPC');
      expect(taken).toBeGreaterThan(10);
      await expect(trail.record(delivery())).rejects.toThrow('ENOSPC');
      expect(await verifyTrail(folder.path)).toMatchObject({ records: taken, faults: [] });
      rmSync(ballast);
      await recordMany(trail, 5);
      expect(trail.failure).toBeUndefined();
      expect(await verifyTrail(folder.path)).toMatchObject({ records: taken + 5, faults: [] });
      await trail.close();
    } finally {
      execFileSync('umount', ['-l', folder.path]);
    }
  });
});
