import { EXIT_FAILED } from '../../../../contract/exit-codes.js';
import { Failure } from './failure.js';
import type { Secret } from './read-answer.js';

/** The secret as variables: `<prefix>ID`, `USERNAME`, `PASSWORD`, `EXPIRES_AT`. @throws {Failure} for a value that no variable can hold */
export function variablesOf({ fields }: Secret, prefix: string): ReadonlyMap<string, string> {
  const variables = new Map([
    [`${prefix}ID`, fields.secret_id],
    [`${prefix}USERNAME`, fields.username],
    [`${prefix}PASSWORD`, fields.password],
    [`${prefix}EXPIRES_AT`, fields.expires_at],
  ]);
  for (const [name, value] of variables) {
    if (value.includes('\0')) throw new Failure(EXIT_FAILED, `${name} holds a NUL, which no variable can`, 'Read it with --format json.');
  }
  return variables;
}

/** Lines for `eval` in a POSIX shell: in single quotes nothing has a meaning but the quote. */
export function shellLines(variables: ReadonlyMap<string, string>): string {
  return [...variables].map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'\n`).join('');
}

/**
 * Lines for a `.env` file. Its readers differ in escapes, expansion and comments, so a value is written plain or in quotes that all of
 * them take literally (dotenv of Node, Python and Ruby, Docker Compose, systemd, Node's --env-file).
 * @throws {Failure} for a value that there are no such quotes for
 */
export function dotenvLines(variables: ReadonlyMap<string, string>): string {
  return [...variables].map(([name, value]) => `${name}=${quoted(name, value)}\n`).join('');
}

function quoted(name: string, value: string): string {
  if (/^[A-Za-z0-9_./:@%+,-]*$/.test(value)) return value;
  // Some cut a value at any line end, some read two backslashes, or one before the closing quote, as an escape.
  if (!/[\p{Cc}\u2028\u2029]/u.test(value)) {
    if (!/'|\\\\|\\$/.test(value)) return `'${value}'`;
    if (!/["\\$`]/.test(value)) return `"${value}"`;
  }
  throw new Failure(
    EXIT_FAILED,
    `${name} holds characters that readers of .env files understand differently`,
    'Use --exec, --format env or --format json.',
  );
}
