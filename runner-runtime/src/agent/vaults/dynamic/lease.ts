import { RunnerError } from '../../../errors.js';
import type { Intent } from '../../../integrations/intent.js';
import type { VaultSecret } from '../vault.js';
import type { DynamicSecret } from './dynamic-secret.js';
import type { Login } from './temporary-users.js';

/** Part of a lease's life at its end in which a successor takes over. */
const LAST_PART = 1 / 3;
/** Longest time for which a user outlives the `expires_at` of its answers, ms. */
const LONGEST_OVERLAP_MS = 300_000;
/** A user with less life than this is not answered any more, ms. */
const LEAST_LIFE_MS = 5_000;

/** One temporary user from its making to its end. Times are unix milliseconds. */
export class Lease {
  /** Whether the application has asked during this lease. */
  asked = false;
  /** When the next try to end it is due, after one that failed. */
  retryAt = 0;
  /** The try to end it that is under way. */
  ending: Promise<void> | undefined;
  #login: Login | undefined;
  #retired = false;
  #forget: () => void = () => undefined;

  constructor(readonly intent: Intent) {}

  get endsAt(): number {
    return this.intent.expiresAt * 1000;
  }

  /** From when on a successor is made. */
  get renewAt(): number {
    return this.endsAt - this.#length * LAST_PART;
  }

  /** Whether the user is still to be ended before its time: it was revoked, or its making failed half-way. */
  get retired(): boolean {
    return this.#retired;
  }

  /** @param forget called once the user is gone */
  begin(login: Login, forget: () => void): void {
    this.#login = login;
    this.#forget = forget;
  }

  /** No answer from now on. */
  retire(): void {
    this.#retired = true;
    this.#login = undefined;
  }

  forget(): void {
    this.#forget();
  }

  isLiving(now: number): boolean {
    return this.#login !== undefined && this.endsAt - now > LEAST_LIFE_MS;
  }

  isDue(now: number): boolean {
    if (this.ending !== undefined) return false;
    return this.#retired ? now >= this.retryAt : this.#login !== undefined && now >= this.endsAt;
  }

  /**
   * The login, with the time until which it may be kept: some time before the user goes, so that a login at the last moment still works.
   * Past that time, where no successor could be made, half of what is left.
   * @throws {RunnerError} retryable `INTERNAL` when it was retired meanwhile
   */
  answer(now: number): VaultSecret {
    if (this.#login === undefined) {
      throw new RunnerError('INTERNAL', 'The temporary user was ended while it was asked for.', {
        object: this.intent.requestId,
        retryable: true,
      });
    }
    const promised = this.endsAt - Math.min(this.#length * LAST_PART, LONGEST_OVERLAP_MS);
    const expiresAt = now < promised ? promised : now + (this.endsAt - now) / 2;
    return { ...this.#login, version: this.intent.requestId, expiresAt: Math.floor(expiresAt) };
  }

  get #length(): number {
    return (this.intent.expiresAt - this.intent.plannedAt) * 1000;
  }
}

/** What one application has of one secret: the current user, the one before it until that ends, and what still has to be ended. */
export class Holding {
  readonly leases: Lease[] = [];
  /** The making that is under way; everybody who asks meanwhile waits for it. */
  making: { readonly lease: Promise<Lease>; readonly abort: AbortController } | undefined;
  /** When a successor is tried ahead again, after a failure. */
  retryAt = 0;
  /** Whether that failure may pass by itself: until then nobody has to wait for another. */
  mayPass = true;

  constructor(
    readonly secret: DynamicSecret,
    readonly application: string,
  ) {}

  /** The newest user that can be answered. */
  current(now: number): Lease | undefined {
    return this.leases.findLast((lease) => lease.isLiving(now));
  }

  /** The current user, unless it is time for a successor, which then comes first. */
  settled(now: number): Lease | undefined {
    const current = this.current(now);
    return current !== undefined && now < Math.max(current.renewAt, this.mayPass ? this.retryAt : 0) ? current : undefined;
  }

  /** Whether a successor is to be made ahead, so that no request waits for it. */
  wantsSuccessor(now: number): boolean {
    const current = this.current(now);
    return current?.asked === true && now >= current.renewAt && now >= this.retryAt && this.making === undefined;
  }

  /** When there is next something to do, unix milliseconds. */
  nextDue(now: number): number {
    const due = this.leases.map((lease) =>
      lease.ending !== undefined ? Number.POSITIVE_INFINITY : lease.retired ? lease.retryAt : lease.endsAt,
    );
    const current = this.making === undefined ? this.current(now) : undefined;
    if (current !== undefined && (current.asked || now < current.renewAt)) due.push(Math.max(current.renewAt, this.retryAt));
    return Math.min(...due, Number.POSITIVE_INFINITY);
  }
}
