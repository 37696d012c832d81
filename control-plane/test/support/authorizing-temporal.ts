import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, ServerUnavailableError, temporalServerPath } from '@axiom-runner/local-servers';
import { temporaryFolder } from './homes.js';

/** A Temporal server with its JWT authorizer, in memory. */
export interface AuthorizingTemporal {
  readonly address: string;
  stop(): Promise<void>;
}

/** The path of the server, or why there is none. */
export function findAuthorizingTemporal(): Promise<{ path: string } | { missing: string }> {
  return temporalServerPath((line) => process.stderr.write(`${line}\n`)).then(
    (path) => ({ path }),
    (error: unknown) => {
      if (!(error instanceof ServerUnavailableError)) throw error;
      return { missing: error.message };
    },
  );
}

/** Starts the server; it trusts the keys of the JWK sets, and reads them again every second. */
export async function startAuthorizingTemporal(path: string, keySetUrls: readonly string[]): Promise<AuthorizingTemporal> {
  const ports = await freePorts(10);
  const config = join(await temporaryFolder(), 'config.yaml');
  await writeFile(config, JSON.stringify(configuration(ports, keySetUrls))); // JSON is YAML
  // Without the service for the server's own workflows: nobody here needs them, and it ends the server when they cannot start in a minute.
  const services = ['frontend', 'internal-frontend', 'history', 'matching'].map((service) => `--service=${service}`);
  const server = spawn(path, ['--config-file', config, 'start', ...services], { stdio: ['ignore', 'pipe', 'pipe'] });
  let tail = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-4000);
    });
  }
  server.once('error', (error) => {
    tail += error.message;
  });
  return { address: `127.0.0.1:${ports[0]}`, stop: () => stop(server, () => tail) };
}

async function stop(server: ChildProcess, tail: () => string): Promise<void> {
  if (server.exitCode !== null) throw new Error(`the Temporal server ended by itself (${server.exitCode}): ${tail()}`);
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const killer = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(killer);
}

function configuration(ports: readonly number[], keySourceURIs: readonly string[]): object {
  const service = (index: number) => ({
    rpc: { grpcPort: ports[index], membershipPort: ports[index + 5], bindOnLocalHost: true },
  });
  const sql = {
    pluginName: 'sqlite',
    databaseName: 'default',
    connectAddr: 'localhost',
    connectProtocol: 'tcp',
    connectAttributes: { mode: 'memory', cache: 'private' },
    maxConns: 1,
    maxIdleConns: 1,
    maxConnLifetime: '1h',
  };
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: 1,
      datastores: { main: { sql }, visibility: { sql } },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' },
      authorization: {
        jwtKeyProvider: { keySourceURIs, refreshInterval: '1s' },
        permissionsClaimName: 'permissions',
        authorizer: 'default',
        claimMapper: 'default',
      },
    },
    // The authorizer wants an internal frontend for the server's own calls.
    services: {
      frontend: service(0),
      'internal-frontend': service(1),
      matching: service(2),
      history: service(3),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: `localhost:${ports[0]}` },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
