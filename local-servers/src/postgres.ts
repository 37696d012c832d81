import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeAuthority } from './certificates.js';
import { removeTemporaryDirectory } from './cleanup.js';
import { ServerStartError } from './errors.js';
import { onPort } from './ports.js';
import { findPsql, type PostgresBinaries, type PostgresMajor, postgresBinaries } from './postgres-binaries.js';
import type { Say } from './resolve.js';
import { ServerProcess } from './server-process.js';
import { giveTo, isReachableByOthers, makeServerDirectory, type ServerUser } from './server-user.js';

const run = promisify(execFile);
const superuser = 'postgres';

/**
 * Made for throw-away data: nothing need survive a crash of the machine, but every commit survives one of the server,
 * which is why `synchronous_commit` stays on.
 */
const defaultSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  log_destination: 'stderr',
  logging_collector: 'off',
};

export interface PostgresOptions {
  readonly major: PostgresMajor;
  /** The port on 127.0.0.1. @default a free port */
  readonly port?: number;
  /** TLS with a certificate of an own authority; connections without TLS are then refused. @default false */
  readonly tls?: boolean;
  /** Server settings, such as `{ password_encryption: 'md5' }`, over the defaults for throw-away data. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly say?: Say;
}

/** A PostgreSQL server with data of its own in a temporary directory; passwords are checked with SCRAM-SHA-256. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly superuser: { readonly user: string; readonly password: string };
  /** Of the superuser, to the database "postgres"; with `tls` the certificate is verified. */
  readonly connectionString: string;
  /** With `tls`: the authority that a client has to trust. */
  readonly caFile?: string;
  /** `psql`, when the machine has one. */
  readonly psqlPath?: string;
  /** Changes with a restart. */
  readonly pid: number;
  /** Stops it, if it runs, and starts it again with the same data on the same port; open connections end. */
  restart(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
  /** Ends it without warning, as a crash would; `restart` recovers. */
  kill(): Promise<void>;
}

/** Starts PostgreSQL. PostgreSQL refuses to run as root: a root process runs it as "nobody". */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const found = await postgresBinaries(options.major);
  const what = `PostgreSQL ${options.major}`;
  const { directory, user } = await makeServerDirectory(what, 'axiom-postgres-');
  try {
    const bin = await reachableBin(found, directory, user);
    const cluster: Cluster = { what, bin, directory, user, password: randomBytes(18).toString('base64url') };
    await initialize(cluster);
    const tls = (options.tls ?? false) ? await enableTls(cluster) : undefined;
    const settings = { ...defaultSettings, ...tls?.settings, ...options.settings };
    return await onPort(what, options.port, async (port) => {
      const server = await launch(cluster, port, settings);
      return handleOf({ cluster, port, settings, server, caFile: tls?.caFile, psqlPath: await findPsql(found) });
    });
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

interface Cluster {
  readonly what: string;
  readonly bin: string;
  readonly directory: string;
  readonly user: ServerUser | undefined;
  readonly password: string;
}

interface Launched {
  readonly cluster: Cluster;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly server: ServerProcess;
  readonly caFile: string | undefined;
  readonly psqlPath: string | undefined;
}

function handleOf({ cluster, port, settings, server, caFile, psqlPath }: Launched): PostgresServer {
  let current = server;
  const verified = caFile === undefined ? '' : `?sslmode=verify-full&sslrootcert=${encodeURIComponent(caFile)}`;
  return {
    host: '127.0.0.1',
    port,
    superuser: { user: superuser, password: cluster.password },
    connectionString: `postgres://${superuser}:${cluster.password}@127.0.0.1:${port}/postgres${verified}`,
    ...(caFile !== undefined && { caFile }),
    ...(psqlPath !== undefined && { psqlPath }),
    get pid() {
      return current.pid;
    },
    restart: async () => {
      await current.stop();
      current = await relaunch(cluster, port, settings);
    },
    stop: async () => {
      await current.stop();
      await removeTemporaryDirectory(cluster.directory);
    },
    kill: () => current.kill(),
  };
}

/** The directory of the programs, copied when the user who runs them can't reach it. */
async function reachableBin(found: PostgresBinaries, directory: string, user: ServerUser | undefined): Promise<string> {
  if (user === undefined || found.movable === undefined || (await isReachableByOthers(join(found.bin, 'initdb')))) return found.bin;
  const copy = join(directory, 'native');
  await cp(found.movable, copy, { recursive: true, verbatimSymlinks: true });
  await run('chown', ['-R', `${user.uid}:${user.gid}`, copy]);
  return join(copy, 'bin');
}

async function initialize({ what, bin, directory, user, password }: Cluster): Promise<void> {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveTo(user, passwordFile);
  const where = ['--pgdata', join(directory, 'data'), '--no-sync', '--no-instructions'];
  const how = ['--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C'];
  await run(join(bin, 'initdb'), [...where, ...how], { cwd: directory, timeout: 60_000, ...user }).catch((error: { stderr?: string }) => {
    throw new ServerStartError(what, 'initdb failed', error.stderr?.trim() ?? String(error));
  });
  await rm(passwordFile);
}

async function enableTls({ directory, user }: Cluster): Promise<{ caFile: string; settings: Record<string, string> }> {
  const authority = await makeAuthority(directory);
  const { certFile, keyFile } = await authority.issueServer();
  await giveTo(user, certFile, keyFile);
  // pg_hba.conf as initdb writes it, with TLS required for TCP
  const hba = join(directory, 'data', 'pg_hba.conf');
  await writeFile(
    hba,
    'local all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\nhostssl replication all 127.0.0.1/32 scram-sha-256\n',
  );
  return { caFile: authority.caFile, settings: { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile } };
}

/** After a crash the old server's children may hold the data for a moment, and a new server refuses to start. */
async function relaunch(cluster: Cluster, port: number, settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const giveUp = Date.now() + 10_000;
  for (;;) {
    try {
      return await launch(cluster, port, settings);
    } catch (error) {
      const heldByChildren = error instanceof ServerStartError && /shared memory block|in use/.test(error.output);
      if (!heldByChildren || Date.now() > giveUp) throw error;
    }
  }
}

async function launch(
  { what, bin, directory, user }: Cluster,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const data = join(directory, 'data');
  const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: directory, ...settings };
  const server = new ServerProcess({
    what,
    command: join(bin, 'postgres'),
    args: ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    cwd: directory,
    user,
    // "fast" ends the connections (SIGTERM would wait for them), then "immediate": https://www.postgresql.org/docs/current/server-shutdown.html
    stopSignals: ['SIGINT', 'SIGQUIT'],
    abruptSignal: 'SIGQUIT',
  });
  await server.ready(() => saysReady(join(data, 'postmaster.pid'), server.pid), 30_000);
  return server;
}

/** What `pg_ctl --wait` looks at: line 1 is the process id, line 8 the state. */
async function saysReady(pidFile: string, pid: number): Promise<boolean> {
  const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
  return lines[0]?.trim() === String(pid) && lines[7]?.trim() === 'ready';
}
