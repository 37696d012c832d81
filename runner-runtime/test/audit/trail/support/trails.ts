import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent, AuditRecord, AuditTrail } from '../../../../src/audit/trail/audit-trail.js';
import { type AuditTrailOptions, openAuditTrail } from '../../../../src/audit/trail/open-audit-trail.js';
import type { AuditSink } from '../../../../src/audit/trail/sinks/audit-sink.js';
import type { Logger } from '../../../../src/operations/logger.js';

/** 2025-05-30T18:00:00.000Z */
export const NOON = Date.UTC(2025, 4, 30, 18);

export const delivery = (more: Partial<AuditEvent> = {}): AuditEvent => ({
  action: 'deliver',
  application: 'shop',
  secret: 'db-production',
  version: 'v1',
  source: 'cache',
  outcome: 'ok',
  latencyMs: 0.25,
  peer: '127.0.0.1:50312',
  ...more,
});

/** Keeps what is logged, for a test to look into. */
export function listeningLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: object) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  return { lines, trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A folder, and the trails in it, that are gone after the test. */
export class TrailFolder {
  private readonly opened: AuditTrail[] = [];
  readonly log = listeningLog();

  private constructor(
    readonly root: string,
    readonly path: string,
  ) {}

  static async make(): Promise<TrailFolder> {
    const root = await mkdtemp(join(tmpdir(), 'axiom-audit-'));
    return new TrailFolder(root, join(root, 'audit'));
  }

  /** Small files, so that a few records fill them. */
  async open(more: Partial<AuditTrailOptions> = {}): Promise<AuditTrail> {
    const small = { folder: this.path, maxBytes: 4_000_000, fileBytes: 4_000, sinks: [], log: this.log, now: () => NOON };
    const trail = await openAuditTrail({ ...small, ...more });
    this.opened.push(trail);
    return trail;
  }

  async files(): Promise<string[]> {
    return (await readdir(this.path)).filter((name) => name.endsWith('.jsonl')).sort();
  }

  async text(): Promise<string> {
    const texts = (await this.files()).map((name) => readFile(join(this.path, name), 'utf8'));
    return (await Promise.all(texts)).join('');
  }

  async lines(): Promise<string[]> {
    return (await this.text()).split('\n').slice(0, -1);
  }

  async records(): Promise<AuditRecord[]> {
    return (await this.lines()).map((line) => JSON.parse(line) as AuditRecord);
  }

  async remove(): Promise<void> {
    await Promise.allSettled(this.opened.map((trail) => trail.close()));
    await rm(this.root, { recursive: true, force: true });
  }
}

/** Records one after another, each in a turn of its own. */
export async function recordMany(trail: AuditTrail, count: number, more: Partial<AuditEvent> = {}): Promise<void> {
  for (let made = 0; made < count; made += 1) await trail.record(delivery(more));
}

export const idsOf = (lines: readonly string[]): number[] => lines.map((line) => (JSON.parse(line) as AuditRecord).id);
export const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** A receiver in this process that can be away. */
export class FakeSink implements AuditSink {
  readonly batches: (readonly string[])[] = [];
  private waiting: { readonly last: number; readonly resolve: () => void }[] = [];
  private tried: (() => void)[] = [];
  away: Error | 'hangs' | undefined;
  closed = false;

  constructor(readonly name = 'fake:one') {}

  get ids(): number[] {
    return idsOf(this.batches.flat());
  }

  async send(records: readonly string[], signal: AbortSignal): Promise<void> {
    for (const told of this.tried.splice(0)) told();
    if (this.away === 'hangs') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    if (this.away instanceof Error) throw this.away;
    this.batches.push(records);
    const reached = Math.max(...idsOf(records));
    for (const { last, resolve } of this.waiting) if (reached >= last) resolve();
  }

  close(): void {
    this.closed = true;
  }

  /** Resolves when a record has arrived. */
  async got(last: number): Promise<void> {
    if (this.ids.some((id) => id >= last)) return;
    await new Promise<void>((resolve) => this.waiting.push({ last, resolve }));
  }

  /** Resolves at the next delivery, whether it takes it or not. */
  async asked(): Promise<void> {
    await new Promise<void>((resolve) => this.tried.push(resolve));
  }
}

/** Nothing is waited for. */
export const AT_ONCE = { gatherMs: 0, retryMs: 1, mostRetryMs: 5, sendMs: 60_000, drainMs: 1_000 };

/** Asks again until it is so; the time limit of the test ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}
