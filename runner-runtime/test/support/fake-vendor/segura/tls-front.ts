import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** How the front tells the vault who showed a certificate; what a client sends under this name is dropped. */
export const CLIENT_NAME_HEADER = 'x-test-client-name';

/** What the front shows and asks for, PEM. */
export interface TlsFrontOptions {
  readonly cert: string;
  readonly key: string;
  /** Authority of client certificates. */
  readonly clientCa: string;
}

/** Ends TLS in front of a vault, as its gateway does: takes clients with and without a certificate of its authority. */
export async function startTlsFront(
  behind: string,
  { cert, key, clientCa }: TlsFrontOptions,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer({ cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: false }, (incoming, answer) => {
    const { method, url } = incoming;
    const socket = incoming.socket as TLSSocket;
    const { [CLIENT_NAME_HEADER]: _, ...headers } = incoming.headers;
    const name = socket.authorized ? [socket.getPeerCertificate().subject.CN].flat()[0] : undefined;
    const onward = request(
      new URL(url ?? '/', behind),
      { method, headers: { ...headers, ...(name === undefined ? {} : { [CLIENT_NAME_HEADER]: name }) }, agent: false },
      (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
