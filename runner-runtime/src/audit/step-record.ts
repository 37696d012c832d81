import { systemName } from '@axiom-runner/protocol';
import type { RunnerError } from '../errors.js';
import type { Logger } from '../operations/logger.js';

/** What an attempt is about, as far as it was verified. */
export interface StepSubject {
  readonly system?: { readonly type: string; readonly id: string } | undefined;
  readonly target?: { readonly kind: string; readonly path: readonly string[] } | undefined;
  readonly permission?: string | undefined;
  readonly principal?: { readonly kind: string; readonly id: string } | undefined;
  readonly justification?: string | undefined;
  readonly expiresAt?: number | undefined;
}

/** One attempt at a step of a task, for a SIEM: who may do what where until when, and what became of it. */
export interface StepRecord {
  readonly step: string;
  readonly requestId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly subject: StepSubject;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
  /** Absent when it succeeded. */
  readonly error: RunnerError | undefined;
}

/** Writes the record as one log line with `"event":"task.step"`. */
export function recordStep(log: Logger, { subject, error, ...record }: StepRecord): void {
  const { system, ...rest } = subject;
  const fields = {
    event: 'task.step',
    ...record,
    ...(system === undefined ? {} : { system: systemName(system) }),
    ...rest,
    outcome: error === undefined ? 'succeeded' : 'failed',
    ...(error === undefined ? {} : { error: error.toTaskError() }),
  };
  if (error === undefined) log.info(`${record.step} succeeded`, fields);
  else log.error(`${record.step} failed: ${error.code}: ${error.message}`, fields);
}
