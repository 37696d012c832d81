import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { EmulatedQueue } from '../../agent/rotation/emulated-queue.js';
import { trailCall } from '../../agent/rotation/events/secrets-manager-events.js';
import { until } from '../support/until.js';
import { AgentHost, type AgentProcess } from './support/agent-host.js';
import { askSecret } from './support/ask.js';
import { TrailReader } from './support/trail-reader.js';

jest.setTimeout(240_000);

const ROTATIONS = 100;
const CLIENTS = 4;
const NAME = 'axiom/db-production';
let host: AgentHost;
let queue: EmulatedQueue;
beforeAll(async () => {
  host = await AgentHost.open();
  queue = await EmulatedQueue.create(host.emulator, 'agent');
  await host.create(NAME, passwordOf(0));
});
afterAll(async () => {
  await queue?.delete();
  await host?.close();
});

const passwordOf = (value: number) => `password-${value}`;
const valueIn = (text: string) => Number(/password-(\d+)/.exec(text)?.[1] ?? Number.NaN);

/** Clients that ask without a pause, and what they must not see: a failure, or a value from before what was known as they asked. */
function hammer({ address }: AgentProcess, token: string) {
  const seen = { answers: 0, faults: [] as string[], /** What no answer may be older than. */ least: 0, values: new Set<number>() };
  let isOver = false;
  const client = async () => {
    const connections = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      const { least } = seen;
      const { status, body } = await askSecret(address, 'db-production', { token, connections });
      const value = valueIn(body);
      if (status !== 200) seen.faults.push(`${status} ${body}`);
      else if (!(value >= least)) seen.faults.push(`${value} after ${least}`);
      seen.values.add(value);
      seen.answers += 1;
    }
    connections.destroy();
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  const stop = () => {
    isOver = true;
    return clients;
  };
  return { seen, stop };
}

it('an agent whose secret is rotated a hundred times fails no request, and delivers no older value once the rotation stands in its trail', async () => {
  const file = join(host.folder, 'password');
  host.configure({
    vault: { type: 'aws-secrets-manager', prefix: 'axiom/', describe: false },
    secrets: { 'db-production': {} },
    rotation: {
      events: { queue_url: queue.url },
      hooks: [{ name: 'web', secrets: ['db-production'], file: { path: file, template: '<{{password}}>' } }],
    },
    // One file, which is read on from where it was read to.
    audit: { file_bytes: 500_000_000, max_bytes: 1_000_000_000 },
  });
  const token = await host.addApplication('shop', ['db-production']);
  const agent = await host.start();
  const trail = new TrailReader(host.audit);
  const fileValue = () => valueIn(readFileSync(file, 'utf8'));
  await trail.next(({ application }) => application === 'hook:web');
  const { seen, stop } = hammer(agent, token);

  for (let value = 1; value <= ROTATIONS && seen.faults.length === 0; value += 1) {
    await host.rotate(NAME, passwordOf(value));
    await queue.send(trailCall('PutSecretValue', NAME));
    await trail.next(({ action, outcome }) => action === 'rotate' && outcome === 'ok');
    seen.least = value;
  }
  await until('the hook has the last value', () => fileValue() === ROTATIONS);
  await stop();
  expect(await agent.stop()).toBe(0);

  expect(seen.faults).toEqual([]);
  expect(seen.values.has(ROTATIONS)).toBe(true);
  expect(seen.answers).toBeGreaterThan(ROTATIONS);
  expect(readFileSync(file, 'utf8')).toBe(`<${passwordOf(ROTATIONS)}>`);
  const rotations = (await host.records()).filter(({ action }) => action === 'rotate');
  expect(new Set(rotations.map(({ version }) => version)).size).toBe(ROTATIONS);
  expect(await host.run('audit', 'verify', '--config', host.config)).toMatchObject({ code: 0 });
  expect(agent.output()).not.toContain('password-');
});
