/** What a command needs of the world around it. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Whether standard error is a terminal: only then progress is shown. */
  readonly isTerminal: boolean;
  /** Aborted when the user or the system asks the command to stop. */
  readonly signal: AbortSignal;
}
