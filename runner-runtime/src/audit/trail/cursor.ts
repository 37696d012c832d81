import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from '../../operations/private-file.js';
import { NO_HASH } from './record-line.js';

const cursorSchema = z.object({
  /** Name of the sink. */
  sink: z.string(),
  /** The last record that it has got, and that one's hash. */
  id: z.number().int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where the next one is looked for first: the first id of its file, and bytes in it. */
  segment: z.number().int().min(0),
  offset: z.number().int().min(0),
});

/** How far a sink has got. */
export type Cursor = Readonly<z.output<typeof cursorSchema>>;

/** Of a sink that has got nothing. */
export function startOf(sink: string): Cursor {
  return { sink, id: 0, hash: NO_HASH, segment: 0, offset: 0 };
}

/** Reads a sink's cursor. One that is missing or unreadable is at the start: receivers know by their ids what they have already. */
export async function readCursor(folder: string, sink: string): Promise<Cursor> {
  return (await parse(join(folder, fileOf(sink)))) ?? startOf(sink);
}

/** Writes a sink's cursor: readers find the old one or the new one, also after a crash. */
export async function writeCursor(folder: string, cursor: Cursor): Promise<void> {
  await writePrivateFile(join(folder, fileOf(cursor.sink)), `${JSON.stringify(cursor)}\n`);
}

/** The cursors of all sinks that there ever were. */
export async function listCursors(folder: string): Promise<Cursor[]> {
  const names = (await readdir(folder)).filter((name) => /^sink-[0-9a-f]{16}\.json$/.test(name));
  const cursors = await Promise.all(names.sort().map((name) => parse(join(folder, name))));
  return cursors.filter((cursor) => cursor !== undefined);
}

function fileOf(sink: string): string {
  return `sink-${createHash('sha256').update(sink).digest('hex').slice(0, 16)}.json`;
}

async function parse(path: string): Promise<Cursor | undefined> {
  try {
    return cursorSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
