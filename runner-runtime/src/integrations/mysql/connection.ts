import { connect as connectSocket, type Socket } from 'node:net';
import type { TLSSocket, ConnectionOptions as TlsOptions } from 'node:tls';
import { type Connection, createConnection, type SslOptions } from 'mysql2';
import { RunnerError } from '../../errors.js';
import { unverifiedTls, verifiedTls } from '../../integration-kit/database/tls.js';
import type { SystemAccess } from '../integration.js';
import { asTargetError, failureCode, readOnlyServer } from './errors.js';
import type { MysqlSecret } from './secret.js';
import { factsOf, factsQuery, isMariadb, type ServerFacts } from './server.js';

export type Access = SystemAccess<MysqlSecret>;

const CONNECT_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_SECONDS = 60;
const LOCK_TIMEOUT_SECONDS = 10;
const IDLE_TIMEOUT_SECONDS = 120;
const KEEPALIVE_MS = 10_000;
/** A server that is silent for so long after a statement's own time-out is given up. */
const ANSWER_TIMEOUT_MS = (READ_TIMEOUT_SECONDS + 10) * 1000;

/** A connection to the server. */
export interface Session {
  readonly facts: ServerFacts;
  /** Reads rows; `?` in the SQL stand for the values, which the server itself puts in. */
  query<Row>(sql: string, values?: readonly (string | number)[]): Promise<Row[]>;
  /** Makes one change, which passes the gate; a change commits at once. */
  change(sql: string): Promise<void>;
}

/**
 * Opens a connection, works with it and closes it, however the work ends. It is read-only until the first change.
 * @throws {RunnerError} with our own words for whatever the network, TLS or the server said
 */
export async function withSession<Result>(access: Access, work: (session: Session) => Promise<Result>): Promise<Result> {
  const { secret, signal } = access;
  let connection: Connection | undefined;
  const leave = () => connection?.destroy();
  signal.addEventListener('abort', leave, { once: true });
  try {
    signal.throwIfAborted();
    connection = await open(access);
    signal.throwIfAborted();
    return await work(await begin(access, connection));
  } catch (error) {
    if (signal.aborted && !(error instanceof RunnerError)) {
      throw new RunnerError('INTERNAL', 'The task was cancelled.', { retryable: true });
    }
    throw asTargetError(error, connection === undefined ? { object: `${secret.host}:${secret.port}` } : {});
  } finally {
    signal.removeEventListener('abort', leave);
    connection?.destroy();
  }
}

async function begin(access: Access, connection: Connection): Promise<Session> {
  const run = async <Row>(sql: string): Promise<Row[]> => {
    const [rows] = await inTime(connection, connection.promise().query(sql));
    return rows as Row[];
  };
  const [version] = await run<{ text: string }>('SELECT VERSION() AS text');
  const text = version?.text ?? '';
  for (const statement of settings(isMariadb(text))) await run(statement);
  const [row] = await run<Record<string, unknown>>(factsQuery(isMariadb(text)));
  const facts = factsOf(text, row ?? {});
  let writable = false;
  return {
    facts,
    query: async <Row>(sql: string, values: readonly (string | number)[] = []) => {
      const [rows] = await inTime(connection, connection.promise().execute(sql, [...values]));
      return rows as Row[];
    },
    change: async (sql) => {
      if (facts.readOnly) throw readOnlyServer();
      if (!writable) await run('SET SESSION TRANSACTION READ WRITE');
      writable = true;
      access.gate.check();
      await run(sql);
    },
  };
}

/** The driver's own time limit would go on after the connection has ended. */
async function inTime<Result>(connection: Connection, answer: Promise<Result>): Promise<Result> {
  const timer = setTimeout(() => connection.destroy(), ANSWER_TIMEOUT_MS);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

/** What an administrator may have set otherwise for all sessions: quoting, limits, and who is made by a grant. */
function settings(mariadb: boolean): string[] {
  const mode = mariadb ? 'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER' : 'STRICT_TRANS_TABLES';
  const longest = mariadb ? `max_statement_time = ${READ_TIMEOUT_SECONDS}` : `max_execution_time = ${READ_TIMEOUT_SECONDS * 1000}`;
  return [
    `SET SESSION sql_mode = '${mode}', lock_wait_timeout = ${LOCK_TIMEOUT_SECONDS}, innodb_lock_wait_timeout = ${LOCK_TIMEOUT_SECONDS},
       wait_timeout = ${IDLE_TIMEOUT_SECONDS}, sql_select_limit = DEFAULT, autocommit = 1, ${longest}`,
    'SET SESSION TRANSACTION READ ONLY',
    // A role that was granted to the runner's account is of use only when it is switched on; MariaDB has one at a time, the default one.
    ...(mariadb ? [] : ['SET ROLE ALL']),
  ];
}

async function open(access: Access): Promise<Connection> {
  const { secret, network } = access;
  if (secret.verifyTls) return connect(access, { ...verifiedTls(secret, network.cas) });
  try {
    return await connect(access, unverifiedTls(secret));
  } catch (error) {
    if (failureCode(error) !== 'HANDSHAKE_NO_SSL_SUPPORT') throw error;
    return connect(access, undefined);
  }
}

async function connect({ secret }: Access, tls: TlsOptions | undefined): Promise<Connection> {
  const connection = createConnection({
    user: secret.username,
    password: secret.password,
    host: secret.host,
    stream: () => socketTo(secret),
    connectTimeout: CONNECT_TIMEOUT_MS,
    charset: 'utf8mb4_bin',
    // A server may ask a client for its files.
    flags: ['-LOCAL_FILES'],
    // The driver takes of TLS what a secure context and a check of the name need.
    ...(tls !== undefined && { ssl: { ...(tls as SslOptions), verifyIdentity: tls.rejectUnauthorized !== false } }),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('connect', () => resolve());
      connection.on('error', (error: unknown) => reject(withTlsReason(error, connection)));
    });
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** Node compares a certificate with the host of the socket below where there is no server name: an address. */
function socketTo({ host, port }: MysqlSecret): Socket {
  const socket = connectSocket({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS });
  return Object.assign(socket, { _host: host });
}

/** The driver's own code hides why a certificate was refused. */
function withTlsReason(error: unknown, connection: Connection): unknown {
  const reason: unknown = 'stream' in connection ? (connection.stream as Partial<TLSSocket>).authorizationError : undefined;
  return failureCode(error) === 'HANDSHAKE_SSL_ERROR' && typeof reason === 'string' ? Object.assign(new Error(), { code: reason }) : error;
}
