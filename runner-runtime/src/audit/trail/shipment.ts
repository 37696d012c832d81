import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../operations/logger.js';
import type { SinkStatus } from './audit-trail.js';
import { nextBatch } from './batch.js';
import type { Part } from './chain-file.js';
import { type Cursor, writeCursor } from './cursor.js';
import { type AuditSink, codeOf, SinkError } from './sinks/audit-sink.js';

/** When records are sent. */
export interface ShippingTimes {
  /** How long the first record after a silence waits for others, ms. @default 250 */
  readonly gatherMs: number;
  /** Time of one delivery. @default 30 s */
  readonly sendMs: number;
  /** Time to the second try; it doubles up to {@link mostRetryMs}, and half of it is left to chance. @default 500 ms */
  readonly retryMs: number;
  /** @default 60 s */
  readonly mostRetryMs: number;
  /** How long the rest may take at the end. @default 2 s */
  readonly drainMs: number;
}

export const SHIPPING_TIMES: ShippingTimes = { gatherMs: 250, sendMs: 30_000, retryMs: 500, mostRetryMs: 60_000, drainMs: 2_000 };

/** What a shipment reads from. */
export interface ShipmentSource {
  readonly folder: string;
  readonly written: readonly Part[];
  readonly lastId: number;
}

export interface ShipmentOptions {
  readonly sink: AuditSink;
  readonly cursor: Cursor;
  readonly source: ShipmentSource;
  /** Called when the sink has got more. */
  readonly onProgress: () => void;
  readonly log: Logger;
  readonly now: () => number;
  readonly times: ShippingTimes;
}

/** Sends a trail to one sink: in order, at least once, from the files, which are the buffer. */
export class Shipment {
  private cursor: Cursor;
  private failure: { readonly since: number; readonly code: string; readonly tries: number } | undefined;
  private wakeUp: (() => void) | undefined;
  private isEnding = false;
  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;

  constructor(private readonly options: ShipmentOptions) {
    this.cursor = options.cursor;
    this.running = this.run();
  }

  /** The last record that the sink has got. */
  get sentId(): number {
    return this.cursor.id;
  }

  /** Says that there are more records. Called on the hot path. */
  wake(): void {
    this.wakeUp?.();
  }

  status(): SinkStatus {
    const { name } = this.options.sink;
    const behind = Math.max(0, this.options.source.lastId - this.cursor.id);
    if (this.failure === undefined) return { name, behind };
    return { name, behind, since: new Date(this.failure.since).toISOString(), lastError: this.failure.code };
  }

  /** Sends the rest if the sink takes it in time. */
  async stop(): Promise<void> {
    this.isEnding = true;
    this.wake();
    if (this.failure !== undefined) this.stopped.abort();
    const timer = setTimeout(() => this.stopped.abort(), this.options.times.drainMs);
    await this.running;
    clearTimeout(timer);
    this.options.sink.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      if (this.cursor.id >= this.options.source.lastId) {
        if (this.isEnding) return;
        await this.idle();
        continue;
      }
      try {
        await this.sendNext();
      } catch (error) {
        if (signal.aborted) return;
        await this.failed(error);
        if (this.isEnding) return;
      }
    }
  }

  private async sendNext(): Promise<void> {
    const { sink, source, log, now, onProgress } = this.options;
    const batch = await nextBatch(this.cursor, source.written);
    if (batch.lines.length === 0) throw new SinkError('TRAIL_UNREADABLE', 'the records that follow are not in the files');
    if (batch.missing > 0 && this.cursor.id > 0)
      log.error('audit records were lost before a sink got them', { sink: sink.name, after: this.cursor.id, missing: batch.missing });
    await this.send(batch.lines);
    this.cursor = batch.cursor;
    if (this.failure !== undefined)
      log.info('an audit sink takes records again', { sink: sink.name, awaySeconds: Math.round((now() - this.failure.since) / 1_000) });
    this.failure = undefined;
    onProgress();
    // Without it the sink gets the same records again after a restart, which it knows by their ids.
    await writeCursor(source.folder, this.cursor).catch((error: unknown) =>
      log.warn('the cursor of an audit sink could not be written', { sink: sink.name, code: codeOf(error) }),
    );
  }

  private async send(lines: readonly string[]): Promise<void> {
    const attempt = new AbortController();
    const giveUp = () => attempt.abort(new SinkError('TIMEOUT', 'the sink did not answer in time'));
    const timer = setTimeout(giveUp, this.options.times.sendMs);
    this.stopped.signal.addEventListener('abort', giveUp, { once: true });
    // The end may have come while the records were read; then nothing is told any more.
    if (this.stopped.signal.aborted) giveUp();
    try {
      // A sink that does not heed the signal must not hold up the shipment.
      await Promise.race([this.options.sink.send(lines, attempt.signal), rejected(attempt.signal)]);
    } finally {
      clearTimeout(timer);
      this.stopped.signal.removeEventListener('abort', giveUp);
    }
  }

  private async failed(error: unknown): Promise<void> {
    const { sink, log, now, times } = this.options;
    const code = codeOf(error);
    if (this.failure?.code !== code) log.warn('an audit sink takes no records', { sink: sink.name, code, behind: this.status().behind });
    const tries = (this.failure?.tries ?? 0) + 1;
    this.failure = { since: this.failure?.since ?? now(), code, tries };
    if (this.isEnding) return;
    const backoff = Math.min(times.mostRetryMs, times.retryMs * 2 ** Math.min(tries - 1, 30)) * (0.5 + Math.random() / 2);
    const asked = error instanceof SinkError ? Math.min(error.retryAfterMs ?? 0, times.mostRetryMs) : 0;
    await this.pause(Math.max(backoff, asked));
  }

  private async idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
    });
    this.wakeUp = undefined;
    if (!this.isEnding) await this.pause(this.options.times.gatherMs);
  }

  /** Ends at once when the trail closes while a sink is away. */
  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
  }
}

async function rejected(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}
