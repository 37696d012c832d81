import { setTimeout as sleep } from 'node:timers/promises';
import { rateLimitIn } from './rate-limit.js';

/** Below this share of a vendor's limit the rest is spread over the time until it is renewed. */
const CALM_SHARE = 0.5;
/** No single call waits longer: a vendor that asks for more answers 429, which says how long. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Spreads calls to one system: what a vendor's headers say of its limit is used up evenly, not in a burst. All tasks on a system share one.
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
    const now = this.now();
    const { limit, remaining, renewedAt: endsAt } = rateLimitIn(headers, now);
    if (limit === undefined || remaining === undefined || endsAt === undefined) return;
    if (remaining > limit * CALM_SHARE || endsAt <= now) {
      this.#windows.delete(bucket);
      return;
    }
    const gapMs = (endsAt - now) / Math.max(1, remaining);
    this.#windows.set(bucket, { gapMs, endsAt, next: Math.max(this.#windows.get(bucket)?.next ?? 0, now + gapMs) });
  }
}
