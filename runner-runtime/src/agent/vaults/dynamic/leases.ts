import { type System, systemName } from '@axiom-runner/protocol';
import { asRunnerError, RunnerError } from '../../../errors.js';
import type { Redactor } from '../../../guard/redaction.js';
import { unlessAborted } from '../unless-aborted.js';
import { inTime } from './deadline.js';
import type { DynamicSecret } from './dynamic-secret.js';
import type { Lanes } from './lanes.js';
import { Holding, Lease } from './lease.js';
import { factsOf, type LeaseEvent } from './lease-event.js';
import type { RequestIds } from './request-ids.js';
import { APPLY_SECONDS, type TemporaryUsers } from './temporary-users.js';

/** Users of one application for one secret: the current one, and the one before it or one that could not be ended yet. */
const MOST_PER_HOLDING = 2;
/** Time between two tries, ms. */
const RETRY_MS = 15_000;
/** Time that a user gets to end, ms. */
const END_MS = 120_000;

/** What making and ending leases needs. */
export interface LeasesOptions {
  readonly users: TemporaryUsers;
  readonly requestIds: RequestIds;
  readonly redactor: Redactor;
  readonly lanes: Lanes;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Most users at once, of all applications. */
  readonly mostLeases: number;
  readonly report: (event: LeaseEvent) => void;
  /** Told whenever what is due next may have changed. */
  readonly onChange: () => void;
}

/** The temporary users of all applications: makes and ends them. */
export class Leases {
  readonly #holdings = new Map<string, Holding>();
  /** Aborts what is under way. */
  readonly #running = new Set<AbortController>();

  constructor(private readonly options: LeasesOptions) {}

  get holdings(): readonly Holding[] {
    return [...this.#holdings.values()];
  }

  /** Users that stand or still have to be ended. */
  get count(): number {
    return this.holdings.reduce((sum, { leases }) => sum + leases.length, 0);
  }

  /** What an application has of a secret, from now on. */
  holdingOf(secret: DynamicSecret, application: string): Holding {
    // No name of an application holds a blank.
    const key = `${application} ${secret.id}`;
    const holding = this.#holdings.get(key) ?? new Holding(secret, application);
    this.#holdings.set(key, holding);
    return holding;
  }

  /** Makes the next user, or joins the making that is under way. */
  make(holding: Holding): Promise<Lease> {
    if (holding.making !== undefined) return holding.making.lease;
    const { requestIds, now } = this.options;
    const { system } = holding.secret;
    const requestId = requestIds.next();
    const abort = new AbortController();
    const lease = this.#makeRoom(holding)
      .then(() => this.#run(system, abort, APPLY_SECONDS * 1000, (signal) => this.#makeNow(holding, requestId, signal)))
      .catch((thrown: unknown) => {
        const error = asRunnerError(thrown);
        holding.retryAt = now() + RETRY_MS;
        holding.mayPass = error.retryable;
        this.#report(holding, { kind: 'not-made', system: systemName(system), requestId, error });
        throw error;
      })
      .finally(() => {
        holding.making = undefined;
        this.#tidy();
      });
    lease.catch(() => undefined);
    holding.making = { lease, abort };
    return lease;
  }

  /** @throws {RunnerError} `RATE_LIMITED` where there is no room for one more */
  async #makeRoom(holding: Holding): Promise<void> {
    const { mostLeases, now } = this.options;
    const isFull = () => holding.leases.filter(({ endsAt }) => endsAt > now()).length >= MOST_PER_HOLDING;
    if (isFull()) await Promise.all(holding.leases.filter(({ retired }) => retired).map((lease) => this.end(holding, lease)));
    const others = this.holdings.filter((other) => other !== holding && other.making !== undefined).length;
    if (!isFull() && this.count + others < mostLeases) return;
    throw new RunnerError('RATE_LIMITED', 'There are as many temporary users as there may be, with those that could not be ended yet.', {
      mend: 'Try again when some have ended; the log names those that could not be.',
      retryAfterMs: RETRY_MS,
    });
  }

  async #makeNow(holding: Holding, requestId: string, signal: AbortSignal): Promise<Lease> {
    const { users, redactor } = this.options;
    const lease = new Lease(await unlessAborted(signal, users.plan(holding.secret, requestId, signal)));
    holding.leases.push(lease);
    try {
      const login = await unlessAborted(signal, users.make(lease.intent, signal));
      lease.begin(login, redactor.hold([login.password]));
      signal.throwIfAborted();
    } catch (error) {
      // It may stand all the same.
      void this.end(holding, lease);
      throw error;
    }
    this.#report(holding, { kind: 'made', ...factsOf(lease.intent) });
    return lease;
  }

  /** Ends a user, or joins its ending that is under way; never fails. */
  end(holding: Holding, lease: Lease): Promise<void> {
    lease.retire();
    lease.ending ??= this.#endNow(holding, lease).finally(() => {
      lease.ending = undefined;
      this.#tidy();
    });
    return lease.ending;
  }

  async #endNow(holding: Holding, lease: Lease): Promise<void> {
    const { users, now } = this.options;
    try {
      await this.#run(holding.secret.system, new AbortController(), END_MS, (signal) =>
        unlessAborted(signal, users.end(lease.intent, signal)),
      );
      this.#report(holding, { kind: 'revoked', ...factsOf(lease.intent) });
    } catch (error) {
      this.#report(holding, { kind: 'not-revoked', ...factsOf(lease.intent), error: asRunnerError(error) });
      lease.retryAt = now() + RETRY_MS;
      // From its end on it is the reaper's.
      if (now() < lease.endsAt) return;
    }
    lease.forget();
    holding.leases.splice(holding.leases.indexOf(lease), 1);
  }

  /** Ends every user of some applications, and gives up what is being made for them; never fails. */
  async endAll(holdings: readonly Holding[]): Promise<void> {
    for (const { leases, making } of holdings) {
      making?.abort.abort(notNeeded());
      for (const lease of leases) lease.retire();
    }
    await Promise.allSettled(holdings.map(({ making }) => making?.lease));
    await Promise.all(holdings.flatMap((holding) => holding.leases.map((lease) => this.end(holding, lease))));
  }

  /** Gives up whatever is under way. */
  abort(): void {
    for (const controller of this.#running) controller.abort(notNeeded());
  }

  #run<T>(system: System, controller: AbortController, timeMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#running.add(controller);
    return this.options.lanes
      .run(systemName(system), () => inTime(timeMs, controller, work))
      .finally(() => this.#running.delete(controller));
  }

  #report(holding: Holding, event: LeaseEvent): void {
    this.options.report({ ...event, secretId: holding.secret.id, application: holding.application });
  }

  #tidy(): void {
    for (const [key, { leases, making }] of this.#holdings) if (leases.length === 0 && making === undefined) this.#holdings.delete(key);
    this.options.onChange();
  }
}

function notNeeded(): RunnerError {
  return new RunnerError('INTERNAL', 'The temporary user is not needed any more.', { retryable: true });
}
