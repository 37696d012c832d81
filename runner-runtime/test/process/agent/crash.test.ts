import { Agent } from 'node:http';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { until } from '../support/until.js';
import { AgentHost, type AgentProcess } from './support/agent-host.js';
import { askSecret, NoReply } from './support/ask.js';

jest.setTimeout(120_000);

const CLIENTS = 16;
const CRASHES = 3;
const ANSWERS_BEFORE_A_CRASH = 400;
let host: AgentHost;
beforeAll(async () => {
  // Of the trail's smallest files, so that it goes on in further ones between the crashes.
  host = await AgentHost.open({ cache: { ttl: 1 }, audit: { file_bytes: 65_536 } });
  for (const id of ids) await host.create(id, `password of ${id}`);
});
afterAll(() => host?.close());

/** One secret for each client: so a record tells whose answer it stands for. */
const ids = Array.from({ length: CLIENTS }, (_, index) => `of-client-${index}`);
/** Answers that arrived whole or in part, by secret. */
const received = new Map(ids.map((id) => [id, 0]));
const answers = () => [...received.values()].reduce((sum, count) => sum + count, 0);

/** Asks until the agent is gone. */
async function client(id: string, { address }: AgentProcess, token: string): Promise<void> {
  const connections = new Agent({ keepAlive: true, maxSockets: 1 });
  const count = () => received.set(id, (received.get(id) ?? 0) + 1);
  try {
    for (;;) {
      const { status, body } = await askSecret(address, id, { token, connections });
      if (status !== 200) throw new Error(`${status} ${body}`);
      count();
    }
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    if (error.isHalf) count();
  } finally {
    connections.destroy();
  }
}

async function verified(): Promise<unknown> {
  const { code, stdout } = await host.run('audit', 'verify', '--json', '--config', host.config);
  return { code, ...JSON.parse(stdout) };
}

it('an agent that is killed (-9) under load, again and again, has recorded every answer in a trail that is whole', async () => {
  const token = await host.addApplication('shop', ['*']);
  for (let crash = 0; crash < CRASHES; crash += 1) {
    const agent = await host.start();
    expect(await verified()).toMatchObject({ code: 0, faultCount: 0 });
    const before = answers();
    const clients = Promise.all(ids.map((id) => client(id, agent, token)));
    await Promise.race([clients, until('it is under load', () => answers() > before + ANSWERS_BEFORE_A_CRASH)]);
    await agent.kill();
    await clients;
  }
  const agent = await host.start();
  expect(await agent.stop()).toBe(0);
  expect(await verified()).toMatchObject({ code: 0, faultCount: 0, first: { id: 1 } });

  const recorded = new Map<string, number>();
  for (const { action, outcome, application, secret = '' } of await host.records()) {
    if (action === 'deliver' && outcome === 'ok' && application === 'shop') recorded.set(secret, (recorded.get(secret) ?? 0) + 1);
  }
  const unrecorded = ids.filter((id) => (received.get(id) ?? 0) > (recorded.get(id) ?? 0));
  expect(unrecorded).toEqual([]);
  expect(answers()).toBeGreaterThan(CRASHES * ANSWERS_BEFORE_A_CRASH);
});
