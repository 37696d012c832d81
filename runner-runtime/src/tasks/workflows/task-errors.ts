import type { TaskError } from '@axiom-runner/protocol';
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';

/** The typed error inside whatever an activity failed with. */
export function taskErrorOf(error: unknown): TaskError {
  if (isCancellation(error)) return { code: 'TASK_REJECTED', message: 'The task was cancelled before it was done.', retryable: false };
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const last = cause instanceof TimeoutFailure && cause.cause !== undefined ? cause.cause : cause;
  if (last instanceof ApplicationFailure) {
    const [details] = last.details ?? [];
    if (isTaskError(details)) return details;
    return { code: last.type ?? 'INTERNAL', message: last.message, retryable: !last.nonRetryable };
  }
  if (last instanceof TimeoutFailure) {
    return {
      code: 'INTERNAL',
      message: 'No runner finished the step in time.',
      retryable: true,
      mend: 'Check that a runner of the group is up and healthy, then ask again.',
    };
  }
  return { code: 'INTERNAL', message: 'The task failed unexpectedly.', retryable: true };
}

function isTaskError(value: unknown): value is TaskError {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'retryable' in value;
}
