import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, makeAuthority } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { main } from '../../src/cli/main.js';
import { VERSION } from '../../src/version.js';
import { startConnectProxy } from '../process/support/connect-proxy.js';

const index = (version: unknown) => ({
  version,
  released: '2026-01-02T03:04:05Z',
  files: [{ path: 'axiom-runner-binary.zip', bytes: 4711, sha256: 'a'.repeat(64) }],
});

let folder: string;
let server: Server;
let answer: { readonly status?: number; readonly body: string };
const asked: (string | undefined)[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'axiom-version-'));
  server = createServer(({ url }, response) => {
    asked.push(url);
    response.writeHead(answer.status ?? 200).end(answer.body);
  });
  await listening(server);
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  process.env['AXIOM_RELEASES_URL'] = `${addressOf(server, 'http')}/mirror/`;
});
afterEach(() => {
  for (const name of ['AXIOM_RELEASES_URL', 'HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS']) delete process.env[name];
});

async function check(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    watched: false,
  };
  return { code: await main(['version', '--check', ...args], terminal), out, err };
}

describe('version --check', () => {
  it.each([
    [VERSION, 0, 'is current'],
    ['0.0.1', 0, 'is current'],
    [`${VERSION}-rc.1`, 0, 'is current'],
    ['99.0.0', 1, `axiomrunner ${VERSION} is not current: the latest release is 99.0.0, of 2026-01-02T03:04:05Z.`],
  ])('with the latest release %s ends with %s', async (version, code, words) => {
    answer = { body: JSON.stringify(index(version)) };
    expect(await check()).toEqual({ code, out: expect.stringContaining(words), err: '' });
    expect(asked.at(-1)).toBe('/mirror/releases/latest/release.json');
  });

  it('answers as JSON', async () => {
    answer = { body: JSON.stringify({ ...index('99.0.0'), more: 'of a later time' }) };
    const { code, out } = await check('--json');
    expect({ code, ...JSON.parse(out) }).toEqual({
      code: 1,
      version: VERSION,
      latest: '99.0.0',
      released: '2026-01-02T03:04:05Z',
      current: false,
    });
  });

  it.each([
    ['is not there', { status: 404, body: '' }, 'answers with status 404'],
    ['leads elsewhere', { status: 302, body: '' }, 'answers with status 302'],
    ['is no JSON', { body: '<html>' }, 'holds no index of a release'],
    ['has no version', { body: JSON.stringify(index(undefined)) }, 'holds no index of a release'],
    ['has a version with control characters', { body: JSON.stringify(index('1.0.0\u001b[2J')) }, 'holds no index of a release'],
    ['is too large', { body: 'x'.repeat(2_000_000) }, 'answers with more than 1048576 bytes'],
  ])('ends with 69 when the index %s', async (_, given, words) => {
    answer = given;
    expect(await check()).toEqual({ code: 69, out: '', err: expect.stringContaining(words) });
  });

  it('ends with 69 when nobody answers', async () => {
    process.env['AXIOM_RELEASES_URL'] = `http://127.0.0.1:${await freePort()}`;
    expect(await check()).toEqual({
      code: 69,
      out: '',
      err: expect.stringMatching(/cannot be reached \(ECONNREFUSED\)[\s\S]*HTTPS_PROXY/),
    });
  });

  it.each(['http://releases.example.com', 'file:///etc', 'nonsense'])('refuses %s with 78', async (url) => {
    process.env['AXIOM_RELEASES_URL'] = url;
    expect(await check()).toEqual({ code: 78, out: '', err: expect.stringContaining('AXIOM_RELEASES_URL') });
  });

  it('trusts the CA and takes the proxy of an env file', async () => {
    const { caFile, issueServer } = await makeAuthority(folder);
    const { certFile, keyFile } = await issueServer();
    const secure = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, response) =>
      response.end(JSON.stringify(index('99.0.0'))),
    );
    await listening(secure);
    const proxy = await startConnectProxy();
    try {
      delete process.env['AXIOM_RELEASES_URL'];
      const file = join(folder, '.env');
      const url = addressOf(secure, 'https');
      writeFileSync(file, `AXIOM_RELEASES_URL=${url}\nHTTPS_PROXY=${proxy.url}\nNODE_EXTRA_CA_CERTS=${caFile}\n`, { mode: 0o600 });
      expect(await check('--env-file', file)).toMatchObject({ code: 1, err: '' });
      expect(proxy.tunnels).toEqual([new URL(url).host]);
      writeFileSync(file, `AXIOM_RELEASES_URL=${url}\n`, { mode: 0o600 });
      expect(await check('--env-file', file)).toMatchObject({ code: 69, err: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    } finally {
      await proxy.close();
      secure.close();
    }
  });
});

const listening = (it: Server) => new Promise<void>((resolve) => it.listen(0, '127.0.0.1', resolve));

function addressOf(it: Server, scheme: string): string {
  const { port } = it.address() as AddressInfo; // A TCP server's address is never a text.
  return `${scheme}://127.0.0.1:${port}`;
}
