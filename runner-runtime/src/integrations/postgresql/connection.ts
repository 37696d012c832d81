import { Client, type ClientConfig, type QueryConfig } from 'pg';
import { RunnerError } from '../../errors.js';
import { unverifiedTls, verifiedTls } from '../../integration-kit/database/tls.js';
import type { SystemAccess } from '../integration.js';
import { asTargetError, failureCode } from './errors.js';
import type { PostgresqlSecret } from './secret.js';

export type Access = SystemAccess<PostgresqlSecret>;

const CONNECT_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 60_000;
const KEEPALIVE_MS = 10_000;
/** A server that is silent for so long after a statement's own time-out is given up. */
const ANSWER_TIMEOUT_MS = READ_TIMEOUT_MS + 10_000;

/** A connection to one database. */
export interface Session {
  readonly database: string;
  /** Rows as objects; cast what the driver should read as a number or array. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Rows as arrays of columns: for many of them. */
  rows(sql: string, values?: readonly unknown[]): Promise<unknown[][]>;
}

/**
 * Opens a connection, works with it and closes it, however the work ends. It is read-only unless a transaction says otherwise.
 * @param database name of the database; the secret's own one when absent
 * @throws {RunnerError} with our own words for whatever the network, TLS or the server said
 */
export async function withSession<Result>(
  access: Access,
  database: string | undefined,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const name = database ?? access.secret.database;
  let client: Client | undefined;
  try {
    client = await open(access, name);
    return await work(sessionOf(client, name));
  } catch (error) {
    if (access.signal.aborted && !(error instanceof RunnerError)) {
      throw new RunnerError('INTERNAL', 'The task was cancelled.', { retryable: true });
    }
    throw asTargetError(error, client === undefined ? { object: connectionObject(access, name, error) } : {});
  } finally {
    await client?.end().catch(() => undefined);
  }
}

/** What a failed connection is about: the database where that is the fault, else the server. */
function connectionObject({ secret }: Access, database: string, error: unknown): string {
  const aboutDatabase = ['3D000', '42501', '55000'].includes(failureCode(error) ?? '');
  return aboutDatabase ? database : `${secret.host}:${secret.port}`;
}

function sessionOf(client: Client, database: string): Session {
  return {
    database,
    query: async <Row>(sql: string, values: readonly unknown[] = []) => (await client.query(sql, [...values])).rows as Row[],
    rows: async (sql, values = []) => (await client.query({ text: sql, values: [...values], rowMode: 'array' })).rows as unknown[][],
  };
}

async function open(access: Access, database: string): Promise<Client> {
  const { secret } = access;
  if (secret.verifyTls) return connectAnyhow(access, database, verifiedTls(secret, access.network.cas));
  try {
    return await connectAnyhow(access, database, unverifiedTls(secret));
  } catch (error) {
    if (!isRefusedTls(error)) throw error;
    return connectAnyhow(access, database, false);
  }
}

/**
 * Start-up options stand above what the owner of a database sets for all its sessions: `ALTER DATABASE … SET role`, or a
 * time-out that ends a session before its first statement. Older servers do not know the last ones, and poolers hardly any.
 */
const START_UP_OPTIONS = [
  '-c role=none -c idle_session_timeout=0 -c transaction_timeout=0',
  '-c role=none -c idle_session_timeout=0',
  '-c role=none',
  undefined,
];
/** Which of them the server of a secret took. */
const accepted = new WeakMap<PostgresqlSecret, number>();

async function connectAnyhow(access: Access, database: string, ssl: NonNullable<ClientConfig['ssl']>): Promise<Client> {
  for (let choice = accepted.get(access.secret) ?? 0; ; choice += 1) {
    const options = START_UP_OPTIONS[choice];
    try {
      const client = await connect(access, database, ssl, options);
      accepted.set(access.secret, choice);
      return client;
    } catch (error) {
      if (options === undefined || !isRefusedOption(error)) throw error;
    }
  }
}

/** Unknown to the server, or to a pooler before it. */
function isRefusedOption(error: unknown): boolean {
  return ['42704', '08P01', '0A000'].includes(failureCode(error) ?? '');
}

/** As libpq's `sslmode=prefer`: what a server without TLS, or a pg_hba.conf with `hostnossl` only, answers. */
function isRefusedTls(error: unknown): boolean {
  const code = failureCode(error) ?? '';
  return code === 'TLS_REFUSED' || code === '28000' || code.startsWith('ERR_SSL') || code === 'EPROTO';
}

async function connect(
  access: Access,
  database: string,
  ssl: NonNullable<ClientConfig['ssl']>,
  options: string | undefined,
): Promise<Client> {
  const { secret, signal } = access;
  signal.throwIfAborted();
  // The start-up packet ends a value with NUL: what follows would be further parameters.
  if (`${database}${secret.username}`.includes('\0')) {
    throw new RunnerError('TARGET_NOT_FOUND', 'No database or user has NUL in its name.');
  }
  const client = new Client({
    host: secret.host,
    port: secret.port,
    user: secret.username,
    password: secret.password,
    database,
    ssl,
    application_name: 'axiom-runner',
    client_encoding: 'UTF8',
    ...(options !== undefined && { options }),
    query_timeout: ANSWER_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
  });
  // A connection lost between two queries is an event of its own; the next query fails with it.
  client.on('error', () => undefined);
  const leave = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', leave, { once: true });
  client.once('end', () => signal.removeEventListener('abort', leave));
  try {
    await client.connect();
    await client.query({ text: SETTINGS, query_timeout: CONNECT_TIMEOUT_MS } as QueryConfig);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** A statement where start-up options need not be: connection poolers know few of those. */
const SETTINGS = `SELECT ${Object.entries({
  role: 'none',
  search_path: 'pg_catalog',
  default_transaction_read_only: 'on',
  standard_conforming_strings: 'on',
  client_min_messages: 'error',
  statement_timeout: READ_TIMEOUT_MS,
  lock_timeout: CONNECT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: CONNECT_TIMEOUT_MS,
})
  .map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', false)`)
  .join(', ')}`;
