import { EXIT_CONFIG, EXIT_FAILED, EXIT_UNAVAILABLE, EXIT_USAGE } from '../../contract/exit-codes.js';

/** An expected failure: says what went wrong, what was found, and how to mend it. */
export class ControlPlaneError extends Error {
  override readonly name = 'ControlPlaneError';

  constructor(
    message: string,
    /** What to do about it, in one sentence. */
    readonly mend: string | undefined,
    /** Exit code of the command, from `contract/exit-codes`. */
    readonly exitCode: number,
    /** Stable code of a task's error (`contract/error-codes`), when a runner reported one. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/** The command line or an argument of the library is wrong. */
export function usageError(message: string, mend?: string): ControlPlaneError {
  return new ControlPlaneError(message, mend, EXIT_USAGE);
}

/** A setting or a state file is missing or malformed. */
export function configError(message: string, mend?: string): ControlPlaneError {
  return new ControlPlaneError(message, mend, EXIT_CONFIG);
}

/** Something that is needed does not answer. */
export function unavailableError(message: string, mend?: string): ControlPlaneError {
  return new ControlPlaneError(message, mend, EXIT_UNAVAILABLE);
}

/** The answer is "no". */
export function failedError(message: string, mend?: string, code?: string): ControlPlaneError {
  return new ControlPlaneError(message, mend, EXIT_FAILED, code);
}

/** The `code` of a system error such as `ENOENT`. By its shape: an error of another realm is no instance of our `Error`. */
export function systemCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
