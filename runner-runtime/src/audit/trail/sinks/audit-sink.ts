/** Where records go besides the disk. */
export interface AuditSink {
  /** Kind and destination; names its cursor, so it is the same after a restart. */
  readonly name: string;
  /**
   * Delivers records in their order, at most {@link MOST_BATCH_RECORDS} and {@link MOST_BATCH_BYTES}. It may get the same ones again.
   * @param records lines without newlines, ASCII
   * @throws {SinkError}, or the error of a connection; then none of them counts as delivered
   */
  send(records: readonly string[], signal: AbortSignal): Promise<void>;
  close(): void;
}

export const MOST_BATCH_RECORDS = 500;
export const MOST_BATCH_BYTES = 1_000_000;

/** Why a sink does not take records. */
export class SinkError extends Error {
  override readonly name = 'SinkError';
  constructor(
    /** Such as `HTTP_503`. */
    readonly code: string,
    message: string,
    /** Time to wait before the next try, where the sink said so, ms. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** A code of any error of a sink, without its text, which may hold anything. */
export function codeOf(error: unknown): string {
  if (error instanceof SinkError) return error.code;
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z_0-9]{1,63}$/.test(code)) return code;
  if (typeof cause === 'object' && cause !== null) return codeOf(cause);
  return typeof name === 'string' && /^[A-Za-z.]{1,64}$/.test(name) ? name : 'unknown';
}
