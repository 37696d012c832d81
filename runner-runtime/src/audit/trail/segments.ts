import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LONGEST_LINE_BYTES } from './record-line.js';

/** One file of a trail. */
export interface Segment {
  /** Id of its first record. */
  readonly first: number;
  readonly name: string;
  readonly path: string;
}

const NAME = /^audit-(\d{16})\.jsonl$/;
const CHUNK_BYTES = 262_144;

/** The file of a trail that begins with a record. */
export function segmentOf(folder: string, first: number): Segment {
  const name = `audit-${String(first).padStart(16, '0')}.jsonl`;
  return { first, name, path: join(folder, name) };
}

/** The files of a trail in their order. @throws as `readdir` */
export async function listSegments(folder: string): Promise<Segment[]> {
  const names = (await readdir(folder)).sort();
  return names.flatMap((name) => {
    const first = Number(NAME.exec(name)?.[1] ?? 0);
    return first === 0 ? [] : [segmentOf(folder, first)];
  });
}

/** Size of a file, bytes. */
export async function sizeOf({ path }: Segment): Promise<number> {
  return (await stat(path)).size;
}

/** One line of a file; bytes as characters, for a trail is ASCII. */
export interface Line {
  /** Without its newline. */
  readonly text: string;
  /** Where it begins, bytes. */
  readonly offset: number;
  /** Whether a newline ends it: a last line without one is torn. */
  readonly ended: boolean;
}

/** Which bytes of a file are read. @default all */
export interface Range {
  /** The first one. */
  readonly from?: number;
  /** Behind the last one. */
  readonly to?: number;
}

/**
 * Reads a file's lines in bounded memory, as many at once as one read brings. What is longer than a record may be comes in pieces that are
 * no records. @throws as `open`
 */
export async function* readLines(path: string, { from = 0, to = Number.POSITIVE_INFINITY }: Range = {}): AsyncGenerator<readonly Line[]> {
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest = '';
    let offset = from;
    for (;;) {
      const at = offset + rest.length;
      const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, Math.max(0, to - at)), at);
      if (bytesRead === 0) break;
      const text = rest + chunk.toString('latin1', 0, bytesRead);
      const lines: Line[] = [];
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        lines.push({ text: text.slice(start, end), offset: offset + start, ended: true });
        start = end + 1;
      }
      if (text.length - start > LONGEST_LINE_BYTES) {
        lines.push({ text: text.slice(start), offset: offset + start, ended: false });
        start = text.length;
      }
      offset += start;
      rest = text.slice(start);
      if (lines.length > 0) yield lines;
    }
    if (rest !== '') yield [{ text: rest, offset, ended: false }];
  } finally {
    await file.close();
  }
}
