import { CancelledFailure } from '@temporalio/common';
import { RunnerError } from '../errors.js';
import type { EffectGate } from '../integrations/integration.js';

/** Time between heartbeats, ms. */
const BEAT_EVERY_MS = 3_000;
/** Age of the last accepted heartbeat at which effects stop; the server gives the task to another runner at 10 s. */
const OLDEST_BEAT_MS = 8_000;

/** How a gate beats and what it watches. */
export interface HeartbeatOptions {
  /** Sends one heartbeat and returns when the server has accepted it; throws when the task is no longer ours. */
  readonly beat: () => Promise<void>;
  /** Aborted on cancellation. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that also runs while the process is stopped. */
  readonly clock: () => number;
}

/** Lets effects through only while the server is known to regard this attempt as alive: a paused runner must not act after another took over. */
export class HeartbeatGate implements EffectGate {
  #acceptedAt: number | undefined;
  #lost = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: HeartbeatOptions) {}

  /**
   * Goes on beating until {@link stop}.
   * @param first whether to beat at once and wait for the server's answer: nothing may be changed before it
   */
  async start(first: boolean): Promise<void> {
    if (first) await this.#beat();
    this.#timer = setInterval(() => void this.#beat(), BEAT_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  check(): void {
    if (this.options.signal.aborted) throw new CancelledFailure('the task was cancelled');
    const age = this.#acceptedAt === undefined ? Number.POSITIVE_INFINITY : this.options.clock() - this.#acceptedAt;
    if (this.#lost || age > OLDEST_BEAT_MS) {
      throw new RunnerError('INTERNAL', 'This runner lost touch with its control plane and leaves the step to another attempt.', {
        retryable: true,
      });
    }
  }

  async #beat(): Promise<void> {
    const sentAt = this.options.clock();
    try {
      await this.options.beat();
      this.#acceptedAt = sentAt;
    } catch (error) {
      // Unreachable is a matter of age; gone or cancelled is final.
      if (error instanceof Error && /NotFound|Cancelled/.test(error.name)) this.#lost = true;
    }
  }
}
