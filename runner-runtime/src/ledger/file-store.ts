import { createHash } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LedgerConflict } from '../integrations/ledger.js';
import type { LedgerStore, StoredRecord } from './store.js';

const recordSchema = z.object({ entry: z.string(), version: z.int().positive(), text: z.string() });

/**
 * For development: a folder of files. The version stands in a file's name, and a link fails where one of the name exists:
 * what makes a write compare-and-set, among processes too.
 * @param folder path of the folder; made when it is first written to
 */
export function ledgerFolder(folder: string): LedgerStore {
  const place = (partition: string) => join(folder, digest(partition));
  const versions = async (partition: string, entry: string) => {
    const names = await readdir(join(place(partition), digest(entry))).catch(() => []);
    return names
      .map((name) => Number(name))
      .filter((version) => version > 0)
      .sort((one, other) => other - one);
  };
  const file = (partition: string, entry: string, version: number) => join(place(partition), digest(entry), String(version));
  const read = async (partition: string, entry: string): Promise<StoredRecord | undefined> => {
    // A record may be replaced between the two looks.
    for (let look = 0; look < 10; look += 1) {
      const [latest] = await versions(partition, entry);
      if (latest === undefined) return undefined;
      const record = await readRecord(file(partition, entry, latest));
      if (record !== undefined) return record.text === '' ? undefined : record;
    }
    throw new LedgerConflict(entry);
  };
  /** An empty text stands for a removed record: its version must not come again. */
  const put = async (partition: string, record: StoredRecord, replaces: number) => {
    const [latest = 0] = await versions(partition, record.entry);
    const standing = latest === 0 ? undefined : await readRecord(file(partition, record.entry, latest));
    const current = standing === undefined || standing.text === '' ? 0 : standing.version;
    if (current !== replaces) throw new LedgerConflict(record.entry);
    await create(file(partition, record.entry, latest + 1), record);
    // Somebody slow may have taken the number of a version that was replaced and removed meanwhile.
    if ((await versions(partition, record.entry))[0] !== latest + 1) {
      await rm(file(partition, record.entry, latest + 1), { force: true });
      throw new LedgerConflict(record.entry);
    }
    await rm(file(partition, record.entry, latest), { force: true });
  };
  return {
    read,
    write: (partition, record, replaces = 0) => put(partition, record, replaces),
    remove: async (partition, entry, replaces) => {
      await put(partition, { entry, version: replaces + 1, text: '' }, replaces);
    },
    list: async (partition, prefix) => {
      const entries = await readdir(place(partition)).catch(() => []);
      const records = await Promise.all(entries.map((name) => readNewest(join(place(partition), name))));
      return records.filter((record) => record !== undefined && record.text !== '' && record.entry.startsWith(prefix)) as StoredRecord[];
    },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

async function readNewest(folder: string): Promise<StoredRecord | undefined> {
  const names = await readdir(folder).catch(() => []);
  const newest = Math.max(0, ...names.map(Number).filter((version) => version > 0));
  return newest === 0 ? undefined : readRecord(join(folder, String(newest)));
}

async function readRecord(path: string): Promise<StoredRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
}

/** Whole or not at all, and only where there is none. */
async function create(path: string, record: StoredRecord): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(record));
    await file.sync();
    await file.close();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new LedgerConflict(record.entry);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
