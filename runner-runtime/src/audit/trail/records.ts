import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditRecord } from './audit-trail.js';
import { linkOf, recordOf } from './record-line.js';
import { type Line, listSegments, readLines, type Segment } from './segments.js';

/** Which records are wanted. @default all */
export interface RecordFilter {
  /** The earliest time, unix milliseconds. */
  readonly since?: number | undefined;
  readonly application?: string | undefined;
  readonly secret?: string | undefined;
  readonly action?: string | undefined;
}

/** A record, and its line as it stands in the file. */
export interface ShownRecord {
  readonly line: string;
  readonly record: AuditRecord;
}

/** Reads records in their order, a few at once, in bounded memory. What is no record is left out: verification tells of it. */
export async function* readRecords(folder: string, filter: RecordFilter = {}): AsyncGenerator<readonly ShownRecord[]> {
  for (const segment of await since(await listSegments(folder), filter.since)) yield* recordsOf(segment, filter);
}

/** The last records, in their order. */
export async function lastRecords(folder: string, count: number, filter: RecordFilter = {}): Promise<ShownRecord[]> {
  if (count === 0) return [];
  let found: ShownRecord[] = [];
  for (const segment of (await listSegments(folder)).reverse()) {
    let here: ShownRecord[] = [];
    for await (const records of recordsOf(segment, filter)) here = [...here, ...records].slice(-count);
    found = [...here, ...found].slice(-count);
    if (found.length >= count) break;
  }
  return found;
}

const FOLLOW_MS = 250;

/** Reads the records after one, and those that come, until the signal. @param after id of the record before */
export async function* followRecords(
  folder: string,
  after: number,
  filter: RecordFilter,
  signal: AbortSignal,
): AsyncGenerator<readonly ShownRecord[]> {
  let id = after;
  let place = { first: 0, offset: 0 };
  while (!signal.aborted) {
    const segments = await listSegments(folder);
    const begun = segments.findLastIndex(({ first }) => first <= id + 1);
    for (const segment of segments.slice(Math.max(0, begun))) {
      for await (const lines of linesOf(segment, segment.first === place.first ? place.offset : 0)) {
        const whole = lines.filter(({ ended, text }) => ended && (linkOf(text)?.id ?? 0) > id);
        const last = whole.at(-1);
        if (last === undefined) continue;
        id = linkOf(last.text)?.id ?? id;
        place = { first: segment.first, offset: last.offset + last.text.length + 1 };
        yield whole.flatMap(({ text }) => wanted(text, filter));
      }
    }
    await sleep(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* recordsOf(segment: Segment, filter: RecordFilter): AsyncGenerator<readonly ShownRecord[]> {
  for await (const lines of linesOf(segment)) yield lines.flatMap(({ text, ended }) => (ended ? wanted(text, filter) : []));
}

/** The lines of a file; none of one that has made room since it was listed. */
async function* linesOf({ path }: Segment, from = 0): AsyncGenerator<readonly Line[]> {
  try {
    yield* readLines(path, { from });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function wanted(line: string, { since: earliest, application, secret, action }: RecordFilter): ShownRecord[] {
  const record = recordOf(line);
  if (record === undefined) return [];
  const isWanted =
    (earliest === undefined || Date.parse(record.time) >= earliest) &&
    (application === undefined || record.application === application) &&
    (secret === undefined || record.secret === secret) &&
    (action === undefined || record.action === action);
  return isWanted ? [{ line, record }] : [];
}

/** Without the files that ended before a time. */
async function since(segments: readonly Segment[], earliest: number | undefined): Promise<readonly Segment[]> {
  if (earliest === undefined) return segments;
  for (let index = segments.length - 1; index > 0; index -= 1) {
    const segment = segments[index];
    if (segment !== undefined && (await beganBefore(segment, earliest))) return segments.slice(index);
  }
  return segments;
}

async function beganBefore(segment: Segment, earliest: number): Promise<boolean> {
  for await (const [line] of linesOf(segment)) return Date.parse(linkOf(line?.text ?? '')?.time ?? '') < earliest;
  return false;
}
