import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { DEFAULT_AGENT_MEMORY_MIB } from '../../../../contract/agent.js';
import { until } from '../support/until.js';
import { AgentHost, type AgentProcess } from './support/agent-host.js';
import { askSecret } from './support/ask.js';
import { type LoadedApplication, type Outcomes, passwordOf, press, seeded } from './support/load.js';
import type { VaultState } from './support/vault-front.js';

jest.setTimeout(300_000);

const SECRETS = 10_000;
const CONNECTIONS = 64;
const ROUNDS = 3;
/** Requests of each connection: while the vault is well, and while it is not and each miss takes its time. */
const REQUESTS = { well: 40, unwell: 12 };
/** While the vault is not well, these are asked for: some of them are in the cache. */
const AMONG = 700;
/** What memory may differ by from round to round without growing, MiB. */
const MARGIN_MIB = 24;
const STATES: readonly VaultState[] = ['ok', 'slow', 'throttling', 'down', 'flapping', 'ok'];

let host: AgentHost;
let agent: AgentProcess;
const applications: LoadedApplication[] = [];
beforeAll(async () => {
  // The cache holds a part of all secrets, so that every phase needs the vault.
  host = await AgentHost.open({ cache: { max_entries: 2_000 }, limits: { vault_requests: CONNECTIONS, vault_timeout: 1 } });
  const names = ['billing', 'reports'];
  const ids = Array.from({ length: SECRETS }, (_, index) => `${names[index % names.length]}/${index}`);
  await eachOf(ids, (id) => host.create(id, passwordOf(id)));
  for (const name of names) {
    applications.push({ token: await host.addApplication(name, [`${name}/*`]), ids: ids.filter((id) => id.startsWith(`${name}/`)) });
  }
  // With little room for garbage, so that memory tells what stays.
  agent = await host.start({ NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=4' });
});
afterAll(() => host?.close());

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** Memory that the agent's process has in use. https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function residentMib(): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1]) / 1_024;
}

it('an agent under load answers right or refuses, whatever its vault does, tells nobody what is another one’s, and does not grow', async () => {
  const random = seeded(42);
  const memory: number[] = [];
  const seen = new Map<VaultState, Outcomes['counts'][]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const state of STATES) {
      host.front.state = state;
      const pressure = state === 'ok' ? { requestsOfEach: REQUESTS.well } : { requestsOfEach: REQUESTS.unwell, among: AMONG };
      const { counts, faults } = await press(agent.address, applications, { connections: CONNECTIONS, ...pressure }, random);
      expect(faults).toEqual([]);
      seen.set(state, [...(seen.get(state) ?? []), counts]);
    }
    memory.push(residentMib());
  }

  // Each phase was what it was meant to be.
  const total = (state: VaultState, kind: RegExp) =>
    (seen.get(state) ?? []).flatMap((counts) => [...counts]).reduce((sum, [key, count]) => sum + (kind.test(key) ? count : 0), 0);
  for (const state of new Set(STATES)) {
    expect([state, total(state, /^200$/) > 0, total(state, /^403 SECRET_NOT_ALLOWED$/) > 0, total(state, /^4(01|29) /) > 0]).toEqual([
      state,
      true,
      true,
      true,
    ]);
  }
  for (const state of ['throttling', 'down'] as const) expect(total(state, /^50[34] VAULT_/)).toBeGreaterThan(0);

  // A vault that is well again is enough: nothing stays behind of what was.
  for (const { token, ids } of applications) {
    const [id = ''] = ids.slice(AMONG - 1);
    await until('the agent delivers again', async () => (await askSecret(agent.address, id, { token })).status === 200);
  }
  const [first = 0, ...later] = memory;
  expect(Math.max(...later)).toBeLessThan(first + MARGIN_MIB);
  expect(Math.max(...memory)).toBeLessThan(DEFAULT_AGENT_MEMORY_MIB);
  const lines = agent.output().trimEnd().split('\n');
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
  expect(agent.output()).not.toMatch(/AGENT_FAILED|INTERNAL|password of/);
  expect(await agent.stop()).toBe(0);
  expect(await host.run('audit', 'verify', '--config', host.config)).toMatchObject({ code: 0 });
});
