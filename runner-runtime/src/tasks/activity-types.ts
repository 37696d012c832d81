import type { Access, Check, Evidence, Sweep, System } from '@axiom-runner/protocol';

/** Where results go; a workflow cannot read settings, so it asks. */
export interface ResultAddress {
  readonly taskQueue: string;
  readonly activityName: string;
  readonly tenantId: string;
  readonly runnerGroupId: string;
}

/** A planned access: an authenticated intent and what of it may be shown. */
export interface PlannedAccess {
  readonly system: System;
  /** Sealed intent; opaque here. */
  readonly intent: string;
  readonly access: Access;
}

/** A made access. */
export interface GrantedAccess {
  readonly access: Access;
  /** Milliseconds until it ends, by the runner's clock: the server's clock is not asked. */
  readonly remainingMs: number;
  readonly sealedCredential?: string;
}

/** An access with a new end. */
export interface ExtendedAccess extends PlannedAccess {
  readonly remainingMs: number;
}

/** A tested system. */
export interface TestedSystem {
  readonly system: System;
  readonly checks: Check[];
}

/** An admitted collection: a ticket that outlives the task's own validity. */
export interface AdmittedCollection {
  readonly system: System;
  readonly ticket: string;
  readonly previousCounts: Readonly<Record<string, number>>;
}

/** One page of a collection, packed. */
export interface CollectedPage {
  readonly batch: string;
  readonly next?: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** The activities of a runner, as workflows see them. `envelope` is whatever the starter sent. */
export interface RunnerActivities {
  resultAddress(): Promise<ResultAddress>;
  planAccess(envelope: unknown): Promise<PlannedAccess>;
  applyAccess(envelope: unknown, intent: string): Promise<GrantedAccess>;
  extendAccess(envelope: unknown, intent: string): Promise<ExtendedAccess>;
  revertAccess(intent: string): Promise<Pick<Evidence, 'actions' | 'warnings'>>;
  verifyAccess(intent: string): Promise<Pick<Evidence, 'observations' | 'proved' | 'warnings'>>;
  testConnection(envelope: unknown): Promise<TestedSystem>;
  admitCollection(envelope: unknown): Promise<AdmittedCollection>;
  collectPage(envelope: unknown, ticket: string, cursor: string | undefined): Promise<CollectedPage>;
  sweepOrphans(envelope: unknown): Promise<Sweep>;
}
