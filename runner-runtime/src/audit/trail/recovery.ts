import { truncate } from 'node:fs/promises';
import { SettingsError } from '../../config/settings.js';
import type { Logger } from '../../operations/logger.js';
import type { Part } from './chain-file.js';
import { isSealed, type Link, linkOf, NO_HASH } from './record-line.js';
import { type Line, listSegments, readLines, type Segment, sizeOf } from './segments.js';

/** Where a trail goes on. */
export interface Tail {
  /** Of the last record; 0 where there is none. */
  readonly id: number;
  readonly hash: string;
  readonly parts: readonly Part[];
}

/** How much of a trail is verified at a start, bytes; `axiomrunner audit verify` reads all. */
const TAIL_BYTES = 1_048_576;

/**
 * Finds the end of a trail. A last line that a killed process or a power failure left unfinished is cut off: nobody was told that it stands.
 * @throws {SettingsError} when the records before it are not the ones that were written
 */
export async function recover(folder: string, log: Logger): Promise<Tail> {
  const segments = await listSegments(folder);
  const parts: Part[] = [];
  for (const segment of segments) parts.push({ segment, size: await sizeOf(segment) });
  const last = parts.at(-1);
  if (last === undefined) return { id: 0, hash: NO_HASH, parts };
  const end = await endOf(folder, last, log);
  if (end !== undefined) return { ...end, parts };
  // A file that was just begun: the one before it has the end.
  const before = parts.at(-2);
  const previous = before === undefined ? { id: 0, hash: NO_HASH } : await endOf(folder, before, undefined);
  if (previous?.id !== last.segment.first - 1) throw broken(folder, last.segment, 'is empty and does not follow the file before it');
  return { id: previous.id, hash: previous.hash, parts };
}

/** The last record of a file; `undefined` where it has none. @param log of the file that may be torn; absent for one that was finished */
async function endOf(folder: string, part: Part, log: Logger | undefined): Promise<Link | undefined> {
  const { segment } = part;
  const from = Math.max(0, part.size - TAIL_BYTES);
  let end: Link | undefined;
  let torn: Line | undefined;
  let isCut = from > 0;
  for await (const lines of readLines(segment.path, { from })) {
    for (const line of lines) {
      // What is longer than a record may be comes unfinished, too; only at the end of the file nothing is lost with it.
      if (line.ended && torn !== undefined) throw broken(folder, segment, `has no record at byte ${torn.offset}`);
      if (!line.ended) torn ??= line;
      // The window begins in the middle of a line.
      else if (isCut) isCut = false;
      else end = following(folder, segment, line, end, from === 0);
    }
  }
  if (torn === undefined) return end;
  if (log === undefined || isCut)
    throw broken(folder, segment, isCut ? `has no record at byte ${torn.offset}` : 'ends in an unfinished line');
  await cutOff(part, torn, log);
  return end;
}

async function cutOff(part: Part, line: Line, log: Logger): Promise<void> {
  log.warn('the audit trail ended in an unfinished line, which was cut off', { file: part.segment.path, bytes: part.size - line.offset });
  await truncate(part.segment.path, line.offset);
  part.size = line.offset;
}

function following(folder: string, segment: Segment, line: Line, before: Link | undefined, isWhole: boolean): Link {
  const link = linkOf(line.text);
  if (link === undefined) throw broken(folder, segment, `has no record at byte ${line.offset}`);
  if (!isSealed(line.text, link)) throw broken(folder, segment, `has another record ${link.id} than was written`);
  const expected = before === undefined ? (isWhole ? segment.first : link.id) : before.id + 1;
  if (link.id !== expected) throw broken(folder, segment, `has record ${link.id} in the place of ${expected}`);
  if (before !== undefined && link.previous !== before.hash)
    throw broken(folder, segment, `has a record ${link.id} that follows another one`);
  return link;
}

function broken(folder: string, { name }: Segment, found: string): SettingsError {
  return new SettingsError([
    {
      variable: `audit trail ${folder}`,
      found: `${name} ${found}`,
      mend: `Find out what changed it: axiomrunner audit verify --folder '${folder}'. Then keep it as it is (mv '${folder}' '${folder}.broken'): the next start begins a new trail.`,
    },
  ]);
}
