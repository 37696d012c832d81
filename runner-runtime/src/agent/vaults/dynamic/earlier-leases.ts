import { type System, systemName } from '@axiom-runner/protocol';
import { asRunnerError } from '../../../errors.js';
import type { Intent } from '../../../integrations/intent.js';
import type { Logger } from '../../../operations/logger.js';
import { unlessAborted } from '../unless-aborted.js';
import { inTime } from './deadline.js';
import type { Lanes } from './lanes.js';
import { factsOf, type LeaseEvent } from './lease-event.js';
import type { RequestIds } from './request-ids.js';
import type { TemporaryUsers } from './temporary-users.js';

/** Time between two tries at a system, ms. */
const RETRY_MS = 60_000;
/** Time that one step gets, ms. */
const STEP_MS = 120_000;

/** What ending the users of an earlier life needs. */
export interface EarlierLeasesOptions {
  readonly systems: readonly System[];
  readonly users: TemporaryUsers;
  readonly requestIds: RequestIds;
  readonly lanes: Lanes;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly report: (event: LeaseEvent) => void;
}

/** Users that this agent made before its last start and did not end: nobody knows their passwords any more, so they go at once. */
export class EarlierLeases {
  readonly #stop = new AbortController();
  /** When each system that is not cleared yet is looked at next, unix milliseconds. */
  readonly #due: Map<System, number>;
  readonly #running = new Map<System, Promise<void>>();

  constructor(private readonly options: EarlierLeasesOptions) {
    this.#due = new Map(options.systems.map((system) => [system, 0]));
  }

  /** When the next try is due, unix milliseconds; infinite once all is cleared. */
  get nextDue(): number {
    const waiting = [...this.#due].filter(([system]) => !this.#running.has(system));
    return Math.min(Number.POSITIVE_INFINITY, ...waiting.map(([, at]) => at));
  }

  /** Tries every system that is due; what fails is tried again a minute later. */
  async tend(): Promise<void> {
    const now = this.options.now();
    await Promise.all([...this.#due].filter(([, at]) => at <= now).map(([system]) => this.#clear(system)));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running.values());
  }

  #clear(system: System): Promise<void> {
    const running = this.#running.get(system) ?? this.#clearNow(system).finally(() => this.#running.delete(system));
    this.#running.set(system, running);
    return running;
  }

  async #clearNow(system: System): Promise<void> {
    const { users, requestIds, log, now } = this.options;
    try {
      const standing = await this.#step(system, (signal) => users.standing(system, signal));
      const left = standing.filter(({ requestId }) => requestIds.isOfEarlierLife(requestId));
      const ended = await Promise.all(left.map((intent) => this.#end(intent)));
      if (ended.every(Boolean)) this.#due.delete(system);
      else this.#due.set(system, now() + RETRY_MS);
    } catch (error) {
      this.#due.set(system, now() + RETRY_MS);
      const facts = { system: systemName(system), error: asRunnerError(error).toTaskError() };
      log.warn('it is not known yet whether users of an earlier start are left in a system', facts);
    }
  }

  async #end(intent: Intent): Promise<boolean> {
    const { users, report } = this.options;
    try {
      await this.#step(intent.system, (signal) => users.end(intent, signal));
      report({ kind: 'revoked', ...factsOf(intent) });
      return true;
    } catch (error) {
      report({ kind: 'not-revoked', ...factsOf(intent), error: asRunnerError(error) });
      return false;
    }
  }

  #step<T>(system: System, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.options.lanes.run(systemName(system), async () => {
      const controller = new AbortController();
      const stop = () => controller.abort(this.#stop.signal.reason);
      if (this.#stop.signal.aborted) stop();
      this.#stop.signal.addEventListener('abort', stop, { once: true });
      try {
        return await inTime(STEP_MS, controller, (signal) => unlessAborted(signal, work(signal)));
      } finally {
        this.#stop.signal.removeEventListener('abort', stop);
      }
    });
  }
}
