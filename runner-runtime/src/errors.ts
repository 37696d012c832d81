import type { TaskError } from '@axiom-runner/protocol';
import { ERROR_CODES } from '../../contract/error-codes.js';

export type ErrorCode =
  | 'SECRET_NOT_FOUND'
  | 'SECRET_ACCESS_DENIED'
  | 'SECRET_MALFORMED'
  | 'SECRET_STORE_UNAVAILABLE'
  | 'TARGET_UNREACHABLE'
  | 'TARGET_AUTH_FAILED'
  | 'TARGET_PERMISSION_DENIED'
  | 'TARGET_NOT_FOUND'
  | 'PRINCIPAL_NOT_FOUND'
  | 'PERMISSION_NOT_FOUND'
  | 'CONFLICT'
  | 'RATE_LIMITED'
  | 'POLICY_DENIED'
  | 'TASK_REJECTED'
  | 'UNSUPPORTED'
  | 'INTERNAL';

/** Further facts of a {@link RunnerError}. */
export interface RunnerErrorDetails {
  /** The object that it is about: a secret's name, a role, a table. Never a secret's value. */
  readonly object?: string | undefined;
  /** What to do about it, in one sentence. */
  readonly mend?: string | undefined;
  /** Overrides what `contract/error-codes` says of the code. */
  readonly retryable?: boolean | undefined;
  /** Milliseconds to wait before the next try, where the system said so. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * An expected failure with a code that users can search for. Its message is our own fixed text:
 * no vendor text, no secret, nothing unchecked from a task but the object's name.
 */
export class RunnerError extends Error {
  override readonly name = 'RunnerError';
  readonly object: string | undefined;
  readonly mend: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: RunnerErrorDetails = {},
  ) {
    super(message);
    this.object = details.object;
    this.mend = details.mend;
    this.retryable = details.retryable ?? ERROR_CODES.some((entry) => entry.code === code && entry.retryable);
    this.retryAfterMs = details.retryAfterMs;
  }

  /** The same facts as plain data, as they travel in results. */
  toTaskError(): TaskError {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.object === undefined ? {} : { object: this.object }),
      ...(this.mend === undefined ? {} : { mend: this.mend }),
    };
  }
}

/** Any thrown thing as a {@link RunnerError}; what is not one becomes `INTERNAL` without its text, which may hold anything. */
export function asRunnerError(error: unknown): RunnerError {
  if (error instanceof RunnerError) return error;
  return new RunnerError(
    'INTERNAL',
    `The runner failed unexpectedly (${error instanceof Error ? error.name : typeof error}); its log says more.`,
  );
}
