import { Problem } from '../problem.js';

/** As many as wait for a turn; more than these would wait for nothing. */
const MOST_WAITING = 1_000;

/** Lets so many requests to the vault run at once; the others wait in order, within their time. */
export class VaultTurns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Runs `work` when its turn comes.
   * @param timeoutMs time for waiting and work together
   * @throws {Problem} `VAULT_TIMEOUT` past that time, whether or not the work heeds its signal; `VAULT_UNAVAILABLE` when too many wait already
   */
  async run<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    let expire: NodeJS.Timeout | undefined;
    const expiry = new Promise<never>((_, reject) => {
      expire = setTimeout(() => {
        const problem = new Problem('VAULT_TIMEOUT', { retryAfterSeconds: 1 });
        late.abort(problem);
        reject(problem);
      }, timeoutMs);
    });
    expiry.catch(() => undefined);
    try {
      const turn = this.#turn(late.signal);
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
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    if (this.#waiting.length >= MOST_WAITING) throw new Problem('VAULT_UNAVAILABLE', { retryAfterSeconds: 1 });
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => {
        const at = this.#waiting.indexOf(resolve);
        if (at >= 0) this.#waiting.splice(at, 1);
      });
    });
  }

  #next(): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#free += 1;
    else first();
  }
}
