import { RunnerError, type RunnerErrorDetails } from '../../errors.js';
import { type Meaning, networkMeanings, tlsMeaning } from '../../integration-kit/network-failure.js';

const STARTING: Meaning = { code: 'TARGET_UNREACHABLE', message: 'The server is starting, stopping or recovering.' };
const REFUSED_LOGIN: Meaning = {
  code: 'TARGET_AUTH_FAILED',
  message: 'The server refuses the user or its password.',
  mend: 'Check postgresql_username and postgresql_password of the secret, and pg_hba.conf of the server.',
};
const BUSY: Meaning = {
  code: 'INTERNAL',
  message: 'The server took longer than allowed, or another session holds a lock.',
  retryable: true,
};

/** By errno of Node, code of OpenSSL, or SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ...networkMeanings({ host: 'postgresql_hostname of the secret', port: 'postgresql_port of the secret', ca: 'ssl_ca of the secret' }),
  TLS_REFUSED: {
    code: 'TARGET_UNREACHABLE',
    message: 'TLS: the server does not offer TLS, but ssl_mode of the secret requires it.',
    mend: 'Enable ssl on the server, or remove ssl_mode from the secret.',
    retryable: false,
  },
  '28P01': REFUSED_LOGIN,
  '28000': REFUSED_LOGIN,
  '3D000': { code: 'TARGET_NOT_FOUND', message: 'The database does not exist.' },
  '3F000': { code: 'TARGET_NOT_FOUND', message: 'The schema does not exist.' },
  '42P01': { code: 'TARGET_NOT_FOUND', message: 'The table or view does not exist.' },
  '42704': { code: 'TARGET_NOT_FOUND', message: 'An object or role that this needs does not exist (any more).' },
  '42501': {
    code: 'TARGET_PERMISSION_DENIED',
    message: "The runner's user lacks a right that this needs.",
    mend: 'Run the connection test, and compare the rights of the user with docs/integrations/postgresql.md.',
  },
  '42710': { code: 'CONFLICT', message: 'A role of the same name appeared meanwhile.', retryable: true },
  '23505': { code: 'CONFLICT', message: 'A role of the same name appeared meanwhile.', retryable: true },
  '0LP01': { code: 'UNSUPPORTED', message: 'The membership would be circular, or is not allowed for this role.' },
  '0A000': { code: 'UNSUPPORTED', message: 'The server does not support this.' },
  '2BP01': { code: 'INTERNAL', message: 'Other objects still depend on the role.', retryable: true },
  '55000': {
    code: 'TARGET_PERMISSION_DENIED',
    message: 'The database accepts no connections.',
    mend: 'ALTER DATABASE … ALLOW_CONNECTIONS true, or ask for another target.',
  },
  '53300': {
    code: 'TARGET_UNREACHABLE',
    message: 'The server has no free connection.',
    mend: 'Raise max_connections, or end idle sessions.',
  },
  '57P01': STARTING,
  '57P02': STARTING,
  '57P03': STARTING,
  '25006': {
    code: 'TARGET_UNREACHABLE',
    message: 'The server is read-only: a standby, or read-only by setting.',
    mend: 'Use the endpoint of the primary as postgresql_hostname of the secret.',
  },
  '25P03': BUSY,
  '55P03': BUSY,
  '57014': BUSY,
  '40001': BUSY,
  '40P01': BUSY,
  XX000: {
    code: 'INTERNAL',
    message: 'The server failed, or another session changed the same object at the same moment.',
    retryable: true,
  },
};

/** What `pg` says in words only. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^The server does not support SSL connections$/, 'TLS_REFUSED'],
  [/timeout/i, 'ETIMEDOUT'],
  [/^Connection terminated|^Client (has encountered|was closed)|not queryable|before secure TLS connection/, 'ECONNRESET'],
];

/** The errno, OpenSSL code or SQLSTATE of a failure. */
export function failureCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  const message = 'message' in error ? String(error.message) : '';
  return WORDS.find(([words]) => words.test(message))?.[1];
}

/** Lock not available, deadlock, time-out of a statement, and `tuple concurrently updated`, which has no code of its own. */
const CONTENTION = ['55P03', '40P01', '57014', 'XX000'];

/** Whether another session was in the way: the same may work in a moment. */
export function isContention(error: unknown): boolean {
  return CONTENTION.includes(failureCode(error) ?? '');
}

/** A failure of the driver as a typed error with fixed words: what the server said stays behind. */
export function asTargetError(error: unknown, details: RunnerErrorDetails = {}): RunnerError {
  if (error instanceof RunnerError) return error;
  const code = failureCode(error) ?? '';
  const meaning = MEANINGS[code] ?? tlsMeaning(code);
  if (meaning === undefined) {
    const sqlstate = /^[0-9A-Z]{5}$/.test(code) ? ` (SQLSTATE ${code})` : '';
    return new RunnerError('INTERNAL', `PostgreSQL failed in a way that the runner does not know${sqlstate}.`, details);
  }
  const { code: errorCode, message, mend, retryable } = meaning;
  return new RunnerError(errorCode, message, { mend, retryable, ...details });
}
