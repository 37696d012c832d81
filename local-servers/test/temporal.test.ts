import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  freePort,
  ServerStartError,
  startTemporal,
  startTlsFront,
  stopAll,
  type TemporalServer,
  temporalTestServerPath,
} from '../src/index.js';
import { namespaceIsServed } from '../src/temporal-probe.js';
import { tlsRequest } from './tls-request.js';

afterAll(stopAll);

describe('the Temporal dev server', () => {
  let server: TemporalServer;
  beforeAll(async () => {
    server = await startTemporal({ namespaces: ['tenant-a', 'tenant-b'] });
  });

  it('serves the namespaces that were asked for, and no others', async () => {
    const port = portOf(server.address);
    const served = await Promise.all(['default', 'tenant-a', 'tenant-b', 'tenant-c'].map((name) => namespaceIsServed(port, name)));
    expect(served).toEqual([true, true, true, false]);
    expect(server.namespace).toBe('tenant-a');
  });

  it('comes back on the same port after a crash', async () => {
    const { address, pid } = server;
    await server.kill();
    expect(await namespaceIsServed(portOf(address), 'default')).toBe(false);
    await server.restart();
    expect(await namespaceIsServed(portOf(address), 'tenant-b')).toBe(true);
    expect(server.address).toBe(address);
    expect(server.pid).not.toBe(pid);
  });

  it('is not started on a port that somebody else uses', async () => {
    const port = portOf(server.address);
    await expect(startTemporal({ port })).rejects.toThrow(ServerStartError);
    await expect(startTemporal({ port })).rejects.toThrow(`port ${port}`);
  });

  it('is reached through TLS by whoever trusts the authority', async () => {
    const front = await startTlsFront({ target: server.address });
    expect(await tlsRequest(front, { trust: true })).toBe('200');
    await expect(tlsRequest(front, { trust: false })).rejects.toThrow(/certificate/);
    await front.stop();
    await expect(tlsRequest(front, { trust: false })).rejects.toThrow();
  });

  it('is reached through mutual TLS only with a client certificate', async () => {
    const front = await startTlsFront({ target: server.address, requireClientCertificate: true });
    expect(await tlsRequest(front, { trust: true, identify: true })).toBe('200');
    await expect(tlsRequest(front, { trust: true })).rejects.toThrow();
    await front.stop();
  });

  it('is gone after a stop, which may be repeated', async () => {
    await server.stop();
    await server.stop();
    expect(await namespaceIsServed(portOf(server.address), 'default')).toBe(false);
  });
});

it('listens on the port that was asked for', async () => {
  const port = await freePort();
  const server = await startTemporal({ port });
  expect(server.address).toBe(`127.0.0.1:${port}`);
  expect(server.namespace).toBe('default');
  await server.stop();
});

it('finds a Temporal test server that runs', async () => {
  const child = spawn(await temporalTestServerPath(), ['--help'], { stdio: 'ignore' });
  const [code, signal] = await once(child, 'exit');
  expect(signal).toBeNull();
  expect([0, 1, 2]).toContain(code);
});

function portOf(address: string): number {
  return Number(address.split(':')[1]);
}
