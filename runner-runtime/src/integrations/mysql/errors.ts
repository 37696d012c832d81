import { RunnerError, type RunnerErrorDetails } from '../../errors.js';
import { type Meaning, networkMeanings, tlsMeaning } from '../../integration-kit/network-failure.js';

const CLOSED: Meaning = { code: 'TARGET_UNREACHABLE', message: 'The connection was closed.' };
const REFUSED_LOGIN: Meaning = {
  code: 'TARGET_AUTH_FAILED',
  message: 'The server refuses the user or its password.',
  mend: 'Check mysql_username and mysql_password of the secret, and the host part of the account.',
};
const OTHER_METHOD: Meaning = {
  code: 'TARGET_AUTH_FAILED',
  message: 'The server asks for a way to log in that the runner does not use.',
  mend: 'Let the account use caching_sha2_password or mysql_native_password.',
};
const FULL: Meaning = {
  code: 'TARGET_UNREACHABLE',
  message: 'The server has no free connection.',
  mend: 'Raise max_connections or the limit of the account, or end idle sessions.',
};
const BUSY: Meaning = {
  code: 'INTERNAL',
  message: 'The server took longer than allowed, or another session holds a lock.',
  retryable: true,
};
const MISSING_RIGHT: Meaning = {
  code: 'TARGET_PERMISSION_DENIED',
  message: "The runner's user lacks a right that this needs.",
  mend: 'Run the connection test, and compare the rights of the user with docs/integrations/mysql.md.',
};
const NO_ACCOUNT: Meaning = { code: 'PRINCIPAL_NOT_FOUND', message: 'A user or role that this needs does not exist (any more).' };
const READ_ONLY: Meaning = {
  code: 'TARGET_UNREACHABLE',
  message: 'The server is read-only: a replica, or read-only by setting.',
  mend: 'Use the endpoint of the primary as mysql_hostname of the secret.',
};

/**
 * By errno of Node, code of OpenSSL or of the driver, or number of the server: https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
 * and https://mariadb.com/kb/en/mariadb-error-code-reference/
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ...networkMeanings({ host: 'mysql_hostname of the secret', port: 'mysql_port of the secret', ca: 'ssl_ca of the secret' }),
  HANDSHAKE_NO_SSL_SUPPORT: {
    code: 'TARGET_UNREACHABLE',
    message: 'TLS: the server does not offer TLS, but ssl_mode of the secret requires it.',
    mend: 'Enable TLS on the server, or remove ssl_mode from the secret.',
    retryable: false,
  },
  HANDSHAKE_SSL_ERROR: { code: 'TARGET_UNREACHABLE', message: 'TLS: the handshake failed.', mend: 'Check the TLS settings of the server.' },
  PROTOCOL_CONNECTION_LOST: CLOSED,
  PROTOCOL_SEQUENCE_TIMEOUT: BUSY,
  AUTH_SWITCH_PLUGIN_ERROR: OTHER_METHOD,
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: OTHER_METHOD,
  1251: OTHER_METHOD,
  1040: FULL,
  1203: FULL,
  1226: FULL,
  1045: REFUSED_LOGIN,
  1130: {
    code: 'TARGET_AUTH_FAILED',
    message: "The server lets no account in from the runner's address.",
    mend: 'Check the host part of the account.',
  },
  1129: {
    code: 'TARGET_UNREACHABLE',
    message: "The server has blocked the runner's address after failed connections.",
    mend: 'mariadb-admin flush-hosts, or TRUNCATE TABLE performance_schema.host_cache.',
  },
  1698: REFUSED_LOGIN,
  1820: REFUSED_LOGIN,
  1862: REFUSED_LOGIN,
  3118: REFUSED_LOGIN,
  4151: REFUSED_LOGIN,
  1044: MISSING_RIGHT,
  1142: MISSING_RIGHT,
  1143: MISSING_RIGHT,
  1227: MISSING_RIGHT,
  1370: MISSING_RIGHT,
  1095: MISSING_RIGHT,
  1049: { code: 'TARGET_NOT_FOUND', message: 'The database does not exist.' },
  1146: { code: 'TARGET_NOT_FOUND', message: 'The table or view does not exist.' },
  1133: NO_ACCOUNT,
  1410: NO_ACCOUNT,
  1959: NO_ACCOUNT,
  3523: NO_ACCOUNT,
  1396: { code: 'CONFLICT', message: 'A user of the same name appeared or vanished meanwhile.', retryable: true },
  1819: {
    code: 'UNSUPPORTED',
    message: "The server's rules for passwords refuse the one that was made.",
    mend: 'Loosen validate_password: 35 random characters of all four kinds should do.',
  },
  STRICT_PASSWORD_VALIDATION: {
    code: 'UNSUPPORTED',
    message: 'The server refuses passwords that it gets as a hash.',
    mend: 'SET GLOBAL strict_password_validation = OFF;',
  },
  1193: {
    code: 'UNSUPPORTED',
    message: 'The server is older than the runner works with.',
    mend: 'Upgrade to MySQL 8.0.16 or MariaDB 10.11.',
  },
  1290: READ_ONLY,
  1792: READ_ONLY,
  1836: READ_ONLY,
  1053: { code: 'TARGET_UNREACHABLE', message: 'The server is starting or stopping.' },
  1927: CLOSED,
  4031: CLOSED,
  1205: BUSY,
  1213: BUSY,
  1317: BUSY,
  1969: BUSY,
  3024: BUSY,
};

/** The number of the server's error, else the code of the driver, of Node or of OpenSSL. */
export function failureCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const number = 'errno' in error ? Number(error.errno) : 0;
  const message = 'message' in error ? String(error.message) : '';
  if (number === 1290 && /strict[-_]password[-_]validation/.test(message)) return 'STRICT_PASSWORD_VALIDATION';
  if (number > 0) return String(number);
  if (/unknown plugin|authentication plugin/.test(message)) return 'AUTH_SWITCH_PLUGIN_ERROR';
  if (/closed state/.test(message)) return 'PROTOCOL_CONNECTION_LOST';
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Why nothing is changed on a read-only server, also where the runner's account could: it may be a replica. */
export function readOnlyServer(): RunnerError {
  return new RunnerError(READ_ONLY.code, READ_ONLY.message, { mend: READ_ONLY.mend });
}

/** A failure of the driver as a typed error with fixed words: what the server said stays behind. */
export function asTargetError(error: unknown, details: RunnerErrorDetails = {}): RunnerError {
  if (error instanceof RunnerError) return error;
  const code = failureCode(error) ?? '';
  const meaning = MEANINGS[code] ?? tlsMeaning(code);
  if (meaning === undefined) {
    const number = /^\d{1,5}$/.test(code) ? ` (error ${code})` : '';
    return new RunnerError('INTERNAL', `The server failed in a way that the runner does not know${number}.`, details);
  }
  const { code: errorCode, message, mend, retryable } = meaning;
  return new RunnerError(errorCode, message, { mend, retryable, ...details });
}
