import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PREFIX = '/api/v3';

/** A server of one's own: the same interface under a path, behind a host that serves other things too. */
export async function startEnterpriseServer(upstream: string) {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '', headers } = request;
    if (!url.startsWith(`${PREFIX}/`)) return void response.writeHead(404).end('<html>');
    const body = ['GET', 'HEAD'].includes(method) ? null : Buffer.concat(await request.toArray());
    const { host: _, connection: __, 'content-length': ___, ...passed } = headers;
    const answer = await fetch(upstream + url.slice(PREFIX.length), { method, headers: passed as Record<string, string>, body });
    response.writeHead(
      answer.status,
      Object.fromEntries([...answer.headers].filter(([name]) => !/^(content-length|transfer-encoding|connection)$/.test(name))),
    );
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
