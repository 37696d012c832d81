import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { asRunnerError, type RunnerError } from '../errors.js';

/**
 * Turns whatever an activity throws into a failure that holds a code, our own text and an allow-list of details:
 * the engine would otherwise write message, cause and stack of any error into the history, which the control plane reads.
 */
export class ErrorShield implements ActivityInboundCallsInterceptor {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      throw error instanceof CancelledFailure ? withoutStack(new CancelledFailure('cancelled')) : failureOf(asRunnerError(error));
    }
  }
}

/** The failure that stands for an error outside this process. */
function failureOf(error: RunnerError): ApplicationFailure {
  return withoutStack(
    ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !error.retryable,
      details: [error.toTaskError()],
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    }),
  );
}

function withoutStack<T extends Error>(failure: T): T {
  failure.stack = '';
  return failure;
}
