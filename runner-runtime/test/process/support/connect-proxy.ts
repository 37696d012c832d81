import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** An HTTP proxy that knows CONNECT only. */
export interface ConnectProxy {
  readonly url: string;
  /** What was asked for: `host:port` of each tunnel. */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

/** @param credentials `user:password` that it asks for */
export async function startConnectProxy(credentials?: string): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = credentials === undefined ? undefined : `basic ${Buffer.from(credentials).toString('base64')}`;
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    let head = '';
    client.on('data', function read(chunk: Buffer) {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      client.off('data', read);
      const [, host = '', port = ''] = /^CONNECT ([^ ]+):(\d+) /.exec(head) ?? [];
      const given = /^proxy-authorization: (.*)$/im.exec(head)?.[1]?.trim();
      if (wanted !== undefined && given?.toLowerCase() !== wanted.toLowerCase()) {
        client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      tunnels.push(`${host}:${port}`);
      const target = connect({ host, port: Number(port) }, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(target).pipe(client);
      });
      sockets.add(target);
      target.on('error', () => client.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${port}`,
    tunnels,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
