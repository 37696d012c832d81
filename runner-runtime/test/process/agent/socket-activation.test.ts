import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, runnerCommand } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AgentHost } from './support/agent-host.js';
import { ask, askSecret } from './support/ask.js';
import { listenAndStart, type Started, systemdSocketActivate } from './support/socket-launcher.js';

jest.setTimeout(60_000);

let host: AgentHost;
let token: string;
let started: Started | undefined;
beforeAll(async () => {
  // Neither would be opened where a socket is handed over; both cannot be.
  host = await AgentHost.open({ listen: { address: 'off', socket: { path: '/nowhere/agent.sock' } } });
  await host.create('db-production', 'kept-password');
  token = await host.addApplication('shop', ['db-production']);
});
afterEach(() => started?.kill());
afterAll(() => host?.close());

const agentCommand = () => [...runnerCommand(), 'agent', '--config', host.config];

const OK = { status: 200, body: expect.stringContaining('kept-password') };

describe('an agent that is handed a listening socket', () => {
  it('answers on a Unix socket, and leaves it to its owner at the end', async () => {
    const path = join(host.folder, 'handed.sock');
    started = listenAndStart({ path }, agentCommand(), host.environment);
    // Who connects before the agent is up waits in the queue of the socket.
    await started.isListening;
    expect(await askSecret(path, 'db-production', { token })).toMatchObject(OK);
    expect(await started.stop()).toBe(0);
    expect(started.output()).toContain(path);
    expect(existsSync(path)).toBe(true);
  });

  it('answers on a port of the loopback', async () => {
    const port = await freePort();
    started = listenAndStart({ host: '127.0.0.1', port }, agentCommand(), host.environment);
    await started.isListening;
    expect(await askSecret(`http://127.0.0.1:${port}`, 'db-production', { token })).toMatchObject(OK);
    expect(await ask(`http://127.0.0.1:${port}`, '/healthz')).toMatchObject({ status: 200 });
    expect(await started.stop()).toBe(0);
  });

  it('refuses a port that others can reach, without TLS', async () => {
    started = listenAndStart({ host: '0.0.0.0', port: await freePort() }, agentCommand(), host.environment);
    expect(await started.exited).toBe(78);
    expect(started.output()).toMatch(/0\.0\.0\.0:\d+, which others can reach, without TLS[\s\S]*listen\.tls/);
  });

  it("is started by systemd's tool at the first connection, and answers it", async () => {
    if (spawnSync('systemd-socket-activate', ['--version']).status !== 0) {
      console.warn('SKIPPED: there is no systemd-socket-activate');
      return;
    }
    const path = join(host.folder, 'activated.sock');
    started = systemdSocketActivate({ path }, agentCommand(), host.environment);
    await started.isListening;
    expect(await askSecret(path, 'db-production', { token })).toMatchObject(OK);
    expect(await started.stop()).toBe(0);
  });
});
