import type { SecretSettings } from '../config/agent-settings.js';

/** A secret as a vault holds it at one moment. */
export interface VaultSecret {
  /** Empty where the vault knows none. */
  readonly username: string;
  readonly password: string;
  /** Names the value, not the value itself: equal versions are equal values. Stands in the audit trail. */
  readonly version: string;
  /** Until when the value is good, unix milliseconds; absent when the vault knows no end. */
  readonly expiresAt?: number | undefined;
}

/** What is wanted of a vault. */
export interface VaultRequest {
  /** Id as applications spell it. */
  readonly id: string;
  /** What the configuration says of it; absent when it is not listed there. */
  readonly settings: SecretSettings | undefined;
  /** Who asked; only of interest where each application has a secret of its own. */
  readonly application: string;
  /** What the agent holds already, so that the vault may answer "unchanged" with it. */
  readonly known?: VaultSecret | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Where secrets come from. */
export interface Vault {
  /** What users call it. */
  readonly name: string;
  /** Whether each application gets a secret of its own (a user made for it) rather than all the same. */
  readonly perApplication: boolean;
  /**
   * Asks the vault: every call reaches it, so that a secret that was denied or deleted is noticed.
   * @throws {RunnerError} `SECRET_NOT_FOUND`, `SECRET_ACCESS_DENIED`, `SECRET_MALFORMED`, `SECRET_STORE_UNAVAILABLE`, `RATE_LIMITED`
   */
  fetch(request: VaultRequest): Promise<VaultSecret>;
  /**
   * The version that {@link fetch} would answer with, where the vault tells it for less than the secret itself; for schedules that look for
   * rotations. Says nothing of whether the secret may still be had.
   */
  versionOf?(request: VaultRequest): Promise<string>;
  /** Authenticates and says in one line as whom. @throws {RunnerError} when the vault refuses or does not answer */
  test(signal: AbortSignal): Promise<string>;
  /** Lets go of everything: connections, timers, leases. */
  close(): Promise<void>;
}
