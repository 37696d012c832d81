import type { Logger } from '../../operations/logger.js';
import { type AuditEvent, AuditFailure, type AuditTrail, type Recorded, type TrailStatus } from './audit-trail.js';
import type { ChainFile } from './chain-file.js';
import { bodyOf, LONGEST_LINE_BYTES, seal } from './record-line.js';
import type { Shipment } from './shipment.js';

/** One write; more records of one turn take several. */
const MOST_WRITE_BYTES = 1_048_576;

interface Waiting {
  readonly event: AuditEvent;
  readonly recorded: Recorded;
}

export interface ChainedTrailOptions {
  readonly file: ChainFile;
  /** The last record that stands. */
  readonly id: number;
  readonly hash: string;
  readonly log: Logger;
  readonly now: () => number;
  /** Lets go of the folder. */
  readonly release: () => Promise<void>;
}

/** The trail: what was appended in one turn of the event loop is written at its end at once. */
export class ChainedTrail implements AuditTrail {
  private waiting: Waiting[] = [];
  private refusal: AuditFailure | undefined;
  private id: number;
  private hash: string;
  private shipments: readonly Shipment[] = [];
  private isOpen = true;
  private closing: Promise<void> | undefined;
  private readonly file: ChainFile;

  constructor(private readonly options: ChainedTrailOptions) {
    this.id = options.id;
    this.hash = options.hash;
    this.file = options.file;
  }

  /** Names who is told of new records. */
  ship(shipments: readonly Shipment[]): void {
    this.shipments = shipments;
  }

  get lastId(): number {
    return this.id;
  }

  get failure(): AuditFailure | undefined {
    return this.refusal;
  }

  append(event: AuditEvent, recorded: Recorded): void {
    if (this.waiting.push({ event, recorded }) === 1) setImmediate(this.flush);
  }

  record(event: AuditEvent): Promise<void> {
    return new Promise((resolve, reject) => {
      this.append(event, (failure) => (failure === undefined ? resolve() : reject(failure)));
    });
  }

  status(): TrailStatus {
    return { lastId: this.id, head: this.hash, bytes: this.file.bytes, sinks: this.shipments.map((shipment) => shipment.status()) };
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** A sink has got more: what it held up may be taken again. */
  onProgress(): void {
    if (!(this.refusal instanceof BufferFull)) return;
    try {
      this.file.makeRoom(LONGEST_LINE_BYTES);
      this.changeTo(undefined);
    } catch {
      // Not enough yet.
    }
  }

  /** Whether every sink has got the records up to one. */
  mayRemove(last: number): AuditFailure | undefined {
    const holding = this.shipments.filter(({ sentId }) => sentId < last).map((shipment) => shipment.status());
    // One that is away rather than one that is slow.
    const worst = holding.find(({ since }) => since !== undefined) ?? holding[0];
    if (worst === undefined) return undefined;
    const { name, behind, since, lastError } = worst;
    const away = since === undefined ? `is ${behind} records behind` : `has been away since ${since} (${lastError})`;
    return new BufferFull(`the audit sink ${name} ${away} and its buffer is full`, 'Bring the sink back, or raise audit.max_bytes.');
  }

  private async end(): Promise<void> {
    this.flush();
    this.isOpen = false;
    await Promise.all(this.shipments.map((shipment) => shipment.stop()));
    try {
      this.file.close();
    } finally {
      await this.options.release();
    }
  }

  private readonly flush = (): void => {
    const batch = this.waiting;
    if (batch.length === 0) return;
    this.waiting = [];
    let done = 0;
    let failure: AuditFailure | undefined;
    try {
      if (!this.isOpen) throw new AuditFailure('the audit trail is closed');
      const time = new Date(this.options.now()).toISOString();
      while (done < batch.length) done = this.writeFrom(batch, done, time);
    } catch (error) {
      failure = error instanceof AuditFailure ? error : new AuditFailure(`the audit trail failed (${(error as Error).name})`);
    }
    if (this.isOpen) this.changeTo(failure);
    if (done > 0) for (const shipment of this.shipments) shipment.wake();
    let index = 0;
    for (const { recorded } of batch) this.tell(recorded, index++ < done ? undefined : failure);
  };

  /** Writes records from one of a batch on, as many as go into one file. @returns behind the last that was written */
  private writeFrom(batch: readonly Waiting[], from: number, time: string): number {
    let { id, hash } = this;
    let lines = '';
    let most = Math.min(this.file.room, MOST_WRITE_BYTES);
    let at = from;
    for (let next = batch[at]; next !== undefined; next = batch[at]) {
      const sealed = seal(id + 1, time, bodyOf(next.event), hash);
      if (lines.length + sealed.line.length > most) {
        if (lines !== '') break;
        // The first line of a new file.
        most = Math.min(this.file.wholeRoom, MOST_WRITE_BYTES);
      }
      lines += sealed.line;
      hash = sealed.hash;
      id += 1;
      at += 1;
    }
    this.file.write(lines, this.id + 1);
    this.id = id;
    this.hash = hash;
    return at;
  }

  private changeTo(failure: AuditFailure | undefined): void {
    const { refusal } = this;
    this.refusal = failure;
    if (failure !== undefined && failure.message !== refusal?.message)
      this.options.log.error(`nothing is delivered: ${failure.message}`, { mend: failure.mend });
    else if (failure === undefined && refusal !== undefined) this.options.log.info('audit records are taken again');
  }

  /** One caller's fault must not keep the others from their answer. */
  private tell(recorded: Recorded, failure: AuditFailure | undefined): void {
    try {
      recorded(failure);
    } catch (error) {
      this.options.log.error('a caller of the audit trail failed', { name: (error as Error).name });
    }
  }
}

/** A sink has not got what would have to go. */
class BufferFull extends AuditFailure {}
