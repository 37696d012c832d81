import { randomBytes } from 'node:crypto';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { makeAuthority } from './certificates.js';
import { removeTemporaryDirectory } from './cleanup.js';
import { findInstallation, type MysqlInstallation, type MysqlProgram, reachableInstallation } from './mysql-installation.js';
import { onPort } from './ports.js';
import type { Say } from './resolve.js';
import { ServerProcess } from './server-process.js';
import { giveTo, makeServerDirectory, type ServerUser } from './server-user.js';

const adminName = 'admin';

/** Made for throw-away data: little memory, and commits that survive a crash of the server but not one of the machine. */
const commonSettings = {
  innodb_flush_log_at_trx_commit: '2',
  innodb_use_native_aio: 'OFF', // many servers at once use up what the kernel has of it
  innodb_buffer_pool_size: '32M',
};

export interface MysqlOptions {
  /** The port on 127.0.0.1. @default a free port */
  readonly port?: number;
  /** TLS with a certificate of an own authority; connections without TLS are then refused. @default false */
  readonly tls?: boolean;
  /** Server settings, such as `{ event_scheduler: 'ON' }`, over the defaults for throw-away data. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly say?: Say;
}

/** A server with data of its own in a temporary directory; "admin" is the only account that can log in. */
export interface MysqlServer {
  readonly host: string;
  readonly port: number;
  /** 'admin'@'%', with every privilege and the right to grant it. */
  readonly admin: { readonly user: string; readonly password: string };
  /** Such as "10.11.18". */
  readonly version: string;
  /** With `tls`: the authority that a client has to trust. */
  readonly caFile?: string;
  /** Changes with a restart. */
  readonly pid: number;
  /** Stops it, if it runs, and starts it again with the same data on the same port; open connections end. */
  restart(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
  /** Ends it without warning, as a crash would; `restart` recovers. */
  kill(): Promise<void>;
}

/** What the products don't share. */
export interface MysqlProduct extends MysqlProgram {
  readonly settings: Readonly<Record<string, string>>;
  /** How the data of a new server is made in which the statements have run. */
  initialization(installation: MysqlInstallation, statements: readonly string[]): Promise<Initialization>;
}

/** One call of the program. */
export interface Initialization {
  /** One statement a line; also the call's standard input. */
  readonly sql: string;
  args(sqlFile: string): readonly string[];
}

/** Starts a server of a product. As root it is run as "nobody". */
export async function startMysqlServer(product: MysqlProduct, options: MysqlOptions): Promise<MysqlServer> {
  const { what } = product;
  const found = await findInstallation(product, options.say);
  const { directory, user } = await makeServerDirectory(what, `axiom-${product.program}-`);
  try {
    const installation = await reachableInstallation(product, found, directory, user);
    const data: Data = { product, installation, directory, user, password: randomBytes(18).toString('base64url') };
    await initialize(data);
    const tls = (options.tls ?? false) ? await makeTls(data) : undefined;
    const settings = { ...commonSettings, ...product.settings, ...tls?.settings, ...options.settings };
    return await onPort(what, options.port, async (port) => {
      let server = await launch(data, port, settings);
      return {
        host: '127.0.0.1',
        port,
        admin: { user: adminName, password: data.password },
        version: installation.version,
        ...(tls && { caFile: tls.caFile }),
        get pid() {
          return server.pid;
        },
        restart: async () => {
          await server.stop();
          server = await launch(data, port, settings);
        },
        stop: async () => {
          await server.stop();
          await removeTemporaryDirectory(directory);
        },
        kill: () => server.kill(),
      };
    });
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

interface Data {
  readonly product: MysqlProduct;
  readonly installation: MysqlInstallation;
  readonly directory: string;
  readonly user: ServerUser | undefined;
  readonly password: string;
}

async function initialize(data: Data): Promise<void> {
  const { product, installation, directory, user, password } = data;
  const admin = `'${adminName}'@'%'`;
  const statements = [`CREATE USER ${admin} IDENTIFIED BY '${password}';`, `GRANT ALL ON *.* TO ${admin} WITH GRANT OPTION;`];
  const { sql, args } = await product.initialization(installation, statements);
  const sqlFile = join(directory, 'first.sql');
  await writeFile(sqlFile, sql, { mode: 0o600 });
  const folders = ['data', 'tmp'].map((name) => join(directory, name));
  for (const folder of folders) await mkdir(folder, { mode: 0o700 });
  await giveTo(user, sqlFile, ...folders);
  const input = await open(sqlFile);
  try {
    const command = { what: product.what, command: installation.command, cwd: directory, user };
    await new ServerProcess({ ...command, args: [...argumentsOf(data), ...args(sqlFile)], input: input.fd }).finished(120_000);
  } finally {
    await input.close();
  }
  await rm(sqlFile);
}

async function makeTls({ directory, user }: Data): Promise<{ caFile: string; settings: Record<string, string> }> {
  const authority = await makeAuthority(directory);
  const { certFile, keyFile } = await authority.issueServer();
  await giveTo(user, authority.caFile, certFile, keyFile);
  const { caFile } = authority;
  return { caFile, settings: { ssl_ca: caFile, ssl_cert: certFile, ssl_key: keyFile, require_secure_transport: 'ON' } };
}

async function launch(data: Data, port: number, settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const { product, installation, directory, user } = data;
  // The socket is relative to the data: the whole path could be too long for one.
  const all = { port: String(port), bind_address: '127.0.0.1', socket: 'server.sock', ...settings };
  const server = new ServerProcess({
    what: product.what,
    command: installation.command,
    args: [...argumentsOf(data), '--skip-name-resolve', ...Object.entries(all).map(([name, value]) => `--${name}=${value}`)],
    cwd: directory,
    user,
    stopWithin: 15_000,
  });
  await server.ready(() => greets(port), 60_000);
  return server;
}

function argumentsOf({ installation, directory }: Data): string[] {
  const own = [`--basedir=${installation.base}`, `--datadir=${join(directory, 'data')}`, `--tmpdir=${join(directory, 'tmp')}`];
  // A server that starts removes temporary tables from its tmpdir: those of others too, where it is shared.
  return [...installation.loading, '--no-defaults', ...own];
}

/** Whether a server on the port sends its greeting: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html */
function greets(port: number): Promise<boolean> {
  const protocolVersion = 10;
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 5_000 });
    socket.once('data', (packet) => {
      resolve(packet[4] === protocolVersion);
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy()).on('error', () => undefined);
    socket.once('close', () => resolve(false));
  });
}
