import type { Info } from '@temporalio/activity';
import { WORKFLOW_TYPES } from '../../../contract/tasks.js';
import type { RunnerError } from '../errors.js';
import type { Metrics } from '../operations/metrics.js';

/** Runs whose outcome is remembered; an attempt that is made again comes within minutes. */
const MOST_RUNS = 10_000;

/** What the engine says of an attempt, as far as the outcome of its task hangs on it. */
export type AttemptInfo = Pick<
  Info,
  'workflowType' | 'workflowExecution' | 'attempt' | 'scheduledTimestampMs' | 'scheduleToCloseTimeoutMs' | 'retryPolicy'
>;

/**
 * Counts tasks by what their deciding steps came to, in the runner that made the attempt: done, or failed for good.
 * A run counts once, however often its step is made again here. Where another runner makes it again, because the first one's answer
 * was lost, it counts there, too.
 */
export class TaskTally {
  readonly #counted = new Set<string>();

  constructor(
    private readonly metrics: Pick<Metrics, 'task'>,
    /** Unix milliseconds. */
    private readonly now: () => number,
  ) {}

  /** The task of this attempt is done. */
  done(info: AttemptInfo): void {
    this.#count(info, true);
  }

  /** A step that the task needs has failed; the task has failed when the engine will not try again. */
  failed(info: AttemptInfo, error: RunnerError): void {
    if (!error.retryable || isLast(info, error, this.now())) this.#count(info, false);
  }

  /** The name of the workflow is the starter's choice: only published ones may become values of a dimension. */
  #count({ workflowType: type = '', workflowExecution }: AttemptInfo, succeeded: boolean): void {
    const run = workflowExecution?.runId ?? '';
    if (!WORKFLOW_TYPES.includes(type) || this.#counted.has(run)) return;
    this.#counted.add(run);
    const [oldest] = this.#counted;
    if (this.#counted.size > MOST_RUNS && oldest !== undefined) this.#counted.delete(oldest);
    this.metrics.task({ type, succeeded });
  }
}

/**
 * Whether the engine gives up after this attempt, because the next one would begin after the step's time is over. Our workflows limit that
 * time and never the number of attempts: https://docs.temporal.io/encyclopedia/retry-policies
 */
function isLast({ attempt, scheduledTimestampMs, scheduleToCloseTimeoutMs, retryPolicy }: AttemptInfo, error: RunnerError, nowMs: number) {
  const { initialInterval = 0, backoffCoefficient = 2, maximumInterval = Number.POSITIVE_INFINITY } = retryPolicy ?? {};
  // The SDK types intervals as any duration, and hands over milliseconds.
  const pauseMs = error.retryAfterMs ?? Math.min(Number(initialInterval) * backoffCoefficient ** (attempt - 1), Number(maximumInterval));
  return scheduleToCloseTimeoutMs > 0 && nowMs + pauseMs > scheduledTimestampMs + scheduleToCloseTimeoutMs;
}
