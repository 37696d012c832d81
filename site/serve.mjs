import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/**
 * Serves a folder on 127.0.0.1 as the plainest of hosts does: files by their names, index.html for a folder, nothing rewritten.
 * @param options `base`: path that the folder is found at, with slashes at both ends; `port`: 0 for a free one
 * @returns address of the base, and a function that ends it
 */
export async function serveFolder(folder, { base = '/', port = 0 } = {}) {
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const found = pathname.startsWith(base) && fileAt(folder, decodeURIComponent(pathname.slice(base.length)));
    if (!found) return response.writeHead(404, { 'content-type': 'text/plain' }).end(`nothing at ${pathname}\n`);
    response.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream' });
    createReadStream(found).pipe(response);
  });
  await new Promise((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { address: `http://127.0.0.1:${server.address().port}${base}`, stop };
}

function fileAt(folder, path) {
  const file = join(folder, normalize(`/${path}`));
  return [file, join(file, 'index.html')].find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}
