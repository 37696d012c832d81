import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SettingsError } from '../../config/settings.js';
import type { Logger } from '../../operations/logger.js';
import { PrivateFileError, privateFolder } from '../../operations/private-file.js';
import type { AuditTrail } from './audit-trail.js';
import { ChainFile, type Disk, REAL_DISK } from './chain-file.js';
import { ChainedTrail } from './chained-trail.js';
import { type Cursor, readCursor } from './cursor.js';
import { lockFolder } from './folder-lock.js';
import { recover, type Tail } from './recovery.js';
import { SHIPPING_TIMES, Shipment, type ShippingTimes } from './shipment.js';
import type { AuditSink } from './sinks/audit-sink.js';

/** Where a trail is kept and who gets it. */
export interface AuditTrailOptions {
  /** Made with mode 0700 when it is missing. */
  readonly folder: string;
  /** Of all files together; two files must fit in. */
  readonly maxBytes: number;
  /** Of one file; 64 KiB or more. */
  readonly fileBytes: number;
  readonly sinks: readonly AuditSink[];
  readonly log: Logger;
  /** Unix milliseconds. @default the clock of this host */
  readonly now?: () => number;
  /** When sinks are sent to. */
  readonly shipping?: Partial<ShippingTimes>;
  /** @default the disk */
  readonly disk?: Disk;
}

/**
 * Opens a trail for this process alone and goes on where it ended.
 * @throws {RunnerError} `CONFLICT` while another process writes it
 * @throws {SettingsError} when the folder cannot be used, or its records are not the ones that were written
 */
export async function openAuditTrail(options: AuditTrailOptions): Promise<AuditTrail> {
  const { folder, sinks, log, now = Date.now } = options;
  refuseUnbounded(options);
  refuseDoubles(sinks);
  await usable(folder);
  const lock = await lockFolder(folder);
  try {
    await removeDrafts(folder);
    const found = await recover(folder, log);
    const cursors = await Promise.all(sinks.map(({ name }) => readCursor(folder, name)));
    const { tail, fresh } = await aheadOf(found, cursors, log);
    const file = new ChainFile({
      ...options,
      disk: options.disk ?? REAL_DISK,
      parts: tail.parts,
      fresh,
      mayRemove: (last) => trail.mayRemove(last),
    });
    const trail: ChainedTrail = new ChainedTrail({ file, id: tail.id, hash: tail.hash, log, now, release: () => lock.release() });
    const source = {
      folder,
      get written() {
        return file.written;
      },
      get lastId() {
        return trail.lastId;
      },
    };
    const times = { ...SHIPPING_TIMES, ...options.shipping };
    trail.ship(
      sinks.flatMap((sink, index) => {
        const cursor = cursors[index];
        return cursor === undefined ? [] : [new Shipment({ sink, cursor, source, onProgress: () => trail.onProgress(), log, now, times })];
      }),
    );
    return trail;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A power failure, or somebody, took records that a sink has got: their ids are not given a second time, so that none is taken for known. */
async function aheadOf(tail: Tail, cursors: readonly Cursor[], log: Logger): Promise<{ readonly tail: Tail; readonly fresh: boolean }> {
  const furthest = cursors.reduce<Cursor | undefined>((most, cursor) => (cursor.id > (most?.id ?? tail.id) ? cursor : most), undefined);
  if (furthest === undefined) return { tail, fresh: false };
  log.error('the end of the audit trail is missing on this host; a sink has it', {
    sink: furthest.sink,
    after: tail.id,
    missing: furthest.id - tail.id,
  });
  const empty = tail.parts.filter(({ size }) => size === 0);
  await Promise.all(empty.map(({ segment }) => rm(segment.path, { force: true })));
  return { tail: { id: furthest.id, hash: furthest.hash, parts: tail.parts.filter(({ size }) => size > 0) }, fresh: true };
}

/** With one file there is none that could make room. */
function refuseUnbounded({ maxBytes, fileBytes }: AuditTrailOptions): void {
  if (fileBytes * 2 <= maxBytes) return;
  const mend = 'Let two files or more fit into max_bytes.';
  throw new SettingsError([{ variable: 'audit.file_bytes', found: `is ${fileBytes}, more than half of max_bytes`, mend }]);
}

/** Two sinks of one name would share a cursor. */
function refuseDoubles(sinks: readonly AuditSink[]): void {
  const names = new Set<string>();
  for (const { name } of sinks) {
    if (names.has(name))
      throw new SettingsError([{ variable: 'audit.sinks', found: `has ${name} twice`, mend: 'Name each destination once.' }]);
    names.add(name);
  }
}

async function usable(folder: string): Promise<void> {
  try {
    await privateFolder(folder);
  } catch (error) {
    const mend = error instanceof PrivateFileError ? error.mend : 'Set "state" to a folder that the user of the agent may write.';
    const reason = error instanceof PrivateFileError ? error.reason : ((error as NodeJS.ErrnoException).code ?? 'unknown');
    throw new SettingsError([{ variable: `audit trail ${folder}`, found: `cannot be used (${reason})`, mend }]);
  }
}

/** What a killed process left of a cursor that it was writing. */
async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => /^\.[0-9a-f]{18}\.tmp$/.test(name));
  await Promise.all(drafts.map((name) => rm(join(folder, name), { force: true })));
}
