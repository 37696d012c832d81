import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode } from '../problem.js';
import { rawProblem } from './responses.js';

/** PEM texts of a listener that others can reach. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly key: string;
  /** Authorities of client certificates; then a client without one is turned away. */
  readonly clientCa?: string | undefined;
}

/** Times in milliseconds, sizes in bytes: as much as a GET without a body needs. */
const LIMITS: ServerOptions = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 30_000,
  insecureHTTPParser: false,
  requireHostHeader: false, // Answered like every other wrong host.
};
/** A TLS handshake is as short as headers are, ms. Until it is done nothing else bounds a connection. */
const HANDSHAKE_MS = 5_000;
/** Time to take the last answer, ms. A client that does not close its side would else keep its place. */
const FAREWELL_MS = 1_000;
/** Silence on a connection after which it is closed, ms: longer than a request may wait for the vault. */
const SILENCE_MS = 150_000;

/**
 * Makes the server of one listener; it does not listen yet.
 * @param turnedAway told of what could not be read as a request
 */
export function httpServer(
  handler: RequestListener,
  {
    connections,
    tls,
    turnedAway,
  }: { readonly connections: number; readonly tls?: TlsMaterial | undefined; readonly turnedAway: (code: ProblemCode) => void },
): Server {
  const server =
    tls === undefined
      ? createServer(LIMITS, handler)
      : createTlsServer({ ...LIMITS, ...secureContext(tls), minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS }, handler);
  server.maxConnections = connections;
  server.setTimeout(SILENCE_MS);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const code = problemOf(error.code);
    turnedAway(code);
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(rawProblem(new Problem(code)));
    setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  });
  return server;
}

/** What Node's TLS takes. */
export function secureContext({ certificate, key, clientCa }: TlsMaterial): Record<string, unknown> {
  return { cert: certificate, key, ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }) };
}

/** https://nodejs.org/api/http.html#event-clienterror */
function problemOf(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT';
  return 'REQUEST_INVALID';
}
