import { onPort } from './ports.js';
import type { Say } from './resolve.js';
import { ServerProcess } from './server-process.js';
import { temporalCliPath } from './temporal-executables.js';
import { namespaceIsServed } from './temporal-probe.js';

export interface TemporalOptions {
  /** The gRPC port on 127.0.0.1. @default a free port */
  readonly port?: number;
  /** Namespaces to register besides "default"; the first one is the server's `namespace`. @default none */
  readonly namespaces?: readonly string[];
  readonly say?: Say;
}

/** A Temporal dev server: in memory, without web UI, TLS or authentication, on loopback only. */
export interface TemporalServer {
  /** host:port of the gRPC frontend. */
  readonly address: string;
  /** The first namespace that was asked for, or "default". */
  readonly namespace: string;
  /** Changes with a restart. */
  readonly pid: number;
  stop(): Promise<void>;
  /** Ends it without warning, as a crash would. */
  kill(): Promise<void>;
  /** Stops it if it runs and starts it again on the same port. Workflows are lost; the namespaces are registered again. */
  restart(): Promise<void>;
}

/** Starts a Temporal dev server and resolves when it serves every namespace. */
export async function startTemporal(options: TemporalOptions = {}): Promise<TemporalServer> {
  const cli = await temporalCliPath(options.say);
  const namespaces = options.namespaces ?? [];
  return onPort('The Temporal dev server', options.port, async (port) => {
    let server = await launch(cli, port, namespaces);
    return {
      address: `127.0.0.1:${port}`,
      namespace: namespaces[0] ?? 'default',
      get pid() {
        return server.pid;
      },
      stop: () => server.stop(),
      kill: () => server.kill(),
      restart: async () => {
        await server.stop();
        server = await launch(cli, port, namespaces);
      },
    };
  });
}

async function launch(cli: string, port: number, namespaces: readonly string[]): Promise<ServerProcess> {
  const server = new ServerProcess({
    what: 'The Temporal dev server',
    command: cli,
    args: [
      ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
      ...namespaces.flatMap((namespace) => ['--namespace', namespace]),
    ],
    // It keeps nothing that an orderly stop would save, and takes 1.3 s for one.
    stopSignals: [],
  });
  await server.ready(async () => {
    const served = await Promise.all(['default', ...namespaces].map((namespace) => namespaceIsServed(port, namespace)));
    return served.every(Boolean);
  }, 30_000);
  return server;
}
