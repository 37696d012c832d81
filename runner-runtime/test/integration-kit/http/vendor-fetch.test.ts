import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RunnerError } from '../../../src/errors.js';
import { JsonClient } from '../../../src/integration-kit/http/json-client.js';
import { Pacer } from '../../../src/integration-kit/http/pacer.js';
import { path } from '../../../src/integration-kit/http/path.js';
import { type VendorFetchOptions, vendorFetch } from '../../../src/integration-kit/http/vendor-fetch.js';
import { openNetwork } from '../../../src/operations/transport.js';
import { CountingGate, KillingGate } from '../../integrations/runner-harness.js';

const NETWORK = openNetwork({ proxy: undefined, noProxy: undefined, extraCa: undefined });
const WHERE = { host: 'the address of the secret', port: 'the port of the secret', ca: 'the CA of the secret' };

type Script = (call: number, request: IncomingMessage, response: ServerResponse) => void;

describe("calls to a vendor's interface", () => {
  let server: Server;
  let base: string;
  let calls: string[] = [];
  let script: Script;
  beforeAll(async () => {
    server = createServer((request, response) => {
      calls.push(`${request.method} ${request.url}`);
      script(calls.length, request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    calls = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const answer = (response: ServerResponse, status: number, body: unknown = { ok: true }, headers: Record<string, string> = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const fetchWith = (options: Partial<VendorFetchOptions> = {}, gate = new CountingGate(), signal = new AbortController().signal) =>
    vendorFetch({ gate, signal, pacer: new Pacer() }, NETWORK.fetch, { where: WHERE, ...options });

  it('are repeated after resets and failures of the server, where that does no harm', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      calls = [];
      script = (call, request, response) => {
        if (call === 1) request.socket.destroy();
        else answer(response, call === 2 ? 503 : 200);
      };
      expect((await fetchWith()(`${base}/a`, { method })).status).toBe(200);
      expect(calls).toHaveLength(3);
    }
  });

  it('that make something are not repeated when nobody knows whether they arrived', async () => {
    script = (_, request) => request.socket.destroy();
    await expect(fetchWith()(`${base}/a`, { method: 'POST', body: '{}' })).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
      retryable: true,
    });
    expect(calls).toHaveLength(1);
    calls = [];
    script = (_, __, response) => answer(response, 500);
    expect((await fetchWith()(`${base}/a`, { method: 'POST', body: '{}' })).status).toBe(500);
    expect(calls).toHaveLength(1);
  });

  it('pass the gate before each attempt to change something, and never for a read', async () => {
    script = (call, _, response) => answer(response, call % 2 === 1 ? 503 : 200);
    const gate = new CountingGate();
    await fetchWith({}, gate)(`${base}/a`, { method: 'DELETE' });
    expect(gate.effects).toBe(2);
    await fetchWith({}, gate)(`${base}/a`);
    await fetchWith({ isRead: (_, url) => url.pathname === '/search' }, gate)(`${base}/search`, { method: 'POST', body: '{}' });
    expect(gate.effects).toBe(2);
    calls = [];
    await expect(fetchWith({}, new KillingGate(1))(`${base}/a`, { method: 'PUT' })).rejects.toThrow('killed');
    expect(calls).toEqual([]);
  });

  it('wait as long as the vendor asks, and say so where that is long', async () => {
    script = (call, _, response) => answer(response, call === 1 ? 429 : 200, {}, call === 1 ? { 'retry-after': '0' } : {});
    expect((await fetchWith()(`${base}/a`, { method: 'POST', body: '{}' })).status).toBe(200);
    calls = [];
    script = (_, __, response) => answer(response, 429, {}, { 'retry-after': '600' });
    await expect(fetchWith()(`${base}/a`)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 600_000 });
    expect(calls).toHaveLength(1);
    script = (_, __, response) =>
      answer(response, 403, {}, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 900) });
    await expect(fetchWith({ isThrottled: ({ status }) => status === 403 })(`${base}/a`)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('say what hinders them on their way', async () => {
    const port = await freePort();
    await expect(fetchWith()(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
      object: `127.0.0.1:${port}`,
      message: 'The connection was refused.',
      mend: 'Check that the server runs, and the port of the secret.',
    });
    await expect(fetchWith()('https://no-such-host.invalid/')).rejects.toMatchObject({ message: 'The host name cannot be resolved.' });
    await expect(fetchWith()(base.replace('http:', 'https:'))).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
  });

  it('end with the task that makes them', async () => {
    const stop = new AbortController();
    script = () => stop.abort(new Error('cancelled'));
    await expect(fetchWith({}, undefined, stop.signal)(`${base}/a`)).rejects.toThrow('cancelled');
    expect(calls).toHaveLength(1);
  });

  it('refuse an answer without end', async () => {
    script = (_, __, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1024 * 1024, 'x');
      for (let count = 0; count < 40; count += 1) response.write(chunk);
      response.end();
    };
    await expect(fetchWith()(`${base}/a`)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('follow no redirect: it could lead a credential away', async () => {
    script = (_, __, response) => response.writeHead(302, { location: 'https://example.com/' }).end();
    const client = new JsonClient({ fetch: fetchWith(), base, headers: () => ({ authorization: 'secret' }) });
    await expect(client.read({ path: path`/a`, schema: z.unknown() })).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(calls).toEqual(['GET /a']);
  });

  describe('of JSON', () => {
    const client = (explain?: ConstructorParameters<typeof JsonClient>[0]['explain']) =>
      new JsonClient({ fetch: fetchWith(), base: `${base}/v1`, headers: () => ({ authorization: 'secret' }), ...(explain && { explain }) });

    it('put queries together, and leave out what is undefined', async () => {
      script = (_, __, response) => answer(response, 200, { id: 'a' });
      const query = { limit: 5, after: undefined, expand: ['a b', 'c'], deep: true };
      expect(await client().read({ path: path`/x/${'a/b'}`, query, schema: z.object({ id: z.string() }) })).toEqual({ id: 'a' });
      expect(calls).toEqual(['GET /v1/x/a%2Fb?limit=5&expand=a+b&expand=c&deep=true']);
    });

    it('have typed errors that quote nothing of the answer', async () => {
      const codes = {
        401: 'TARGET_AUTH_FAILED',
        403: 'TARGET_PERMISSION_DENIED',
        404: 'TARGET_NOT_FOUND',
        409: 'CONFLICT',
        422: 'UNSUPPORTED',
      };
      for (const [status, code] of Object.entries(codes)) {
        script = (_, __, response) => answer(response, Number(status), { message: 'canary of the vendor' });
        const error: unknown = await client()
          .read({ path: path`/a`, schema: z.unknown() })
          .catch((caught: unknown) => caught);
        expect(error).toMatchObject({ code, object: expect.stringMatching(/^GET 127\.0\.0\.1:\d+\/a$/) });
        expect(JSON.stringify((error as RunnerError).toTaskError())).not.toContain('canary');
      }
    });

    it("take the vendor's own explanation first", async () => {
      script = (_, __, response) => answer(response, 400, { code: 'E1' });
      const explained = client(({ status, body }) => new RunnerError('PRINCIPAL_NOT_FOUND', `explained ${status} ${JSON.stringify(body)}`));
      await expect(explained.read({ path: path`/a`, schema: z.unknown() })).rejects.toMatchObject({
        message: 'explained 400 {"code":"E1"}',
      });
    });

    it('refuse an answer of another shape', async () => {
      script = (_, __, response) => answer(response, 200, { id: 7 });
      await expect(client().read({ path: path`/a`, schema: z.object({ id: z.string() }) })).rejects.toMatchObject({
        code: 'TARGET_UNREACHABLE',
      });
    });
  });
});
