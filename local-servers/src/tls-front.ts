import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { makeAuthority } from './certificates.js';
import { makeTemporaryDirectory, type Running, removeTemporaryDirectory, track, untrack } from './cleanup.js';
import { listen } from './ports.js';

export interface TlsFrontOptions {
  /** host:port of the plaintext server behind it. */
  readonly target: string;
  /** The port on 127.0.0.1. @default a free port */
  readonly port?: number;
  /** Whether a client has to show a certificate of the front's own authority. @default false */
  readonly requireClientCertificate?: boolean;
}

/** A TLS listener in front of a plaintext HTTP/2 server, in this process. */
export interface TlsFront {
  /** host:port; the certificate is for localhost and 127.0.0.1. */
  readonly address: string;
  readonly caFile: string;
  /** A client certificate of the front's authority, whether or not it is required. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  stop(): Promise<void>;
}

/** Puts TLS, or mutual TLS, in front of a server that has none, such as the Temporal dev server. */
export async function startTlsFront(options: TlsFrontOptions): Promise<TlsFront> {
  const directory = await makeTemporaryDirectory('axiom-tls-');
  const authority = await makeAuthority(directory);
  const [serverFiles, clientFiles] = await Promise.all([authority.issueServer(), authority.issueClient('local test client')]);
  const [ca, cert, key] = await Promise.all([authority.caFile, serverFiles.certFile, serverFiles.keyFile].map((file) => readFile(file)));
  const mutual = options.requireClientCertificate ?? false;
  const sockets = new Set<Socket>();
  const front = createServer({ ca, cert, key, ALPNProtocols: ['h2'], requestCert: mutual, rejectUnauthorized: mutual }, (client) => {
    const target = connect(targetOf(options.target));
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const port = await listen(front, options.port ?? 0);
  front.unref();

  const running: Running = {
    stop: async () => {
      const closed = new Promise((resolve) => front.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      untrack(running);
      await removeTemporaryDirectory(directory);
    },
    stopNow: () => front.close(),
  };
  track(running);
  return {
    address: `127.0.0.1:${port}`,
    caFile: authority.caFile,
    clientCertFile: clientFiles.certFile,
    clientKeyFile: clientFiles.keyFile,
    stop: running.stop,
  };
}

function targetOf(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port)) throw new TypeError(`"${address}" is not host:port`);
  return { host: address.slice(0, colon), port };
}
