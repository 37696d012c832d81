import type { Check, Evidence, Item, Principal, System, Target } from '@axiom-runner/protocol';
import type { z } from 'zod';
import type { Pacer } from '../integration-kit/http/pacer.js';
import type { Logger } from '../operations/logger.js';
import type { Network } from '../operations/transport.js';
import type { Declaration } from './declaration.js';
import type { Intent } from './intent.js';
import type { Ledger } from './ledger.js';
import type { Marks } from './marks.js';

/** Stands before every change to a system; throws where the change may no longer be made (cancelled, or another runner may have taken over). */
export interface EffectGate {
  /**
   * Call it immediately before each external effect.
   * @throws {RunnerError} retryable `INTERNAL` when the task was cancelled or the last accepted heartbeat is too old
   */
  check(): void;
}

/** One opened-up system: what an integration works with. Everything is passed in; an integration reads no environment and no clock of its own. */
export interface SystemAccess<Secret> {
  readonly system: System;
  readonly secret: Secret;
  readonly gate: EffectGate;
  /** Aborted when the task is cancelled or the runner stops. */
  readonly signal: AbortSignal;
  /** Names and marks, authenticated by the state key. */
  readonly marks: Marks;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
  /** The ways to the system. */
  readonly network: Network;
  /** Spreads the calls to the system over the time that its limits leave; shared by all tasks on it. */
  readonly pacer: Pacer;
  /** Records of accesses for systems that have no place for a mark. */
  readonly ledger: Ledger;
}

/** A validated wish for access, before anything is known of the system. */
export interface AccessRequest {
  readonly requestId: string;
  readonly target: Target;
  readonly permission: string;
  /** The existing principal; absent where a temporary credential is wanted. */
  readonly principal?: Principal | undefined;
}

/** What a plan resolves: who will have the access, and what the integration must remember to make and unmake it. */
export interface Plan<State> {
  /** The principal that will have the access, existing or temporary. */
  readonly principal: Principal;
  /** Names to be made and state before, small plain JSON without secrets; becomes part of the intent. */
  readonly state: State;
}

/** What was made. `credential` leaves the process only sealed. */
export interface Applied {
  /** Named values that the requester needs to log in; only for a temporary credential. */
  readonly credential?: Readonly<Record<string, string>>;
  /** What the runner did, in order, for the audit. */
  readonly actions: readonly string[];
}

/** One page of a collection. */
export interface CollectPage {
  readonly items: readonly Item[];
  /** Where the next page starts; absent on the last one. Opaque outside the integration, at most 4 KB. */
  readonly next?: string;
  readonly warnings: readonly string[];
}

/** An object of the system that carries a mark of a runner. */
export interface MarkedObject {
  /** Its name in the system. */
  readonly object: string;
  /** The mark as it was read; whether it is authentic is for {@link Marks} to say. */
  readonly mark: string;
}

/**
 * One kind of system. `plan` only reads; `apply` and `revert` are idempotent and may be repeated after a kill at any instant;
 * `revert` and `verify` need nothing but the intent.
 * @typeParam Secret the validated secret
 * @typeParam State  what the integration's plan remembers
 */
export interface Integration<Secret, State> {
  /** Second part of the secret's name. */
  readonly type: string;
  readonly declaration: Declaration;
  /** Validates the secret's fields, after the generic checks (present, not empty, no placeholder). */
  readonly secretSchema: z.ZodType<Secret>;
  /** Validates the remembered state of an intent that another version of the runner may have written. */
  readonly stateSchema: z.ZodType<State>;

  /** Runs the named checks in the declared order; a failed connection is an answer, not an exception. */
  testConnection(access: SystemAccess<Secret>): Promise<Check[]>;

  /**
   * Reads one page by keyset.
   * @param cursor where the previous page ended; absent for the first
   * @param limit  most items wanted
   */
  collect(access: SystemAccess<Secret>, cursor: string | undefined, limit: number): Promise<CollectPage>;

  /** Resolves target, principal and permission. Changes nothing. */
  plan(access: SystemAccess<Secret>, request: AccessRequest): Promise<Plan<State>>;

  /**
   * Makes the access, marked as the intent says. Repeated: leaves what is there, and for a temporary credential makes a new one.
   * @throws {RunnerError} `CONFLICT` for a foreign object of the name, `TASK_REJECTED` where a tombstone shows that the request was revoked
   */
  apply(access: SystemAccess<Secret>, intent: Intent<State>): Promise<Applied>;

  /** Moves the end of a living access (native expiry and mark) to `intent.expiresAt`. @throws {RunnerError} `TARGET_NOT_FOUND` when it is gone */
  extend(access: SystemAccess<Secret>, intent: Intent<State>): Promise<void>;

  /**
   * Sets the system's own expiry of a standing access anew, where it cannot reach as far as the access does. The reaper calls it for every
   * standing access, at its start and every some hours; absent where no vendor limits its expiry.
   */
  renew?(access: SystemAccess<Secret>, intent: Intent<State>): Promise<void>;

  /**
   * Ends the access: blocks logins, ends sessions, removes. Until {@link tombstoneUntil} a tombstone stays, so that a replay of `apply` is refused.
   * @returns what was done and what a person should know
   */
  revert(access: SystemAccess<Secret>, intent: Intent<State>): Promise<Pick<Evidence, 'actions' | 'warnings'>>;

  /** Reads back, on a fresh connection, whether this access is gone and what access remains. */
  verify(access: SystemAccess<Secret>, intent: Intent<State>): Promise<Pick<Evidence, 'observations' | 'proved' | 'warnings'>>;

  /** Every object that carries a runner's mark, tombstones included. */
  listMarked(access: SystemAccess<Secret>): Promise<MarkedObject[]>;
}
