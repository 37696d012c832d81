import { request } from 'node:http';
import { freePort } from '@axiom-runner/local-servers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Readiness, serveHealth } from '../../src/operations/health-server.js';
import { createLogger } from '../../src/operations/logger.js';
import { Metrics } from '../../src/operations/metrics.js';

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
}

function ask(port: number, path: string, { method = 'GET', host = '' } = {}): Promise<Answer> {
  const headers = host === '' ? {} : { host };
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body }));
    });
    call.on('error', reject).end();
  });
}

describe('the health server', () => {
  let port: number;
  let state: Readiness;
  let lines: string[];
  let stop: () => Promise<void>;
  const serve = (host = '127.0.0.1') => {
    const log = createLogger({ write: (line) => lines.push(line) });
    return serveHealth({ host, port }, () => state, new Metrics('group-1'), log);
  };

  beforeEach(async () => {
    port = await freePort();
    state = { ready: true, worker: 'RUNNING', overdueRevocations: 0 };
    lines = [];
    stop = await serve();
  });
  afterEach(() => stop());

  it('says that the process is alive', async () => {
    expect(await ask(port, '/healthz')).toEqual({ status: 200, type: 'application/json', body: '{"alive":true}\n' });
  });

  it('says whether tasks are taken', async () => {
    expect(await ask(port, '/readyz')).toMatchObject({ status: 200, body: `${JSON.stringify(state)}\n` });
    state = { ready: false, worker: 'DRAINING', overdueRevocations: 2 };
    expect(await ask(port, '/readyz')).toMatchObject({ status: 503, body: `${JSON.stringify(state)}\n` });
  });

  it('gives the metrics', async () => {
    const { status, type, body } = await ask(port, '/metrics');
    expect([status, type]).toEqual([200, expect.stringMatching(/^text\/plain; version=0\.0\.4/)]);
    expect(body).toContain('axiom_runner_up');
  });

  it('has nothing else', async () => {
    for (const path of ['/', '/readyz/', '/debug', '/../etc/passwd', '/secret/x', '//healthz']) {
      expect(await ask(port, path)).toMatchObject({ status: 404 });
    }
  });

  it('answers HEAD without a body, and refuses every other method', async () => {
    expect(await ask(port, '/readyz', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      expect(await ask(port, '/readyz', { method })).toMatchObject({ status: 405 });
    }
  });

  it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]', 'localhost:8786'])('is asked by the loopback name %s', async (host) => {
    expect(await ask(port, '/healthz', { host })).toMatchObject({ status: 200 });
  });

  it.each(['evil.example.com', 'localhost.evil.example.com', '127.0.0.1.evil.example.com', 'evil.example.com:8786', '0.0.0.0', '10.0.0.1'])(
    'refuses the name %s, with which a browser may have been lured here',
    async (host) => {
      expect(await ask(port, '/metrics', { host })).toMatchObject({ status: 403 });
    },
  );

  it('can be reached by its own address only', async () => {
    const other = { host: '127.0.0.2', port };
    await expect(new Promise((resolve, reject) => request(other, resolve).on('error', reject).end())).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('is a warning, not a failed start, when its port is taken', async () => {
    const stopSecond = await serve();
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 'warn', code: 'EADDRINUSE', port, mend: expect.stringContaining('RUNNER_HEALTH_ADDRESS') }),
    ]);
    await stopSecond();
    expect(await ask(port, '/healthz')).toMatchObject({ status: 200 });
  });

  it('is a warning when the host has no such address', async () => {
    await stop();
    await (await serve('192.0.2.1'))();
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ level: 'warn', code: 'EADDRNOTAVAIL' })]);
  });

  it('answers no more when it was stopped, even with connections open', async () => {
    await ask(port, '/healthz');
    await stop();
    await expect(ask(port, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
