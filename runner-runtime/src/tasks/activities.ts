import { Context } from '@temporalio/activity';
import type { AsyncCompletionClient } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { REVERT_STEP } from '../../../contract/log-fields.js';
import { recordStep, type StepSubject } from '../audit/step-record.js';
import { asRunnerError, RunnerError } from '../errors.js';
import type { Logger } from '../operations/logger.js';
import type { Metrics } from '../operations/metrics.js';
import type { AccessActivities } from './access-activities.js';
import type { CollectedPage, ResultAddress, RunnerActivities } from './activity-types.js';
import type { Attempt } from './attempt.js';
import { HeartbeatGate } from './heartbeat-gate.js';
import type { ReadActivities } from './read-activities.js';
import type { TaskTally } from './task-tally.js';

/** What the activities are made of. */
export interface ActivitiesOptions {
  readonly access: AccessActivities;
  readonly reads: ReadActivities;
  readonly resultAddress: ResultAddress;
  readonly heartbeats: Pick<AsyncCompletionClient, 'heartbeat'>;
  readonly log: Logger;
  /** Takes the record of every attempt. */
  readonly records: Logger;
  readonly metrics: Metrics;
  readonly tasks: TaskTally;
}

type Run<T> = (attempt: Attempt) => Promise<T>;

/** Whether the task is done with what a step brought. */
type IsTaskDone<T> = (result: T) => boolean;
const THEN_DONE = () => true;
const THEN_MORE = () => false;
const DONE_WITH_LAST_PAGE: IsTaskDone<CollectedPage> = ({ next }) => next === undefined;

/** What an attempt is an attempt at. */
interface Step<T> {
  readonly name: string;
  /** Whether it may change a system: then the server must have accepted a heartbeat first. */
  readonly changes: boolean;
  /** Absent for a step that the outcome of the task does not hang on: it has been counted before. */
  readonly isTaskDone: IsTaskDone<T> | undefined;
}

/** The activities of a runner as the engine calls them: each attempt with its heartbeat, its record and its measure. */
export function createActivities(options: ActivitiesOptions): RunnerActivities {
  const { access, reads } = options;
  const step =
    (changes: boolean) =>
    <T>(name: string, run: Run<T>, isTaskDone?: IsTaskDone<T>) =>
      attemptStep(options, { name, changes, isTaskDone }, run);
  const reading = step(false);
  const changing = step(true);
  return {
    resultAddress: async () => options.resultAddress,
    planAccess: (envelope) => reading('planAccess', (attempt) => access.plan(attempt, envelope), THEN_MORE),
    applyAccess: (envelope, intent) => changing('applyAccess', (attempt) => access.apply(attempt, envelope, intent), THEN_DONE),
    extendAccess: (envelope, intent) => changing('extendAccess', (attempt) => access.extend(attempt, envelope, intent)),
    revertAccess: (intent) => changing(REVERT_STEP, (attempt) => access.revert(attempt, intent)),
    verifyAccess: (intent) => reading('verifyAccess', (attempt) => access.verify(attempt, intent)),
    testConnection: (envelope) => reading('testConnection', (attempt) => reads.testConnection(attempt, envelope), THEN_DONE),
    admitCollection: (envelope) => reading('admitCollection', (attempt) => reads.admitCollection(attempt, envelope), THEN_MORE),
    collectPage: (envelope, ticket, cursor) =>
      reading('collectPage', (attempt) => reads.collectPage(attempt, envelope, ticket, cursor), DONE_WITH_LAST_PAGE),
    sweepOrphans: (envelope) => changing('sweepOrphans', (attempt) => reads.sweepOrphans(attempt, envelope), THEN_DONE),
  };
}

/** Runs one attempt. */
async function attemptStep<T>(
  { heartbeats, log, records, metrics, tasks }: ActivitiesOptions,
  { name: step, changes, isTaskDone }: Step<T>,
  run: Run<T>,
): Promise<T> {
  const context = Context.current();
  const { info, cancellationSignal: signal } = context;
  const startedAt = performance.now();
  let subject: StepSubject = {};
  let facts: Record<string, unknown> = {};
  const gate = new HeartbeatGate({
    signal,
    clock: () => performance.now(),
    beat: async () => {
      context.heartbeat(); // The SDK learns of cancellations by its own heartbeat, but does not tell when one was accepted.
      await heartbeats.heartbeat(info.taskToken);
    },
  });
  const attempt: Attempt = {
    workflowId: info.workflowExecution?.workflowId ?? '',
    gate,
    signal,
    describe: (described) => {
      subject = described;
    },
    note: (more) => {
      facts = { ...facts, ...more };
    },
  };
  let failure: RunnerError | undefined;
  try {
    await gate.start(changes);
    const result = await run(attempt);
    if (isTaskDone?.(result)) tasks.done(info);
    return result;
  } catch (error) {
    if (signal.aborted) {
      failure = new RunnerError('INTERNAL', 'The attempt was cancelled.');
      throw new CancelledFailure('cancelled');
    }
    if (!(error instanceof RunnerError))
      log.error(`${step} met an unexpected error`, { requestId: attempt.workflowId, error: describeUnexpected(error) });
    failure = asRunnerError(error);
    if (isTaskDone !== undefined) tasks.failed(info, failure);
    throw failure;
  } finally {
    gate.stop();
    const durationMs = Math.round(performance.now() - startedAt);
    metrics.step({
      step,
      succeeded: failure === undefined,
      durationMs,
      queueLagMs:
        info.currentAttemptScheduledTimestampMs === undefined ? 0 : Date.now() - durationMs - info.currentAttemptScheduledTimestampMs,
    });
    recordStep(records, {
      step,
      requestId: attempt.workflowId,
      runId: info.workflowExecution?.runId ?? '',
      attempt: info.attempt,
      subject,
      facts,
      durationMs,
      error: failure,
    });
  }
}

/** Type and place of an unexpected error for our own log: never its message, which may quote anything. */
function describeUnexpected(error: unknown): { readonly name: string; readonly at: readonly string[] } {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.name, at: at.slice(0, 8).map((line) => line.trim()) };
}
