/** Why one way of finding a server did not work. */
export interface FailedWay {
  readonly way: string;
  readonly why: string;
}

/** No way of finding a real server worked: says what is missing, what was tried, and what to do about it. */
export class ServerUnavailableError extends Error {
  override readonly name = 'ServerUnavailableError';

  constructor(
    readonly what: string,
    readonly tried: readonly FailedWay[],
    readonly mend: string,
  ) {
    super([`${what} is not available.`, ...tried.map(({ way, why }) => `  - ${way}: ${why}`), `To mend: ${mend}`].join('\n'));
  }
}

/** A server was found but did not start; `output` is the end of what it printed. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';

  constructor(
    readonly what: string,
    readonly why: string,
    readonly output: string,
  ) {
    super(`${what} did not start: ${why}${output === '' ? '' : `\nThe end of its output:\n${output}`}`);
  }
}

/** The one line that says what went wrong, whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
