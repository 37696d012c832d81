import { Agent } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { until } from '../support/until.js';
import { AgentHost, type AgentProcess } from './support/agent-host.js';
import { askSecret, NoReply } from './support/ask.js';

jest.setTimeout(90_000);

const CLIENTS = 16;
let host: AgentHost;
let token: string;
beforeAll(async () => {
  host = await AgentHost.open();
  await Promise.all([host.create('kept', 'kept-password'), host.create('late', 'late-password')]);
  token = await host.addApplication('shop', ['*']);
});
afterEach(() => host.front.release());
afterAll(() => host?.close());

/** Whether somebody takes a connection there. */
function listens(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.destroy());
    socket.once('close', (failed) => resolve(!failed)).once('error', () => undefined);
  });
}

/** Clients that ask on connections of their own, one request after the other, until nobody answers any more. */
function hammer({ address }: AgentProcess) {
  const seen = { answered: 0, faults: [] as string[] };
  const client = async () => {
    const connections = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (;;) {
        const { status, body } = await askSecret(address, 'kept', { token, connections });
        if (status === 200 && body.includes('"kept-password"') && body.endsWith('}')) seen.answered += 1;
        else seen.faults.push(`${status} ${body}`);
      }
    } catch (error) {
      // Nobody listens any more, or the connection was closed between two requests.
      if (!(error instanceof NoReply) || error.isHalf) seen.faults.push(String(error));
    } finally {
      connections.destroy();
    }
  };
  return { seen, done: Promise.all(Array.from({ length: CLIENTS }, client)) };
}

describe('an agent that gets SIGTERM', () => {
  it('under load answers what it has read, sends nothing by half, and ends with 0', async () => {
    const agent = await host.start();
    const { seen, done } = hammer(agent);
    await until('it is under load', () => seen.answered > 500);
    expect(await agent.stop()).toBe(0);
    await done;
    expect(seen.faults).toEqual([]);
    const delivered = (await host.records()).filter(({ action, secret }) => action === 'deliver' && secret === 'kept');
    expect(seen.answered).toBe(delivered.length);
    expect(agent.records().at(-1)?.message).toBe('the agent has stopped');
  });

  it('waits for the vault on behalf of those who ask already, takes no new connection, and does not wait for those who ask no more', async () => {
    const agent = await host.start();
    const connections = new Agent({ keepAlive: true });
    host.front.state = 'hanging';
    const asked = askSecret(agent.address, 'late', { token, connections });
    await host.front.hangs();
    const stopped = agent.stop();
    await agent.waitFor(({ message }) => message === 'the agent is stopping');
    await until('it takes no connection', async () => !(await listens(agent.address)));
    host.front.release();
    const { status, body, headers } = await asked;
    expect([status, body, headers.connection]).toEqual([200, expect.stringContaining('"late-password"'), 'close']);
    expect(await stopped).toBe(0);
    connections.destroy();
  });
});
