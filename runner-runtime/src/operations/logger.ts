import { pino } from 'pino';

/** Fields of a log record besides its message. Never a secret's value: {@link createLogger} also cleans what it is told to. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One JSON object a line: `{"level","time","message",…}`, time in unix seconds. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** How a logger writes. */
export interface LoggerOptions {
  /** Least level that is written. @default info */
  readonly level?: string;
  /** Cleans every line before it is written; knows the secret values in use. */
  readonly redact?: (line: string) => string;
  /** Receives each line with its newline. @default standard output */
  readonly write?: (line: string) => void;
}

/** Makes the runner's logger. */
export function createLogger({
  level = 'info',
  redact = (line) => line,
  write = (line) => process.stdout.write(line),
}: LoggerOptions = {}): Logger {
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":${Math.floor(Date.now() / 1000)}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(redact(line)) },
  );
  const at =
    (name: keyof Logger) =>
    (message: string, fields: LogFields = {}) =>
      log[name](fields, message);
  return { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
