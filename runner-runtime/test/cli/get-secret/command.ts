import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getSecret } from '../../../src/cli/get-secret/get-secret.js';

/** What the command answered. */
export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process; no socket and no token of this machine's user is found unless the test names it. */
export async function command(
  args: readonly string[],
  environment: Record<string, string> = {},
  socket = '/nonexistent/agent.sock',
): Promise<Answer> {
  const out: Buffer[] = [];
  let err = '';
  const code = await getSecret(
    args,
    { HOME: '/nonexistent', ...environment },
    {
      out: (text) => out.push(Buffer.from(text)),
      err: (text) => {
        err += text;
      },
    },
    socket,
  );
  return { code, out: Buffer.concat(out).toString('utf8'), err };
}

/** A server that answers as it is told, whatever it is asked. */
export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** Requests that it got. */
  readonly asked: IncomingMessage[];
  close(): Promise<void>;
}

/** @param where a port of 127.0.0.1, or the path of a socket */
export async function scriptedServer(answer: RequestListener, where: number | string = 0): Promise<ScriptedServer> {
  const asked: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) =>
    typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, '127.0.0.1', resolve),
  );
  // The address of a socket is its path.
  const port = typeof where === 'string' ? 0 : (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
