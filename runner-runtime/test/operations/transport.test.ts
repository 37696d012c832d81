import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeAuthority } from '../../../local-servers/src/certificates.js';
import { openNetwork } from '../../src/operations/transport.js';

const DIRECT = { proxy: undefined, noProxy: undefined, extraCa: undefined };
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

describe('the ways out of a runner', () => {
  let folder: string;
  let authority: string;
  let stranger: string;
  let client: { readonly certificate: string; readonly key: string };
  let tls: Server;
  let mutual: Server;
  const plain = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: 'https://example.com/' });
    response.end('plain');
  });
  let tunnels: { readonly to: string; readonly authorization: string | undefined }[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket) => {
    tunnels.push({ to: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'axiom-transport-'));
    const made = await makeAuthority(folder);
    const { certFile, keyFile } = await made.issueServer();
    tls = createTlsServer({ cert: await readFile(certFile), key: await readFile(keyFile) }, (_, response) => response.end('trusted'));
    authority = await readFile(made.caFile, 'utf8');
    const issued = await made.issueClient('agent-host');
    client = { certificate: await readFile(issued.certFile, 'utf8'), key: await readFile(issued.keyFile, 'utf8') };
    const asks = { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8'), ca: authority, requestCert: true };
    mutual = createTlsServer(asks, ({ socket }, response) =>
      response.end(`known as ${(socket as TLSSocket).getPeerCertificate().subject.CN}`),
    );
    stranger = await readFile((await makeAuthority(folder)).caFile, 'utf8');
    await Promise.all([tls, mutual, plain, proxy].map(listen));
  });
  beforeEach(() => {
    tunnels = [];
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    for (const server of [tls, mutual, plain, proxy]) {
      server.closeAllConnections();
      server.close();
    }
  });

  const text = async (fetch: typeof globalThis.fetch, url: string) => (await fetch(url)).text();

  it("trust the settings' authorities, or one system's own and no other", async () => {
    const url = `https://127.0.0.1:${portOf(tls)}/`;
    await expect(text(openNetwork(DIRECT).fetch, url)).rejects.toThrow();
    expect(await text(openNetwork({ ...DIRECT, extraCa: authority }).fetch, url)).toBe('trusted');
    expect(await text(openNetwork(DIRECT).fetchTrusting(authority), url)).toBe('trusted');
    await expect(text(openNetwork({ ...DIRECT, extraCa: authority }).fetchTrusting(stranger), url)).rejects.toThrow();
  });

  it('lead through the proxy, with its password, but for what is named as direct', async () => {
    const settings = { ...DIRECT, proxy: `http://user:p%40ss@127.0.0.1:${portOf(proxy)}`, extraCa: authority };
    const url = `https://127.0.0.1:${portOf(tls)}/`;
    expect(await text(openNetwork(settings).fetch, url)).toBe('trusted');
    expect(tunnels).toEqual([{ to: `127.0.0.1:${portOf(tls)}`, authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}` }]);
    expect(await text(openNetwork({ ...settings, noProxy: '127.0.0.1' }).fetch, url)).toBe('trusted');
    expect(tunnels).toHaveLength(1);
  });

  it('lead past the proxy to this host where they are not encrypted: it would read what is sent', async () => {
    const settings = { ...DIRECT, proxy: `http://127.0.0.1:${portOf(proxy)}` };
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await text(openNetwork(settings).fetch, `http://${host}:${portOf(plain)}/`)).toBe('plain');
    expect(tunnels).toEqual([]);
  });

  it('show a client certificate to the server that asks for it, also through the proxy, and to nobody else', async () => {
    const known = { ...client, ca: authority };
    const [asking, shown] = [`https://127.0.0.1:${portOf(mutual)}/`, 'known as agent-host'];
    await expect(text(openNetwork(DIRECT).fetchTrusting(authority), asking)).rejects.toThrow();
    expect(await text(openNetwork(DIRECT).fetchAs(known), asking)).toBe(shown);
    expect(await text(openNetwork({ ...DIRECT, extraCa: authority }).fetchAs(client), asking)).toBe(shown);
    await expect(text(openNetwork(DIRECT).fetchAs({ ...known, ca: stranger }), asking)).rejects.toThrow();
    expect(await text(openNetwork({ ...DIRECT, proxy: `http://127.0.0.1:${portOf(proxy)}` }).fetchAs(known), asking)).toBe(shown);
    expect(tunnels).toHaveLength(1);
  });

  it('follow no redirect', async () => {
    const { status } = await openNetwork(DIRECT).fetch(`http://127.0.0.1:${portOf(plain)}/away`);
    expect(status).toBe(302);
  });
});
