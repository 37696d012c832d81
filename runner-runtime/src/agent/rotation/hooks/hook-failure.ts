/** What of a hook failed. */
export type HookFailureCode =
  | 'FILE_REFUSED'
  | 'FILE_FAILED'
  | 'SIGNAL_REFUSED'
  | 'SIGNAL_FAILED'
  | 'UNIT_FAILED'
  | 'COMMAND_FAILED'
  | 'COMMAND_TIMEOUT';

/** A step of a hook that failed. Its texts are our own: no value of a secret, nothing that a command printed. */
export class HookFailure extends Error {
  override readonly name = 'HookFailure';
  constructor(
    readonly code: HookFailureCode,
    message: string,
    readonly mend: string,
  ) {
    super(message);
  }
}

/** `EACCES`, `ENOENT` and the like, of an error of the operating system. */
export function systemCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code) ? code : 'unknown error';
}
