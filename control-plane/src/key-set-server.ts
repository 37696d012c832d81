import { createServer } from 'node:http';
import { apiKeySet } from './api-key-set.js';
import { systemCode, unavailableError, usageError } from './errors.js';
import type { Home } from './home/home.js';
import { isLoopback } from './temporal/link.js';

/** A running HTTP server of the JWK set. */
export interface KeySetServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves the public keys of the API keys on a loopback address, fresh from the home at each request, so that new
 * groups and rotations are seen. A Temporal server reads them as `jwtKeyProvider.keySourceURIs`.
 * @param listen `host:port` of a loopback address; port 0 takes a free one
 * @throws {ControlPlaneError} when the address is not on loopback or taken
 */
export async function serveKeySet(home: Home, listen: string): Promise<KeySetServer> {
  const colon = listen.lastIndexOf(':');
  const port = Number(listen.slice(colon + 1));
  if (!isLoopback(listen) || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw usageError(`"${listen}" is no loopback address.`, 'give 127.0.0.1:<port>; for other machines put a TLS proxy in front');
  }
  const server = createServer((request, response) => {
    if (request.url !== '/jwks.json' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    apiKeySet(home).then(
      (set) =>
        response.writeHead(200, { 'content-type': 'application/jwk-set+json', 'cache-control': 'no-store' }).end(JSON.stringify(set)),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(unavailableError(`${listen} cannot be listened on (${systemCode(error)}).`, 'choose another port with --listen')),
    );
    server.listen({ port, host: listen.slice(0, colon).replace(/[[\]]/g, '') }, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${listen.slice(0, colon)}:${bound}/jwks.json`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
