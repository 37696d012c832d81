import { systemName } from '@axiom-runner/protocol';
import { RunnerError } from '../../../errors.js';
import type { Redactor } from '../../../guard/redaction.js';
import type { Logger } from '../../../operations/logger.js';
import type { Reaper } from '../../../systems/reaper.js';
import { Problem } from '../../problem.js';
import { unlessAborted } from '../unless-aborted.js';
import type { Vault, VaultRequest, VaultSecret } from '../vault.js';
import type { DynamicSecret } from './dynamic-secret.js';
import { EarlierLeases } from './earlier-leases.js';
import { Lanes } from './lanes.js';
import { type LeaseEvent, report } from './lease-event.js';
import { Leases } from './leases.js';
import type { RequestIds } from './request-ids.js';
import type { TemporaryUsers } from './temporary-users.js';

/** Time that all users get together when the agent stops, ms. */
const CLOSE_MS = 20_000;
/** Longest and shortest time between two looks at what is due, ms. */
const LONGEST_PAUSE_MS = 3_600_000;
const SHORTEST_PAUSE_MS = 500;

/** What a dynamic vault is made of. */
export interface DynamicVaultParts {
  readonly secrets: ReadonlyMap<string, DynamicSecret>;
  readonly users: TemporaryUsers;
  readonly requestIds: RequestIds;
  readonly reaper: Reaper;
  readonly redactor: Redactor;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly mostLeases: number;
  readonly onLease: ((event: LeaseEvent) => void) | undefined;
}

/** Secrets that are temporary users of an internal system: one of its own for each application, with a successor before it ends. */
export class DynamicVault implements Vault {
  readonly name = 'dynamic';
  readonly perApplication = true;
  readonly #leases: Leases;
  readonly #earlier: EarlierLeases;
  #timer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(private readonly parts: DynamicVaultParts) {
    const { secrets, users, requestIds, reaper, redactor, log, now, mostLeases, onLease } = parts;
    const systems = new Map([...secrets.values()].map(({ system }) => [systemName(system), system]));
    const common = { users, requestIds, lanes: new Lanes(), now };
    this.#earlier = new EarlierLeases({ ...common, log, systems: [...systems.values()], report: (event) => report(event, log, onLease) });
    this.#leases = new Leases({
      ...common,
      redactor,
      mostLeases,
      report: (event) => {
        if (event.kind === 'made' && event.expiresAt !== undefined) reaper.expect(event.expiresAt * 1000);
        report(event, log, onLease);
      },
      onChange: () => this.#schedule(),
    });
  }

  /** Users that stand or still have to be ended. */
  get leases(): number {
    return this.#leases.count;
  }

  /**
   * The application's own login: the current one while it has a third of its life or more, else that of a successor. While a successor
   * cannot be made for a reason that may pass, the current one as long as it lives.
   * @throws {Problem} `AGENT_STOPPING`
   * @throws {RunnerError} whatever hinders the making of a user, `SECRET_NOT_FOUND`, `RATE_LIMITED` with too many users
   */
  async fetch({ id, application, signal }: VaultRequest): Promise<VaultSecret> {
    if (this.#closing !== undefined) throw new Problem('AGENT_STOPPING');
    const secret = this.parts.secrets.get(id);
    if (secret === undefined) throw new RunnerError('SECRET_NOT_FOUND', 'There is no dynamic secret of this id.', { object: id });
    const holding = this.#leases.holdingOf(secret, application);
    const now = this.parts.now();
    const settled = holding.settled(now);
    if (settled !== undefined) {
      settled.asked = true;
      return settled.answer(now);
    }
    try {
      const lease = await unlessAborted(signal, this.#leases.make(holding));
      lease.asked = true;
      return lease.answer(this.parts.now());
    } catch (error) {
      const left = holding.current(this.parts.now());
      if (left === undefined || !(error instanceof RunnerError && error.retryable)) throw error;
      left.asked = true;
      return left.answer(this.parts.now());
    }
  }

  /** Whether every user can be made, without making one. */
  async test(signal: AbortSignal): Promise<string> {
    const { secrets, users, requestIds } = this.parts;
    for (const secret of secrets.values()) await unlessAborted(signal, users.plan(secret, requestIds.next(), signal));
    const systems = new Set([...secrets.values()].map(({ system }) => systemName(system)));
    return `can make users in ${[...systems].join(', ')} (dynamic secrets: ${secrets.size})`;
  }

  /** Starts whatever is due: successors, ends, the ends of users of an earlier life. Called by a timer. @returns when that is done */
  async tend(): Promise<void> {
    if (this.#closing !== undefined) return;
    const now = this.parts.now();
    const started: Promise<unknown>[] = [this.#earlier.tend()];
    for (const holding of this.#leases.holdings) {
      for (const lease of holding.leases) if (lease.isDue(now)) started.push(this.#leases.end(holding, lease));
      if (holding.wantsSuccessor(now)) started.push(this.#leases.make(holding));
    }
    this.#schedule();
    await Promise.allSettled(started);
  }

  /** Ends every user of an application that is gone. What cannot be ended now is tried again until it expires. */
  async revokeApplication(application: string): Promise<void> {
    await this.#leases.endAll(this.#leases.holdings.filter((holding) => holding.application === application));
  }

  /** Ends all users, as far as that is possible in 20 seconds; the others end when they expire. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    const { reaper, log } = this.parts;
    const deadline = setTimeout(() => this.#leases.abort(), CLOSE_MS);
    await Promise.all([reaper.stop(), this.#earlier.stop(), this.#leases.endAll(this.#leases.holdings)]);
    clearTimeout(deadline);
    clearTimeout(this.#timer);
    if (this.leases > 0) log.warn('temporary users are left to their expiry and the reaper', { users: this.leases });
  }

  #schedule(): void {
    if (this.#closing !== undefined) return;
    clearTimeout(this.#timer);
    const now = this.parts.now();
    const due = Math.min(this.#earlier.nextDue, ...this.#leases.holdings.map((holding) => holding.nextDue(now)));
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, due - now));
    this.#timer = setTimeout(() => void this.tend(), pause);
    this.#timer.unref();
  }
}
