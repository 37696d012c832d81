import { chown } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { hostAndPort, isLoopback } from '../../config/address.js';
import { SettingsError } from '../../config/settings.js';
import type { Logger } from '../../operations/logger.js';
import type { Application } from '../applications/application.js';
import type { ListenSettings } from '../config/agent-settings.js';
import type { ProblemCode } from '../problem.js';
import { groupId } from './group-id.js';
import { httpServer, secureContext, type TlsMaterial } from './http-server.js';
import { ownHosts } from './own-hosts.js';
import { activatedSockets, refuseOpenSocket } from './socket-activation.js';
import { readTls } from './tls-material.js';
import { listenOnSocket } from './unix-socket.js';

/** What the listeners answer with. */
export interface ListenersOptions {
  readonly settings: ListenSettings;
  readonly connections: number;
  /** Makes the handler of one listener. @param isStopping whether no connection is kept for another request */
  readonly handler: (
    isOwnHost: (host: string) => boolean,
    withoutToken: (() => Application | undefined) | undefined,
    isStopping: () => boolean,
  ) => RequestListener;
  /** The application that the Unix socket stands for. */
  readonly ofSocket: () => Application | undefined;
  readonly turnedAway: (code: ProblemCode) => void;
  readonly log: Logger;
}

/** The open listeners of an agent. */
export interface Listeners {
  /** As a user would write them: `http://127.0.0.1:8787`, a socket's path. */
  readonly addresses: readonly string[];
  /** Takes no new connection; requests at hand are answered, within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const RELOAD_EVERY_MS = 60_000;

/** Opens what the settings name, or what systemd has opened for this process. @throws {SettingsError} */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { settings, connections, handler, ofSocket, turnedAway, log } = options;
  const servers: Server[] = [];
  const addresses: string[] = [];
  let tls = settings.tls === undefined ? undefined : await readTls(settings.tls);
  const scheme = tls === undefined ? 'http' : 'https';
  let stopping = false;
  const isStopping = () => stopping;
  const forSocket = () => httpServer(handler(ownHosts(undefined), ofSocket, isStopping), { connections, turnedAway });
  const forPort = (port: number | undefined) =>
    httpServer(
      handler(
        ownHosts(port, () => tls?.certificate),
        undefined,
        isStopping,
      ),
      { connections, tls, turnedAway },
    );
  const add = (server: Server, address: string) => {
    servers.push(server);
    addresses.push(address);
  };
  const close = async (graceMs: number) => {
    stopping = true;
    clearInterval(reload);
    await Promise.all(servers.map((server) => stop(server, graceMs)));
  };
  const renewed = (material: TlsMaterial) => {
    for (const server of servers) if ('setSecureContext' in server) (server as TlsServer).setSecureContext(secureContext(material));
    tls = material;
  };
  const reload = tls === undefined || settings.tls === undefined ? undefined : keepFresh(settings.tls, tls, renewed, log);
  try {
    const activated = activatedSockets();
    for (const { fd, path } of activated) {
      const server = path === undefined ? forPort(undefined) : forSocket();
      servers.push(server);
      if (path !== undefined && settings.socket?.application !== undefined) refuseOpenSocket(path);
      await listening(server, { fd });
      addresses.push(path ?? `${scheme}://${reachable(server, tls)}`);
    }
    if (activated.length === 0) {
      if (settings.socket !== undefined) {
        const { path, mode, group } = settings.socket;
        const server = forSocket();
        await listenOnSocket(server, path, mode);
        add(server, path);
        if (group !== undefined) await giveTo(path, await groupId(group));
      }
      const address = settings.address === 'off' ? undefined : hostAndPort(settings.address);
      if (address !== undefined) await listenOn(address, forPort, (server, host, port) => add(server, `${scheme}://${host}:${port}`), log);
    }
    return { addresses, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

/** Address of a socket that systemd opened. @throws {SettingsError} where others can reach it without TLS */
function reachable(server: Server, tls: TlsMaterial | undefined): string {
  const bound = server.address();
  const { address, port } = typeof bound === 'object' && bound !== null ? bound : { address: '', port: 0 };
  if (tls === undefined && !isLoopback(address)) {
    throw fault(
      `is a socket of systemd on ${address}:${port}, which others can reach, without TLS`,
      'Set listen.tls, or ListenStream=127.0.0.1:8787.',
    );
  }
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

async function giveTo(path: string, group: number): Promise<void> {
  try {
    await chown(path, process.getuid?.() ?? -1, group);
  } catch (error) {
    throw new SettingsError([
      {
        variable: 'listen.socket.group',
        found: `is ${group}, to which ${path} cannot be given (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
        mend: 'Make the user of the agent a member of that group.',
      },
    ]);
  }
}

/** `localhost` may be `::1` for an application: both loopbacks are served. */
async function listenOn(
  { host, port }: { readonly host: string; readonly port: number },
  make: (port: number) => Server,
  add: (server: Server, host: string, port: number) => void,
  log: Logger,
): Promise<void> {
  const [first = host, ...others] = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  const shown = (name: string) => (name.includes(':') ? `[${name}]` : name);
  // A port of 0 is one that is free; what it is must be known before the handler is made.
  const free = port === 0 ? await freePort(first) : port;
  for (const name of [first, ...others]) {
    const server = make(free);
    try {
      await listening(server, { host: name, port: free });
      add(server, shown(name), free);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (name !== first && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) {
        log.debug('this host has no IPv6 loopback', { code });
        continue;
      }
      throw fault(
        `is ${shown(name)}:${free}, where the agent cannot listen (${code ?? 'unknown'})`,
        code === 'EADDRINUSE' ? 'Another program has it: stop that, or choose another port.' : 'Choose an address of this host.',
      );
    }
  }
}

async function freePort(host: string): Promise<number> {
  const { createServer } = await import('node:net');
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, host, resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function listening(server: Server, where: { readonly fd: number } | { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stop(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** A certificate that was renewed is taken up without a restart. */
function keepFresh(
  settings: NonNullable<ListenSettings['tls']>,
  first: TlsMaterial,
  renewed: (material: TlsMaterial) => void,
  log: Logger,
): NodeJS.Timeout {
  let standing = JSON.stringify(first);
  const timer = setInterval(async () => {
    try {
      const read = await readTls(settings);
      if (JSON.stringify(read) === standing) return;
      renewed(read);
      standing = JSON.stringify(read);
      log.info('the certificate was renewed');
    } catch {
      log.error('the certificate cannot be read any more; the old one stays in use');
    }
  }, RELOAD_EVERY_MS);
  return timer.unref();
}

function fault(found: string, mend: string): SettingsError {
  return new SettingsError([{ variable: 'listen.address', found, mend }]);
}
