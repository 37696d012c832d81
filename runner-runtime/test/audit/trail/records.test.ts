import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { followRecords, lastRecords, readRecords, type ShownRecord } from '../../../src/audit/trail/records.js';
import { recordMany, TrailFolder } from './support/trails.js';

let folder: TrailFolder;
beforeEach(async () => {
  folder = await TrailFolder.make();
});
afterEach(() => folder.remove());

/** As an agent that makes room while somebody reads. */
async function removeFile(index: number): Promise<void> {
  await rm(join(folder.path, (await folder.files())[index] ?? ''));
}

async function rest(records: AsyncGenerator<readonly ShownRecord[]>): Promise<number[]> {
  const ids: number[] = [];
  for await (const some of records) ids.push(...some.map(({ record }) => record.id));
  return ids;
}

describe('reading records while older ones make room', () => {
  it('leaves out a file that is gone when its turn comes', async () => {
    await recordMany(await folder.open(), 60);
    const [, , third] = await folder.files();
    const reading = readRecords(folder.path);
    await reading.next();
    await removeFile(1);
    expect((await rest(reading))[0]).toBe(Number(third?.slice(6, 22)));
  });

  it('goes on following', async () => {
    const trail = await folder.open();
    await recordMany(trail, 60);
    const stop = new AbortController();
    const following = followRecords(folder.path, 0, {}, stop.signal);
    await following.next();
    await removeFile(1);
    for await (const some of following) if (some.some(({ record }) => record.id === 60)) stop.abort();
    expect(stop.signal.aborted).toBe(true);
  });
});

describe('the last records', () => {
  it('are none where none are wanted', async () => {
    await recordMany(await folder.open(), 3);
    expect(await lastRecords(folder.path, 0)).toEqual([]);
    expect(await lastRecords(folder.path, 2)).toHaveLength(2);
  });
});
