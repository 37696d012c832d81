import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type RunnerProcess, startRunner, startTemporal, startTlsFront } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Bench, SYSTEM } from './support/bench.js';
import { command } from './support/command.js';
import { startConnectProxy } from './support/connect-proxy.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench?.close());
afterEach(() => bench.stopRunners());

const coded = (runner: RunnerProcess, code: string) => runner.waitFor((record) => record['code'] === code);
const testConnection = async () => bench.stage(await bench.start({ type: 'TestConnection', system: SYSTEM }), 'tested');

describe('a control plane that is away', () => {
  it('at the start: the runner says so, keeps trying, and starts when it appears', async () => {
    const port = await freePort();
    const runner = await bench.launchRunner({ AXIOM_ACTIONS_ADDRESS_AND_PORT: `127.0.0.1:${port}` });
    const record = await coded(runner, 'CONTROL_PLANE_UNREACHABLE');
    expect(record).toMatchObject({ level: 'error', mend: expect.stringContaining('AXIOM_ACTIONS_ADDRESS_AND_PORT') });
    expect(record.message).toContain(`127.0.0.1:${port} cannot be reached`);
    expect(await command(['health'], { environment: { RUNNER_HEALTH_ADDRESS: runner.health } })).toMatchObject({ code: 1 });
    const late = await startTemporal({ port, namespaces: ['acme'] });
    await runner.ready();
    await runner.stop();
    await late.stop();
  });

  it('for good: the runner can still be stopped', async () => {
    const runner = await bench.launchRunner({ AXIOM_ACTIONS_ADDRESS_AND_PORT: `127.0.0.1:${await freePort()}` });
    await coded(runner, 'CONTROL_PLANE_UNREACHABLE');
    expect(await runner.stop()).toBe(0);
  });

  it('in the middle: tasks work again once it is back', async () => {
    const runner = await bench.startRunner();
    await testConnection();
    await bench.stopResults();
    await bench.temporal.kill();
    await bench.temporal.restart();
    await bench.serveResults();
    expect((await testConnection()).checks.length).toBeGreaterThan(0);
    expect(runner.records().filter(({ message }) => message.startsWith('Stopped'))).toEqual([]);
  });
});

describe('a control plane that refuses', () => {
  it('a tenant that it does not know is named', async () => {
    const runner = await bench.launchRunner({ AXIOM_NAMESPACE: 'nobody' });
    expect(await coded(runner, 'CONTROL_PLANE_NAMESPACE')).toMatchObject({ mend: expect.stringContaining('TENANT_ID') });
  });
});

describe.each([
  ['TLS', false],
  ['mutual TLS', true],
])('%s of a private CA', (_, requireClientCertificate) => {
  const front = () => startTlsFront({ target: bench.temporal.address, requireClientCertificate });

  it('works with the CA, and with a client certificate where one is asked for', async () => {
    const { address, caFile, clientCertFile, clientKeyFile, stop } = await front();
    const certificate = { AXIOM_TLS_CERT_FILE: clientCertFile, AXIOM_TLS_KEY_FILE: clientKeyFile };
    await bench.startRunner({
      AXIOM_ACTIONS_ADDRESS_AND_PORT: address,
      AXIOM_TLS: 'on',
      AXIOM_TLS_CA_FILE: caFile,
      ...(requireClientCertificate ? certificate : {}),
    });
    expect((await testConnection()).checks.length).toBeGreaterThan(0);
    await bench.stopRunners();
    await stop();
  });

  it('is refused without what it takes', async () => {
    const { address, caFile, stop } = await front();
    const runner = await bench.launchRunner({
      AXIOM_ACTIONS_ADDRESS_AND_PORT: address,
      AXIOM_TLS: 'on',
      ...(requireClientCertificate ? { AXIOM_TLS_CA_FILE: caFile } : {}),
    });
    expect(await coded(runner, 'CONTROL_PLANE_UNREACHABLE')).toMatchObject({ mend: expect.stringContaining('AXIOM_TLS_CA_FILE') });
    await bench.stopRunners();
    await stop();
  });
});

describe('an HTTP proxy of the env file', () => {
  async function startWith(lines: Readonly<Record<string, string>>): Promise<RunnerProcess> {
    const { AXIOM_ACTIONS_ADDRESS_AND_PORT: _, ...settings } = bench.settings;
    const path = join(bench.folder, `${crypto.randomUUID()}.env`);
    writeFileSync(
      path,
      Object.entries(lines)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    const runner = startRunner({ environment: { ...settings, RUNNER_HEALTH_ADDRESS: 'off' }, args: ['--env-file', path] });
    bench.runners.push({ ...runner, health: '' });
    return runner;
  }
  const address = () => ({ AXIOM_ACTIONS_ADDRESS_AND_PORT: bench.temporal.address });

  it.each([
    ['without a password', undefined],
    ['with a password', 'someone:proxy-canary'],
  ])('carries the connection to the control plane, %s', async (_, credentials) => {
    const proxy = await startConnectProxy(credentials);
    const runner = await startWith({ ...address(), HTTPS_PROXY: proxy.url });
    await runner.ready();
    expect(proxy.tunnels).toContain(bench.temporal.address);
    await runner.stop();
    expect(runner.output()).not.toContain('proxy-canary');
    await proxy.close();
  });

  it('that refuses the password is a fault of the network, told without it', async () => {
    const proxy = await startConnectProxy('someone:else');
    const runner = await startWith({ ...address(), HTTPS_PROXY: proxy.url.replace('someone:else', 'someone:proxy-canary') });
    expect(await coded(runner, 'CONTROL_PLANE_UNREACHABLE')).toMatchObject({ mend: expect.stringContaining('HTTPS_PROXY') });
    expect(runner.output()).not.toContain('proxy-canary');
    await runner.stop();
    await proxy.close();
  });

  it('is left out for the hosts of NO_PROXY', async () => {
    const proxy = await startConnectProxy();
    const runner = await startWith({ ...address(), HTTPS_PROXY: proxy.url, NO_PROXY: 'example.com,127.0.0.1' });
    await runner.ready();
    expect(proxy.tunnels).toEqual([]);
    await runner.stop();
    await proxy.close();
    await until('the runner has stopped', () => runner.records().some(({ message }) => message.startsWith('Stopped')));
  });
});
