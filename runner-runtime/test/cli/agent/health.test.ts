import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '@axiom-runner/local-servers';
import { askHealth } from '../../../src/cli/agent/health.js';
import { openedAgent } from '../../agent/support/opened-agent.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-health-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('tells what the agent says of itself, and that there is none', async () => {
  const agent = await openedAgent();
  const listen = { address: `127.0.0.1:${agent.port}` };
  expect(await askHealth({ listen })).toEqual({ state: 'ok' });
  agent.trail.refuse();
  expect(await askHealth({ listen })).toEqual({ state: 'failing', why: 'AUDIT_UNAVAILABLE' });
  await agent.close();
  expect(await askHealth({ listen })).toEqual({ state: 'unreachable', why: expect.stringContaining('ECONNREFUSED') });
});

describe('an agent that asks its clients for certificates', () => {
  async function opened(withSocket: boolean) {
    const authority = await makeAuthority(folder);
    const { certFile, keyFile } = await authority.issueServer();
    const rest = {
      tls: { certificate: certFile, key: keyFile, client_ca: authority.caFile },
      ...(withSocket ? { socket: { path: join(folder, 'agent.sock'), mode: 0o600 } } : {}),
    };
    const agent = await openedAgent({ listen: rest });
    return { agent, listen: { address: `127.0.0.1:${agent.port}`, ...rest } };
  }

  it('is not taken for dead because this command has none', async () => {
    const { agent, listen } = await opened(false);
    expect(await askHealth({ listen })).toEqual({ state: 'ok' });
    await agent.close();
    expect(await askHealth({ listen })).toMatchObject({ state: 'unreachable' });
  });

  it('is asked at its socket, where it says more', async () => {
    const { agent, listen } = await opened(true);
    expect(await askHealth({ listen })).toEqual({ state: 'ok' });
    agent.trail.refuse();
    expect(await askHealth({ listen })).toEqual({ state: 'failing', why: 'AUDIT_UNAVAILABLE' });
    await agent.close();
  });
});
