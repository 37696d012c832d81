import type { TaskError } from '@axiom-runner/protocol';
import { workflowInfo } from '@temporalio/workflow';
import { MAX_ENVELOPE_BYTES } from '../../../../contract/tasks.js';

/** Longer than any access with its revocation and deliveries can last; some servers set a default of years. */
const HARMLESS_TIMEOUT_MS = 3 * 365 * 86_400_000;

/**
 * Refuses what a starter may set but a lifecycle must not have: a time-out or a parent ends a workflow without its revocation,
 * a cron schedule or retry policy runs it again, a giant input blocks its first activity for ever.
 */
export function refusalOfStart(envelope: unknown): TaskError | undefined {
  const info = workflowInfo();
  const found = [
    endsEarly(info.executionTimeoutMs) ? 'an execution time-out' : '',
    endsEarly(info.runTimeoutMs) ? 'a run time-out' : '',
    info.retryPolicy === undefined ? '' : 'a retry policy',
    info.cronSchedule ? 'a cron schedule' : '',
    info.parent === undefined ? '' : 'a parent workflow',
    JSON.stringify(envelope ?? null).length > MAX_ENVELOPE_BYTES ? `an input of more than ${MAX_ENVELOPE_BYTES} bytes` : '',
  ].filter((text) => text !== '');
  if (found.length === 0) return undefined;
  return {
    code: 'TASK_REJECTED',
    message: `The task was started with ${found.join(', ')}.`,
    retryable: false,
    mend: 'Start it without; axiomctl does.',
  };
}

function endsEarly(timeoutMs: number | undefined): boolean {
  return timeoutMs !== undefined && timeoutMs > 0 && timeoutMs < HARMLESS_TIMEOUT_MS;
}
