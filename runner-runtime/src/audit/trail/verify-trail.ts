import { setTimeout as sleep } from 'node:timers/promises';
import { listCursors } from './cursor.js';
import { isSealed, type Link, linkOf, NO_HASH } from './record-line.js';
import { type Line, listSegments, readLines, type Segment } from './segments.js';

/** A record that is known from elsewhere. */
export interface KnownHead {
  readonly id: number;
  readonly hash: string;
}

/** One place where the trail is not as it was written. */
export interface TrailFault {
  /** Name of the file; absent for a fault of the whole. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly what: string;
}

/** What became of a verification. */
export interface TrailReport {
  readonly records: number;
  readonly files: number;
  /** The oldest record that is there: what was before it made room. */
  readonly first?: { readonly id: number; readonly time: string };
  readonly last?: { readonly id: number; readonly time: string };
  /** Hash of the last record: kept elsewhere with its id, it proves later that nothing was cut off. */
  readonly head?: string;
  /** The first ones; {@link faultCount} counts all. */
  readonly faults: readonly TrailFault[];
  readonly faultCount: number;
}

const MOST_FAULTS = 100;
/** A record that is being written is whole a moment later. */
const SETTLING = { tries: 20, ms: 50 } as const;

/**
 * Reads a whole trail, in bounded memory, also while an agent writes it: every hash, every id, every link, across files.
 * Whoever may write the folder can write a trail anew from its first record on, or cut off its end: that shows against a head that was kept
 * elsewhere, and against the sinks' cursors.
 * @param known heads that the trail must contain
 * @throws as `readdir` and `open`
 */
export async function verifyTrail(folder: string, known: readonly KnownHead[] = []): Promise<TrailReport> {
  // Before the files: what a sink has got stands in them.
  const witnesses = (await listCursors(folder)).map(({ sink, id, hash }) => ({ id, hash, by: `the sink ${sink}`, mayBeGone: true }));
  const chain = new Chain([...known.map((head) => ({ ...head, by: '--head', mayBeGone: false })), ...witnesses]);
  const segments = await listSegments(folder);
  for (const [index, segment] of segments.entries()) {
    try {
      const lines = settled(segment, index === segments.length - 1);
      chain.begin(segment);
      for await (const some of lines) for (const line of some) chain.take(line);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // It made room meanwhile, as all before it did; if not, somebody took it.
      const [oldest] = await listSegments(folder);
      if (oldest !== undefined && oldest.first > segment.first) chain.forget();
      else chain.gone();
    }
  }
  return chain.report(segments.length);
}

interface Witness extends KnownHead {
  readonly by: string;
  readonly mayBeGone: boolean;
}

/** The lines of a file; a last line that is being written is waited for. */
async function* settled(segment: Segment, isLast: boolean): AsyncGenerator<readonly Line[]> {
  let torn: Line | undefined;
  for await (const lines of readLines(segment.path)) {
    torn = isLast && lines.at(-1)?.ended === false ? lines.at(-1) : undefined;
    yield torn === undefined ? lines : lines.slice(0, -1);
  }
  for (let tries = 0; torn !== undefined && tries < SETTLING.tries; tries += 1) {
    await sleep(SETTLING.ms);
    const now = await lineAt(segment, torn.offset);
    if (now?.ended !== false) {
      if (now !== undefined) yield [now];
      return;
    }
    if (tries > 0 && now.text === torn.text) break;
    torn = now;
  }
  if (torn !== undefined) yield [torn];
}

async function lineAt({ path }: Segment, from: number): Promise<Line | undefined> {
  for await (const [line] of readLines(path, { from })) return line;
  return undefined;
}

/** The chain as far as it was read. */
class Chain {
  private readonly faults: TrailFault[] = [];
  private faultCount = 0;
  private records = 0;
  private first: Link | undefined;
  private last: Link | undefined;
  private expectedId: number | undefined;
  /** Absent where the record before is not known. */
  private expectedPrevious: string | undefined;
  private file = '';
  private line = 0;
  private readonly unseen: Map<number, Witness[]>;

  constructor(witnesses: readonly Witness[]) {
    this.unseen = new Map();
    for (const witness of witnesses) this.unseen.set(witness.id, [...(this.unseen.get(witness.id) ?? []), witness]);
  }

  begin({ name, first }: Segment): void {
    this.file = name;
    this.line = 0;
    if (first === this.expectedId) return;
    if (this.expectedId !== undefined) {
      this.add({
        file: name,
        what:
          first > this.expectedId
            ? `${range(this.expectedId, first - 1)} before this file`
            : `begins with record ${first} by its name, where ${this.expectedId} belongs`,
      });
    }
    this.expectedId = first;
    this.expectedPrevious = first === 1 ? NO_HASH : undefined;
  }

  take({ text, ended }: Line): void {
    this.line += 1;
    const link = ended ? linkOf(text) : undefined;
    if (link === undefined) {
      this.fault(ended ? 'is no record' : 'is unfinished, as a killed agent leaves it until its next start');
      // What follows is held against its number alone.
      this.expectedId = (this.expectedId ?? 0) + 1;
      this.expectedPrevious = undefined;
      return;
    }
    if (!isSealed(text, link)) this.fault(`record ${link.id} was changed: its hash is not the one of its content`);
    if (link.id !== this.expectedId) this.fault(`record ${link.id} stands where ${this.expectedId} belongs`);
    else if (this.expectedPrevious !== undefined && link.previous !== this.expectedPrevious)
      this.fault(`record ${link.id} follows another record than the one before it`);
    for (const { by, hash } of this.unseen.get(link.id) ?? []) {
      if (hash !== link.hash) this.fault(`record ${link.id} is not the one that ${by} knows`);
    }
    this.unseen.delete(link.id);
    this.records += 1;
    this.first ??= link;
    this.last = link;
    this.expectedId = link.id + 1;
    this.expectedPrevious = link.hash;
  }

  /** What was read is there no more: the next record is the oldest. */
  forget(): void {
    this.records = 0;
    this.first = undefined;
    this.expectedId = undefined;
  }

  gone(): void {
    this.add({ file: this.file, what: 'was removed while the trail was read' });
  }

  report(files: number): TrailReport {
    const { first, last, records } = this;
    for (const { id, by, mayBeGone } of [...this.unseen.values()].flat()) {
      // What a sink got last may have made room long ago.
      if (mayBeGone && id < (first?.id ?? 1)) continue;
      this.add({
        what: `record ${id}, which ${by} knows, is missing: the trail has ${last === undefined ? 'no records' : `${first?.id} to ${last.id}`}`,
      });
    }
    const { faults, faultCount } = this;
    if (first === undefined || last === undefined) return { records, files, faults, faultCount };
    const place = ({ id, time }: Link) => ({ id, time });
    return { records, files, first: place(first), last: place(last), head: last.hash, faults, faultCount };
  }

  private fault(what: string): void {
    this.add({ file: this.file, line: this.line, what });
  }

  private add(fault: TrailFault): void {
    this.faultCount += 1;
    if (this.faults.length < MOST_FAULTS) this.faults.push(fault);
  }
}

function range(from: number, to: number): string {
  return from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`;
}
