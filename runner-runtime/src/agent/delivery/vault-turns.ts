import { Problem } from '../problem.js';

/** As many as wait for a turn; more than these would wait for nothing. */
const MOST_WAITING = 1_000;
const MOST_WAITING_IN_LANE = 250;

/**
 * Lets so many requests to the vault run at once; the others wait within their time. Lanes take turns, and in each its requests go in order:
 * an application that asks for many secrets at once does not keep the others from theirs.
 */
export class VaultTurns {
  #free: number;
  /** By lane, the one whose turn is next first; none is empty. */
  readonly #lanes = new Map<string, (() => void)[]>();
  #waiting = 0;
  /** Of all that wait or run. */
  readonly #givingUp = new Set<(problem: Problem) => void>();
  #isStopped = false;

  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Runs `work` when its turn comes.
   * @param lane who asks
   * @param timeoutMs time for waiting and work together
   * @throws {Problem} `VAULT_TIMEOUT` past that time, whether or not the work heeds its signal; `VAULT_UNAVAILABLE` when too many wait already;
   *   `AGENT_STOPPING` once it is stopped
   */
  async run<T>(lane: string, timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#isStopped) throw new Problem('AGENT_STOPPING');
    const late = new AbortController();
    let giveUp: (problem: Problem) => void = () => undefined;
    const expiry = new Promise<never>((_, reject) => {
      giveUp = (problem) => {
        late.abort(problem);
        reject(problem);
      };
    });
    const expire = setTimeout(() => giveUp(new Problem('VAULT_TIMEOUT', { retryAfterSeconds: 1 })), timeoutMs);
    this.#givingUp.add(giveUp);
    expiry.catch(() => undefined);
    try {
      const turn = this.#turn(lane, late.signal);
      try {
        await Promise.race([turn, expiry]);
      } catch (error) {
        // It may have come in the same moment: then it goes on to the next one.
        turn.then(
          () => this.#next(),
          () => undefined,
        );
        throw error;
      }
      // The turn is over when the work is, not when its caller has given up: a vault that hangs must not get ever more requests.
      const done = work(late.signal).finally(() => this.#next());
      done.catch(() => undefined);
      return await Promise.race([done, expiry]);
    } finally {
      clearTimeout(expire);
      this.#givingUp.delete(giveUp);
    }
  }

  /** Ends what waits and what runs: nothing of it shall keep the process from its end. */
  stop(): void {
    this.#isStopped = true;
    for (const giveUp of this.#givingUp) giveUp(new Problem('AGENT_STOPPING'));
  }

  async #turn(name: string, signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const lane = this.#lanes.get(name) ?? [];
    if (this.#waiting >= MOST_WAITING || lane.length >= MOST_WAITING_IN_LANE)
      throw new Problem('VAULT_UNAVAILABLE', { retryAfterSeconds: 1 });
    this.#lanes.set(name, lane);
    await new Promise<void>((resolve) => {
      lane.push(resolve);
      this.#waiting += 1;
      signal.addEventListener('abort', () => {
        const at = lane.indexOf(resolve);
        if (at >= 0) this.#leave(name, lane, at);
      });
    });
  }

  #next(): void {
    const [first] = this.#lanes;
    if (first === undefined) {
      this.#free += 1;
      return;
    }
    const [name, lane] = first;
    const [resolve] = lane;
    this.#leave(name, lane, 0);
    // Behind the others, until its turn comes again.
    if (lane.length > 0) {
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
    }
    resolve?.();
  }

  #leave(name: string, lane: (() => void)[], at: number): void {
    lane.splice(at, 1);
    this.#waiting -= 1;
    if (lane.length === 0) this.#lanes.delete(name);
  }
}
