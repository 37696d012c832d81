import { createServer, type Server } from 'node:http';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';

/** What `/readyz` shows. */
export interface Readiness {
  /** Whether tasks are taken. */
  readonly ready: boolean;
  /** State of the worker, in the engine's words. */
  readonly worker: string;
  /** Accesses past their end that could not be ended. */
  readonly overdueRevocations: number;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics` on a loopback address. A busy port is a warning: on a host network another runner may have it.
 * @returns stops it
 */
export async function serveHealth(
  address: { readonly host: string; readonly port: number },
  readiness: () => Readiness,
  metrics: Metrics,
  log: Logger,
): Promise<() => Promise<void>> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8_192 }, async (request, response) => {
    response.setHeader('cache-control', 'no-store');
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return json(405, { error: 'only GET' });
    if (!isLoopbackHost(request.headers.host)) return json(403, { error: 'only by a loopback name' });
    switch (request.url) {
      case '/healthz':
        return json(200, { alive: true });
      case '/readyz': {
        const state = readiness();
        return json(state.ready ? 200 : 503, state);
      }
      case '/metrics': {
        const { contentType, body } = await metrics.text();
        return response.writeHead(200, { 'content-type': contentType }).end(body);
      }
      default:
        return json(404, { error: 'there are /healthz, /readyz and /metrics' });
    }
  });
  server.maxConnections = 32;
  server.unref();
  const failure = await listening(server, address);
  if (failure !== undefined) {
    log.warn('health and metrics cannot listen on their address; the runner goes on without them', {
      ...address,
      code: failure,
      mend: 'Set RUNNER_HEALTH_ADDRESS to a free port, or to off.',
    });
    return async () => undefined;
  }
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

/** A browser that was lured here by a foreign name (DNS rebinding) says so in `Host`. */
function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/.test(host ?? '');
}

/** Listens, or says why not: `EADDRINUSE` and the like. */
function listening(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
    server.listen(port, host, () => resolve(undefined));
  });
}
