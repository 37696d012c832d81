import { setTimeout as sleep } from 'node:timers/promises';

/** Below this share of a vendor's limit the rest is spread over the time until it is renewed. */
const CALM_SHARE = 0.5;
/** No single call waits longer: a vendor that asks for more answers 429, which says how long. */
const LONGEST_WAIT_MS = 30_000;
/** A number this large is a moment, not a number of seconds from now. */
const EPOCH_FROM = 1_000_000_000;

/**
 * Spreads calls to one system: what a vendor's headers say of its limit is used up evenly, not in a burst. All tasks on a system share one.
 * Reads `X-RateLimit-*`, `X-Rate-Limit-*` (Okta) and `RateLimit-*` (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/).
 */
export class Pacer {
  readonly #windows = new Map<string, { readonly gapMs: number; readonly endsAt: number; next: number }>();

  /**
   * @param now  unix milliseconds
   * @param wait waits some milliseconds; ends with an error when the signal is aborted
   */
  constructor(
    private readonly now: () => number = Date.now,
    readonly wait = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }),
  ) {}

  /**
   * Waits for a call's turn.
   * @param bucket what the vendor counts together: its host, or a part of its interface
   */
  async turn(bucket: string, signal: AbortSignal): Promise<void> {
    const window = this.#windows.get(bucket);
    const now = this.now();
    if (window === undefined || window.endsAt <= now) return;
    const at = Math.max(now, window.next);
    window.next = at + window.gapMs;
    if (at > now) await this.wait(Math.min(at - now, LONGEST_WAIT_MS), signal);
  }

  /** Learns from an answer how much is left. */
  learn(bucket: string, headers: Headers): void {
    const limit = read(headers, 'limit');
    const remaining = read(headers, 'remaining');
    const reset = read(headers, 'reset');
    if (limit === undefined || remaining === undefined || reset === undefined) return;
    const now = this.now();
    const endsAt = reset >= EPOCH_FROM ? reset * 1000 : now + reset * 1000;
    if (remaining > limit * CALM_SHARE || endsAt <= now) {
      this.#windows.delete(bucket);
      return;
    }
    const gapMs = (endsAt - now) / Math.max(1, remaining);
    this.#windows.set(bucket, { gapMs, endsAt, next: Math.max(this.#windows.get(bucket)?.next ?? 0, now + gapMs) });
  }
}

function read(headers: Headers, what: 'limit' | 'remaining' | 'reset'): number | undefined {
  const text = headers.get(`x-ratelimit-${what}`) ?? headers.get(`x-rate-limit-${what}`) ?? headers.get(`ratelimit-${what}`);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
