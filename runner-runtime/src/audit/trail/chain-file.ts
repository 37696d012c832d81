import { closeSync, constants, fstatSync, fsync, fsyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import type { Logger } from '../../operations/logger.js';
import { AuditFailure } from './audit-trail.js';
import { type Segment, segmentOf } from './segments.js';

/** The calls that a full or broken disk answers with errors. */
export interface Disk {
  /** As `fs.writeSync`: may write less than it was given. */
  write(file: number, bytes: Uint8Array, offset: number, length: number): number;
  truncate(file: number, size: number): void;
}

export const REAL_DISK: Disk = {
  write: (file, bytes, offset, length) => writeSync(file, bytes, offset, length),
  truncate: ftruncateSync,
};

/** A segment and how many of its bytes are written. */
export interface Part {
  readonly segment: Segment;
  size: number;
}

export interface ChainFileOptions {
  readonly folder: string;
  readonly maxBytes: number;
  readonly fileBytes: number;
  /** The segments that are there, the one to go on with last. */
  readonly parts: readonly Part[];
  /** Whether to begin a new segment nevertheless. */
  readonly fresh: boolean;
  /** Says that the segment with these records may go, or why it may not. */
  readonly mayRemove: (last: number) => AuditFailure | undefined;
  readonly log: Logger;
  readonly disk: Disk;
}

/** The files of a trail as one: whole lines, synchronously, within their bound. */
export class ChainFile {
  private readonly parts: Part[];
  private file: number | undefined;
  private total: number;
  /** Bytes behind the last whole line may have been written. */
  private torn = false;
  private fresh: boolean;

  constructor(private readonly options: ChainFileOptions) {
    this.parts = [...options.parts];
    this.fresh = options.fresh;
    this.total = this.parts.reduce((sum, { size }) => sum + size, 0);
  }

  /** Of all files. */
  get bytes(): number {
    return this.total;
  }

  /** Bytes that go into the current file yet. */
  get room(): number {
    return this.options.fileBytes - (this.current?.size ?? this.options.fileBytes);
  }

  /** Bytes that go into an empty file. */
  get wholeRoom(): number {
    return this.options.fileBytes;
  }

  /** The files as far as they are written: nothing behind it may be read. */
  get written(): readonly Part[] {
    return this.parts;
  }

  private get current(): Part | undefined {
    return this.parts.at(-1);
  }

  /**
   * Writes whole lines.
   * @param first id of the first of them, should they begin a file
   * @throws {AuditFailure} then nothing of them stands in the trail
   */
  write(lines: string, first: number): void {
    this.makeRoom(lines.length);
    try {
      this.writeTo(this.opened(lines.length, first), Buffer.from(lines, 'latin1'));
    } catch (error) {
      throw error instanceof AuditFailure ? error : diskFailure(error);
    }
  }

  /** Removes the oldest files until there is room. @throws {AuditFailure} when one of them is still needed */
  makeRoom(length: number): void {
    while (this.total + length > this.options.maxBytes) {
      const [oldest, next] = this.parts;
      if (oldest === undefined || next === undefined) return;
      const refused = this.options.mayRemove(next.segment.first - 1);
      if (refused !== undefined) throw refused;
      try {
        unlinkSync(oldest.segment.path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskFailure(error);
      }
      this.parts.shift();
      this.total -= oldest.size;
    }
  }

  close(): void {
    if (this.file === undefined) return;
    const file = this.file;
    this.file = undefined;
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  private writeTo({ file, part }: { readonly file: number; readonly part: Part }, bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length; ) done += this.options.disk.write(file, bytes, done, bytes.length - done);
    } catch (error) {
      this.torn = true;
      try {
        this.mend(file, part);
      } catch {
        // Tried again before the next record; until then no record is taken.
      }
      throw error;
    }
    part.size += bytes.length;
    this.total += bytes.length;
  }

  /** The file that takes the lines: the current one, or a new one when that is full, or no longer what it was. */
  private opened(length: number, first: number): { readonly file: number; readonly part: Part } {
    const { current } = this;
    if (this.torn && this.file !== undefined && current !== undefined) this.mend(this.file, current);
    if (current !== undefined && !this.fresh && (current.size === 0 || current.size + length <= this.options.fileBytes)) {
      this.file ??= openSync(current.segment.path, constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0));
      const { size, nlink } = fstatSync(this.file);
      if (nlink > 0 && size === current.size) return { file: this.file, part: current };
      this.options.log.error('a file of the audit trail was changed or removed by another; the trail goes on in a new one', {
        file: current.segment.path,
        hasBytes: nlink > 0 ? size : 0,
        hadBytes: current.size,
      });
    }
    return this.startFile(first);
  }

  private startFile(first: number): { readonly file: number; readonly part: Part } {
    const segment = segmentOf(this.options.folder, first);
    const file = openSync(segment.path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL, 0o600);
    const previous = this.file;
    this.file = file;
    this.fresh = false;
    if (previous !== undefined) fsync(previous, () => closeSync(previous));
    const part = { segment, size: 0 };
    this.parts.push(part);
    return { file, part };
  }

  private mend(file: number, { size }: Part): void {
    this.options.disk.truncate(file, size);
    this.torn = false;
  }
}

function diskFailure(error: unknown): AuditFailure {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new AuditFailure(
    `the audit trail cannot be written (${code})`,
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'Free space on the disk of the state folder.'
      : 'Check the disk of the state folder and its rights.',
  );
}
