import type { Part } from './chain-file.js';
import type { Cursor } from './cursor.js';
import { linkOf } from './record-line.js';
import { readLines } from './segments.js';
import { MOST_BATCH_BYTES, MOST_BATCH_RECORDS } from './sinks/audit-sink.js';

/** Records that a sink gets next. */
export interface Batch {
  readonly lines: readonly string[];
  /** Where the sink is when it has got them. */
  readonly cursor: Cursor;
  /** Records between the sink and the first line that are not in the trail any more. */
  readonly missing: number;
}

/** Reads what follows a cursor, as far as it is written. What was damaged is left out; `audit verify` tells of it. */
export async function nextBatch(cursor: Cursor, written: readonly Part[]): Promise<Batch> {
  // Sizes as of now: the writer goes on meanwhile, and cuts off what it could not write as a whole.
  const parts = written.map(({ segment, size }) => ({ segment, size }));
  const begun = parts.findLastIndex(({ segment }) => segment.first <= cursor.id + 1);
  const batch = new Collected(cursor);
  for (const { segment, size } of parts.slice(Math.max(0, begun))) {
    const from = segment.first === cursor.segment && cursor.offset <= size ? cursor.offset : 0;
    try {
      // A place that is not the beginning of a line is no place; then the file is read from its start.
      if ((await collect(batch, segment.path, segment.first, from, size)) === 'astray') {
        await collect(batch, segment.path, segment.first, 0, size);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (batch.isFull) break;
  }
  return batch;
}

async function collect(batch: Collected, path: string, segment: number, from: number, to: number): Promise<'astray' | 'read'> {
  let isFirst = from > 0;
  for await (const lines of readLines(path, { from, to })) {
    for (const { text, offset } of lines) {
      const link = linkOf(text);
      if (isFirst && link === undefined) return 'astray';
      isFirst = false;
      if (link === undefined || link.id <= batch.cursor.id) continue;
      if (!batch.takes(text)) return 'read';
      batch.add(text, { ...batch.cursor, id: link.id, hash: link.hash, segment, offset: offset + text.length + 1 });
    }
  }
  return 'read';
}

class Collected implements Batch {
  readonly lines: string[] = [];
  missing = 0;
  isFull = false;
  private bytes = 0;

  constructor(public cursor: Cursor) {}

  takes({ length }: string): boolean {
    this.isFull = this.lines.length >= MOST_BATCH_RECORDS || this.bytes + length + 1 > MOST_BATCH_BYTES;
    return !this.isFull;
  }

  add(line: string, cursor: Cursor): void {
    if (this.lines.length === 0) this.missing = cursor.id - this.cursor.id - 1;
    this.lines.push(line);
    this.bytes += line.length + 1;
    this.cursor = cursor;
  }
}
