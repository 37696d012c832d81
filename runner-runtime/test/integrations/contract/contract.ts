import type { Check, Principal, System, Target } from '@axiom-runner/protocol';
import { expect } from '@jest/globals';
import type { ErrorCode } from '../../../src/errors.js';
import { nativeExpiryOf } from '../../../src/integration-kit/turn.js';
import type { Integration } from '../../../src/integrations/integration.js';
import type { Intent } from '../../../src/integrations/intent.js';
import type { FaultInjector } from '../../support/fake-vendor/faults.js';
import { RunnerHarness, type Wish } from '../runner-harness.js';

/** A running system, and the hands of somebody who administers it by other means. */
export interface RunningSystem<State> {
  readonly system: System;
  /** The secret that opens it, as it stands in the store. */
  readonly secret: Readonly<Record<string, unknown>>;
  /** Values of the secret that must never be seen. */
  readonly canaries: readonly string[];
  /** A target and a permission on it that {@link newPrincipal}s do not have. */
  readonly wish: Omit<Wish, 'principal'>;
  /** Targets with names that are legal and unpleasant: quotes, blanks, Unicode. */
  readonly hostileTargets: readonly Target[];
  /** Wishes that can't be met, with the answer. Their principal is made by {@link newPrincipal}, where there is none. */
  readonly impossible: readonly { readonly what: string; readonly wish: Partial<Wish>; readonly code: ErrorCode }[];
  /** Secrets of the right shape that don't open the system. */
  readonly closed: readonly {
    readonly what: string;
    readonly secret: Readonly<Record<string, unknown>>;
    /** Code of a plan. */
    readonly code: ErrorCode;
    readonly check: string;
    readonly outcome: Check['outcome'];
  }[];
  /** Secrets that are refused before anything is connected. */
  readonly malformed: readonly unknown[];
  /** Makes a principal without access. @param name as unpleasant as the vendor allows, when given */
  newPrincipal(name?: string): Promise<Principal>;
  readonly hostilePrincipalNames: readonly string[];
  /** Whether the principal really has the access: asked of the system by using it, or by the system's own judgement. */
  hasAccess(principal: Principal, wish: Omit<Wish, 'principal'>): Promise<boolean>;
  /** What is asked for as a temporary credential, where that is another thing than {@link wish}. @default wish */
  readonly credentialWish?: Omit<Wish, 'principal'>;
  /** Every wish that the declaration promises, each on a target where it has not been granted; their principals are made by {@link newPrincipal}. */
  readonly everyWish?: readonly (Omit<Wish, 'principal'> & {
    readonly dispense?: boolean;
    readonly principal?: () => Promise<Principal>;
  })[];
  /** Whether a dispensed credential opens the target. */
  opens(credential: Readonly<Record<string, string>>, wish: Omit<Wish, 'principal'>): Promise<boolean>;
  /** Gives the same access by hand, as another administrator would. */
  giveByHand(principal: Principal, wish: Omit<Wish, 'principal'>): Promise<void>;
  /** Gives, by hand, something else in the same shared slot: a higher level. Absent where a slot can hold one thing only. */
  giveOtherwiseByHand?(principal: Principal, wish: Omit<Wish, 'principal'>): Promise<Omit<Wish, 'principal'>>;
  /** Removes by hand what the runner made for a request. */
  removeByHand(intent: Intent<State>): Promise<void>;
  /** Puts somebody else's object in the place of the one that the request will make; nothing for a shared slot. @param mark the text in the mark's place, where the system has one */
  occupy?(intent: Intent<State>, mark: string): Promise<void>;
  /** Removes what {@link occupy} made. */
  vacate?(intent: Intent<State>): Promise<void>;
  /** The system's own expiry of a temporary credential in unix seconds. */
  nativeExpiry(intent: Intent<State>): Promise<number | undefined>;
  /** Sets the system's own clock, unix seconds; for fakes whose credentials expire. */
  setClock?(seconds: number): void;
  /** Makes the system's interface fail; absent where the system is a real server. */
  readonly faults?: FaultInjector;
  /** Everything in the system that a runner made and that is still there; the ledger is looked at besides. */
  leftovers(): Promise<string[]>;
  stop(): Promise<void>;
}

/** One integration and the system to try it on. */
export interface ContractHarness<Secret, State> {
  readonly integration: Integration<Secret, State>;
  start(): Promise<RunningSystem<State>>;
}

/** What the parts of the suite share: the system, a runner around the integration, and what is asked of both again and again. */
export class Contract<Secret, State> {
  private constructor(
    readonly integration: Integration<Secret, State>,
    readonly system: RunningSystem<State>,
    readonly runner: RunnerHarness<Secret, State>,
  ) {}

  static async start<Secret, State>({ integration, start }: ContractHarness<Secret, State>): Promise<Contract<Secret, State>> {
    const system = await start();
    const runner = new RunnerHarness(integration, system.system, system.secret);
    for (const canary of system.canaries) runner.plant(canary);
    return new Contract(integration, system, runner);
  }

  async stop(): Promise<void> {
    await this.system.stop();
    await this.runner.stop();
  }

  wishFor(principal: Principal): Wish {
    return { ...this.system.wish, principal };
  }

  /** Whether grants of the wish share a slot. */
  get isShared(): boolean {
    const { wish } = this.system;
    const declared = this.integration.declaration.permissions.filter(({ targets }) => targets.includes(wish.target.kind));
    const named = declared.find(({ name }) => name === wish.permission) ?? declared.find(({ name }) => name === '*');
    return named?.isolation === 'shared-slot';
  }

  /** Everything that a runner made and that is still there, in the system and in the ledger. */
  async leftovers(): Promise<string[]> {
    return [...(await this.system.leftovers()), ...(await this.runner.ledgerEntries())];
  }

  /** Whether the access is a credential that ends only by expiring. */
  isIrrevocable({ kind, permission }: Intent<State>): boolean {
    return kind === 'dispense' && (this.integration.declaration.irrevocable ?? []).includes(permission);
  }

  /** Waits until an ended access has no effect any more: at once, but for credentials that only expire. */
  passRevocation(intent: Intent<State>): void {
    if (!this.isIrrevocable(intent)) return;
    this.runner.seconds = Math.max(this.runner.seconds, nativeExpiryOf(intent) + 1);
    this.system.setClock?.(this.runner.seconds);
  }

  /** Ends an access for good, tombstone included. */
  async endForGood(intent: Intent<State>): Promise<void> {
    await this.runner.revert(intent);
    this.passRevocation(intent);
    this.runner.passApplyWindow(intent);
    await this.runner.revert(intent);
    expect(await this.runner.verify(intent)).toMatchObject({ proved: true });
    expect(await this.leftovers()).toEqual([]);
  }
}

/** A typed error of this code. */
export function refusal(expected: ErrorCode) {
  return expect.objectContaining({ name: 'RunnerError', code: expected });
}

/** Whether the work ended because its runner was killed. */
export async function isKilled(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === 'killed') return true;
    throw error;
  }
}
