import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as nextLook } from 'node:timers/promises';
import type { AuditRecord } from '../../../../src/audit/trail/audit-trail.js';

const CHUNK_BYTES = 1_048_576;
const LOOK_MS = 2;

/** Reads the first file of a trail while an agent writes it, each record once. */
export class TrailReader {
  #offset = 0;
  #rest = '';

  constructor(private readonly folder: string) {}

  /** The first of the records that are new which is wanted; those behind it are left for later. */
  find(wanted: (record: AuditRecord) => boolean): AuditRecord | undefined {
    this.#read();
    for (let end = this.#rest.indexOf('\n'); end !== -1; end = this.#rest.indexOf('\n')) {
      const record: AuditRecord = JSON.parse(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end + 1);
      if (wanted(record)) return record;
    }
    return undefined;
  }

  /** Waits for one; the time limit of the test ends it. */
  async next(wanted: (record: AuditRecord) => boolean): Promise<AuditRecord> {
    for (;;) {
      const found = this.find(wanted);
      if (found !== undefined) return found;
      await nextLook(LOOK_MS);
    }
  }

  #read(): void {
    const path = join(this.folder, 'audit-0000000000000001.jsonl');
    // It is made with the first record.
    if (!existsSync(path)) return;
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const file = openSync(path, 'r');
    try {
      for (let read = 1; read > 0; ) {
        read = readSync(file, chunk, 0, CHUNK_BYTES, this.#offset);
        this.#rest += chunk.toString('latin1', 0, read);
        this.#offset += read;
      }
    } finally {
      closeSync(file);
    }
  }
}
