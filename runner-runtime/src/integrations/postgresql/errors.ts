import { type ErrorCode, RunnerError, type RunnerErrorDetails } from '../../errors.js';

/** What a failure of the driver, the network or the server means. */
interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly mend?: string;
  readonly retryable?: boolean;
}

const NOT_TRUSTED: Meaning = {
  code: 'TARGET_UNREACHABLE',
  message: "TLS: the server's certificate is not trusted.",
  mend: "Put the certificate of the server's authority into ssl_ca of the secret.",
};
const CLOSED: Meaning = { code: 'TARGET_UNREACHABLE', message: 'The connection was closed.' };
const NOT_ROUTED: Meaning = {
  code: 'TARGET_UNREACHABLE',
  message: 'The host cannot be reached.',
  mend: 'Check routes, security groups and firewalls between the runner and the server.',
};
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
  ENOTFOUND: {
    code: 'TARGET_UNREACHABLE',
    message: 'The host name cannot be resolved.',
    mend: 'Check postgresql_hostname of the secret, and the DNS of the runner.',
  },
  EAI_AGAIN: { code: 'TARGET_UNREACHABLE', message: 'The host name cannot be resolved now.', mend: 'Check the DNS of the runner.' },
  ECONNREFUSED: {
    code: 'TARGET_UNREACHABLE',
    message: 'The connection was refused.',
    mend: 'Check that the server runs, and postgresql_port of the secret.',
  },
  ETIMEDOUT: { ...NOT_ROUTED, message: 'The connection timed out.' },
  EHOSTUNREACH: NOT_ROUTED,
  ENETUNREACH: NOT_ROUTED,
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  CERT_HAS_EXPIRED: { ...NOT_TRUSTED, message: "TLS: the server's certificate has expired.", mend: "Renew the server's certificate." },
  CERT_NOT_YET_VALID: { ...NOT_TRUSTED, message: "TLS: the server's certificate is not valid yet.", mend: 'Check both clocks.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    ...NOT_TRUSTED,
    message: "TLS: the server's certificate is for another name.",
    mend: 'Use the name that the certificate is for as postgresql_hostname of the secret.',
  },
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
  const tls: Meaning = { code: 'TARGET_UNREACHABLE', message: 'TLS: the handshake failed.', mend: 'Check the TLS settings of the server.' };
  const meaning = MEANINGS[code] ?? (/^(ERR_SSL|ERR_TLS|CERT_|EPROTO)/.test(code) ? tls : undefined);
  if (meaning === undefined) {
    const sqlstate = /^[0-9A-Z]{5}$/.test(code) ? ` (SQLSTATE ${code})` : '';
    return new RunnerError('INTERNAL', `PostgreSQL failed in a way that the runner does not know${sqlstate}.`, details);
  }
  const { code: errorCode, message, mend, retryable } = meaning;
  return new RunnerError(errorCode, message, { mend, retryable, ...details });
}
