import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@axiom-runner/local-servers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { health } from '../../src/cli/health.js';
import { serveHealth } from '../../src/operations/health-server.js';
import { createLogger } from '../../src/operations/logger.js';
import { Metrics } from '../../src/operations/metrics.js';

interface Surroundings {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

async function ask({ args = [], environment = {}, files = {} }: Surroundings): Promise<{ code: number; out: string }> {
  let out = '';
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return text;
  };
  const code = await health(args, environment, readFile, (text) => {
    out += text;
  });
  return { code, out };
}

describe('the command health', () => {
  let stop: (() => Promise<void>) | undefined;
  let raw: Server | undefined;

  async function aRunner(ready: boolean): Promise<string> {
    const port = await freePort();
    const state = { ready, worker: ready ? 'RUNNING' : 'DRAINING', overdueRevocations: 0 };
    stop = await serveHealth({ host: '127.0.0.1', port }, () => state, new Metrics('group-1'), createLogger({ write: () => undefined }));
    return `127.0.0.1:${port}`;
  }
  afterEach(async () => {
    await stop?.();
    raw?.close();
  });

  it('says that a runner takes tasks', async () => {
    const { code, out } = await ask({ environment: { RUNNER_HEALTH_ADDRESS: await aRunner(true) } });
    expect([code, JSON.parse(out)]).toEqual([0, { ready: true, worker: 'RUNNING', overdueRevocations: 0 }]);
  });

  it('tolerates blanks around the address, as the runner does', async () => {
    expect((await ask({ environment: { RUNNER_HEALTH_ADDRESS: ` ${await aRunner(true)} ` } })).code).toBe(0);
  });

  it('says that a runner takes none', async () => {
    const { code, out } = await ask({ environment: { RUNNER_HEALTH_ADDRESS: await aRunner(false) } });
    expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ ready: false })]);
  });

  it('says with --alive that the process answers, though it takes no tasks: a restart would not help', async () => {
    const address = await aRunner(false);
    const { code, out } = await ask({ args: ['--alive'], environment: { RUNNER_HEALTH_ADDRESS: address } });
    expect([code, JSON.parse(out)]).toEqual([0, { alive: true }]);
    const file = await ask({ args: ['--alive', '--env-file', '.env'], files: { '.env': `RUNNER_HEALTH_ADDRESS=${address}` } });
    expect(file.code).toBe(0);
    await stop?.();
    stop = undefined;
    expect((await ask({ args: ['--alive'], environment: { RUNNER_HEALTH_ADDRESS: address } })).code).toBe(69);
  });

  it('finds the address in an env file, to which the environment does not yield', async () => {
    const address = await aRunner(true);
    const args = ['--env-file', '.env'];
    expect((await ask({ args, files: { '.env': `RUNNER_HEALTH_ADDRESS=${address}` } })).code).toBe(0);
    const wrong = { '.env': 'RUNNER_HEALTH_ADDRESS=127.0.0.1:9' };
    expect((await ask({ args, files: wrong, environment: { RUNNER_HEALTH_ADDRESS: address } })).code).toBe(0);
    expect((await ask({ args, files: wrong, environment: { RUNNER_HEALTH_ADDRESS: '' } })).code).toBe(69);
  });

  it('says when nothing answers', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const silent = await ask({ environment: { RUNNER_HEALTH_ADDRESS: address } });
    expect([silent.code, JSON.parse(silent.out)]).toEqual([69, { ready: false, error: `no runner answers at ${address}` }]);
  });

  it('fails where health is off, and says so: a probe must not take silence for health', async () => {
    const { code, out } = await ask({ environment: { RUNNER_HEALTH_ADDRESS: 'off' } });
    expect([code, JSON.parse(out)]).toEqual([69, { ready: false, error: expect.stringContaining('RUNNER_HEALTH_ADDRESS is off') }]);
  });

  it('is not fooled by an answer that breaks off', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"ready":', () => response.destroy());
    });
    raw = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect((await ask({ environment: { RUNNER_HEALTH_ADDRESS: `127.0.0.1:${port}` } })).code).toBe(69);
  });

  it('answers wrong settings with 78', async () => {
    expect((await ask({ environment: { RUNNER_HEALTH_ADDRESS: 'a b' } })).code).toBe(78);
    expect((await ask({ args: ['--env-file', 'gone.env'] })).code).toBe(78);
  });

  it('explains itself', async () => {
    const { code, out } = await ask({ args: ['--help'] });
    expect([code, out]).toEqual([0, expect.stringContaining('Exit codes')]);
  });

  it.each([[['--frobnicate']], [['--env-file']], [['extra']], [['--env-file', 'a', 'b']]])('answers %j with 64', async (args) => {
    expect((await ask({ args })).code).toBe(64);
  });
});
