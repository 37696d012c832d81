import { systemName } from '@axiom-runner/protocol';
import { ACCESS_END_EVENT, OUTCOME_FAILED, OUTCOME_SUCCEEDED, TASK_STEP_EVENT } from '../../../contract/log-fields.js';
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
  const fields = { event: TASK_STEP_EVENT, ...record, ...shown(subject), ...outcomeOf(error) };
  if (error === undefined) log.info(`${record.step} succeeded`, fields);
  else log.error(`${record.step} failed: ${error.code}: ${error.message}`, fields);
}

/** An access that was ended outside its own workflow. */
export interface EndRecord {
  readonly requestId: string;
  /** `reaper`: past its end. `command`: break-glass. */
  readonly by: 'reaper' | 'command';
  readonly subject: StepSubject;
  readonly actions: readonly string[];
  readonly warnings: readonly string[];
  readonly proved: boolean;
  /** Absent when nothing failed. */
  readonly error?: RunnerError;
}

/** Writes the record as one log line with `"event":"access.end"`. */
export function recordEnd(log: Logger, { subject, error, ...record }: EndRecord): void {
  const fields = { event: ACCESS_END_EVENT, ...record, ...shown(subject), ...outcomeOf(error) };
  if (error !== undefined) log.error(`an access could not be ended: ${error.code}: ${error.message}`, fields);
  else log.warn(record.proved ? 'an access was ended outside its workflow' : 'the end of an access could not be proved', fields);
}

function shown({ system, target, permission, principal, justification, expiresAt }: StepSubject): Record<string, unknown> {
  return { ...(system === undefined ? {} : { system: systemName(system) }), target, permission, principal, justification, expiresAt };
}

function outcomeOf(error: RunnerError | undefined): Record<string, unknown> {
  return error === undefined ? { outcome: OUTCOME_SUCCEEDED } : { outcome: OUTCOME_FAILED, error: error.toTaskError() };
}
