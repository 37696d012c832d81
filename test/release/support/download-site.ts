import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

/** Where a release is downloaded from. */
export interface DownloadSite {
  /** Base address, as AXIOM_RELEASES_URL takes it. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves a folder on loopback below `/axiomrunner`, as the published place does. */
export async function serveFolder(folder: string): Promise<DownloadSite> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    const file = join(folder, normalize(path.replace(/^\/axiomrunner\//, '/')));
    const size = await stat(file).then(
      (found) => (found.isFile() ? found.size : undefined),
      () => undefined,
    );
    if (size === undefined || !path.startsWith('/axiomrunner/')) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': size });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A TCP server's address is never a text.
  return {
    url: `http://127.0.0.1:${port}/axiomrunner`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
