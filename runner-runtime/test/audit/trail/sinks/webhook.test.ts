import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@axiom-runner/local-servers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeAuthority } from '../../../../../local-servers/src/certificates.js';
import { codeOf } from '../../../../src/audit/trail/sinks/audit-sink.js';
import { openAuditSinks } from '../../../../src/audit/trail/sinks/open-sinks.js';
import { SettingsError } from '../../../../src/config/settings.js';
import { DIRECT, deliver, lines, WebhookServer } from '../support/receivers.js';
import { AT_ONCE, listeningLog, recordMany, TrailFolder, upTo } from '../support/trails.js';

let server: WebhookServer;
let folder: TrailFolder;
beforeEach(async () => {
  server = await WebhookServer.start();
  folder = await TrailFolder.make();
});
afterEach(async () => {
  await folder.remove();
  await server.stop();
});

async function webhook(more: { readonly token_file?: string; readonly ca?: string } = {}, url = server.url) {
  const [sink] = await openAuditSinks([{ type: 'webhook', url, ...more }], DIRECT, listeningLog());
  if (sink === undefined) throw new Error('no sink was made');
  return sink;
}

async function tokenFile(token: string): Promise<string> {
  const path = join(folder.root, 'token');
  await writeFile(path, `${token}\n`, { mode: 0o600 });
  return path;
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_: unknown, response: import('node:http').ServerResponse) =>
    void response.writeHead(code, headers).end('an answer');
const failureOf = (sending: Promise<void>) => sending.then(() => undefined, codeOf);

describe('a webhook', () => {
  it('gets records as JSON lines, with a key that is the same for the same records', async () => {
    const sink = await webhook();
    const records = lines(3, { first: 7 });
    await deliver(sink, records);
    await deliver(sink, records);
    await deliver(sink, lines(2, { first: 10 }));
    const [first, again, next] = server.posted;
    expect(first?.body).toBe(`${records.join('\n')}\n`);
    expect(first?.headers).toMatchObject({ 'content-type': 'application/x-ndjson', 'axiom-audit-records': '7-9' });
    expect(first?.headers['idempotency-key']).toMatch(/^7-9-[0-9a-f]{32}$/);
    expect(again?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(next?.headers['idempotency-key']).not.toBe(first?.headers['idempotency-key']);
    expect(first?.headers.authorization).toBeUndefined();
  });

  it('is named without its path and query, which may hold a key, and otherwise than others of its host', async () => {
    const names = await Promise.all(['', '/canary', '?key=canary'].map(async (more) => (await webhook({}, server.url + more)).name));
    for (const name of names) expect(name).toMatch(/^webhook:127\.0\.0\.1:\d+#[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(3);
    expect((await webhook()).name).toBe(names[0]);
  });

  it('gets the bearer token of a private file, read again when it is refused', async () => {
    const path = await tokenFile('old-token');
    const sink = await webhook({ token_file: path });
    await deliver(sink, lines(1));
    await tokenFile('new-token');
    await deliver(sink, lines(1));
    server.answers = [status(401)];
    await deliver(sink, lines(1));
    expect(server.posted.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old-token',
      'Bearer old-token',
      'Bearer old-token',
      'Bearer new-token',
    ]);
    server.answers = [status(401), status(401)];
    expect(await failureOf(deliver(sink, lines(1)))).toBe('HTTP_401');
  });

  it('whose token is open to others is refused at the start', async () => {
    const path = await tokenFile('token');
    await chmod(path, 0o644);
    await expect(webhook({ token_file: path })).rejects.toThrow(SettingsError);
    await expect(webhook({ token_file: path })).rejects.toThrow(/audit\.sinks\.0\.token_file.*open to others/);
    await expect(webhook({ ca: join(folder.root, 'missing') })).rejects.toThrow(/audit\.sinks\.0\.ca.*ENOENT/);
  });

  it.each([500, 503, 404, 301, 302, 400])('that answers %s has received nothing', async (code) => {
    server.answers = [status(code, { location: '/elsewhere' })];
    expect(await failureOf(deliver(await webhook(), lines(1)))).toBe(`HTTP_${code}`);
    expect(server.posted.length).toBe(1);
  });

  it('says when it wants to be asked again', async () => {
    server.answers = [status(429, { 'retry-after': '7' })];
    await expect(deliver(await webhook(), lines(1))).rejects.toMatchObject({ code: 'HTTP_429', retryAfterMs: 7_000 });
  });

  it('that finds a batch too large gets smaller ones', async () => {
    server.answers = [status(413), status(200), status(413), status(200), status(200)];
    await deliver(await webhook(), lines(8));
    expect(server.posted.map(({ headers }) => headers['axiom-audit-records'])).toEqual(['1-8', '1-4', '5-8', '5-6', '7-8']);
    server.answers = [status(413)];
    expect(await failureOf(deliver(await webhook(), lines(1)))).toBe('HTTP_413');
  });

  it('that hangs, resets the connection or is not there has received nothing', async () => {
    const sink = await webhook();
    server.answers = [() => undefined];
    await expect(deliver(sink, lines(1), 50)).rejects.toThrow();
    server.answers = [(_, response) => void response.socket?.resetAndDestroy()];
    expect(await failureOf(deliver(sink, lines(1)))).toMatch(/^(ECONNRESET|UND_ERR_SOCKET)$/);
    const gone = await webhook({}, `http://127.0.0.1:${await freePort()}/`);
    expect(await failureOf(deliver(gone, lines(1)))).toBe('ECONNREFUSED');
  });

  it('by HTTPS is trusted by its own authority alone', async () => {
    const authority = await makeAuthority(folder.root);
    const { certFile, keyFile } = await authority.issueServer();
    const tls = createServer({ cert: await readFile(certFile), key: await readFile(keyFile) }, (request, response) => {
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(tls.address() as AddressInfo).port}/`;
    try {
      await deliver(await webhook({ ca: authority.caFile }, url), lines(1));
      expect(await failureOf(deliver(await webhook({}, url), lines(1)))).toMatch(/CERT|UNABLE_TO/);
    } finally {
      tls.closeAllConnections();
      tls.close();
    }
  });

  it('that fails, hangs and resets by turns gets a whole trail in order', async () => {
    const sink = await webhook();
    server.answers = [status(503), (_, response) => void response.socket?.destroy(), () => undefined, status(500)];
    const trail = await folder.open({ sinks: [sink], shipping: { ...AT_ONCE, sendMs: 50 } });
    await recordMany(trail, 40);
    await new Promise<void>((resolve) => {
      const look = () => (trail.status().sinks[0]?.behind === 0 ? resolve() : void setTimeout(look, 5));
      look();
    });
    const received = server.posted.slice(4).flatMap(({ body }) => body.trimEnd().split('\n'));
    expect(received).toEqual(await folder.lines());
    expect(received.map((line) => JSON.parse(line).id)).toEqual(upTo(40));
  });
});
