import { type FileHandle, open } from 'node:fs/promises';
import type { z } from 'zod';
import { configError, systemCode } from '../errors.js';
import { withLock } from './lock.js';

/** What a reader of a journal has seen: the entries, and where to go on. */
export interface JournalPage<T> {
  readonly entries: T[];
  readonly next: number;
}

interface Waiting<T> {
  readonly entry: T;
  resolve(stored: boolean): void;
  reject(error: unknown): void;
}

/**
 * An append-only file of JSON lines in which each id occurs once. Several processes may append at the same time.
 * A line that a crash left unfinished is not read, and is removed by the next append.
 */
export class Journal<T> {
  readonly #seen = new Set<string>();
  #offset = 0;
  #waiting: Waiting<T>[] = [];
  #flushing = false;

  constructor(
    readonly path: string,
    private readonly schema: z.ZodType<T>,
    private readonly idOf: (entry: T) => string,
  ) {}

  /**
   * Stores an entry durably (it is on disk when this resolves). Entries that come at the same time share one write.
   * @returns false when an entry with its id is there already
   */
  append(entry: T): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      void this.#flush();
    });
  }

  /** Reads the entries from an offset on; 0 is the beginning. */
  async read(from = 0): Promise<JournalPage<T>> {
    const file = await open(this.path, 'r').catch((error) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (file === undefined) return { entries: [], next: from };
    try {
      return await this.#readFrom(file, from);
    } finally {
      await file.close();
    }
  }

  async #flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const stored = await this.#store(batch.map(({ entry }) => entry));
        batch.forEach(({ resolve }, index) => {
          resolve(stored[index] ?? false);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#flushing = false;
  }

  #store(entries: readonly T[]): Promise<boolean[]> {
    return withLock(`${this.path}.lock`, async () => {
      const file = await open(this.path, 'a+', 0o600);
      try {
        await this.#catchUp(file);
        const stored = entries.map((entry) => {
          const isNew = !this.#seen.has(this.idOf(entry));
          this.#seen.add(this.idOf(entry));
          return isNew;
        });
        const lines = entries.filter((_, index) => stored[index]).map((entry) => `${JSON.stringify(entry)}\n`);
        if (lines.length > 0) await this.#write(file, Buffer.from(lines.join('')));
        return stored;
      } catch (error) {
        this.#seen.clear();
        this.#offset = 0;
        throw error;
      } finally {
        await file.close();
      }
    });
  }

  /** Learns what other processes appended, and cuts off what one of them could not finish. */
  async #catchUp(file: FileHandle): Promise<void> {
    const { entries, next } = await this.#readFrom(file, this.#offset);
    for (const entry of entries) this.#seen.add(this.idOf(entry));
    this.#offset = next;
    if ((await file.stat()).size > next) await file.truncate(next);
  }

  async #write(file: FileHandle, bytes: Buffer): Promise<void> {
    await file.appendFile(bytes);
    await file.datasync();
    this.#offset += bytes.length;
  }

  async #readFrom(file: FileHandle, from: number): Promise<JournalPage<T>> {
    const size = (await file.stat()).size;
    if (size <= from) return { entries: [], next: Math.min(from, size) };
    const bytes = Buffer.alloc(size - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    const end = bytes.lastIndexOf(0x0a, bytesRead - 1) + 1;
    const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
    return { entries: lines.map((line) => this.#parse(line)), next: from + end };
  }

  #parse(line: string): T {
    try {
      return this.schema.parse(JSON.parse(line));
    } catch {
      throw configError(`${this.path} holds a line that is not an entry of it.`, 'restore the file from a backup, or remove that line');
    }
  }
}
