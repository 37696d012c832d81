import { createServer, type Server } from 'node:net';
import { ServerStartError } from './errors.js';

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  return listenBriefly(0);
}

/**
 * Starts a server on the asked port, or on a free one.
 * A free port can be taken by somebody else before the server binds it, so that start is repeated with another one.
 */
export async function onPort<T>(what: string, asked: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (asked !== undefined) {
    await listenBriefly(asked).catch((error: NodeJS.ErrnoException) => {
      throw new ServerStartError(what, `port ${asked} of 127.0.0.1 can't be used (${error.code ?? error.message})`, '');
    });
    return start(asked);
  }
  for (let attemptsLeft = 2; ; attemptsLeft--) {
    try {
      return await start(await freePort());
    } catch (error) {
      const portWasTaken = error instanceof ServerStartError && /in use|EADDRINUSE/i.test(error.output);
      if (!portWasTaken || attemptsLeft === 0) throw error;
    }
  }
}

/** Listens on 127.0.0.1 and resolves with the port. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('not a TCP listener'));
      else resolve(address.port);
    });
  });
}

async function listenBriefly(port: number): Promise<number> {
  const server = createServer();
  const bound = await listen(server, port);
  await new Promise((closed) => server.close(closed));
  return bound;
}
