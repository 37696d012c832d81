import { dispenseCredential, extendAccess, waitForCollection } from '@axiom-runner/control-plane';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Bench, ORDERS, SYSTEM } from './support/bench.js';
import { type HistoryJson, historyToJson, textOf } from './support/history.js';
import { recordHistory, replay } from './support/replays.js';

jest.setTimeout(120_000);

/** Everything that came out of one full cycle of every task, successes and failures. */
interface Emitted {
  readonly histories: ReadonlyMap<string, HistoryJson>;
  readonly logs: string;
  readonly results: string;
  readonly metrics: string;
}

let bench: Bench;
let emitted: Emitted;
/** Passwords that were made for temporary users. */
const dispensed: string[] = [];

beforeAll(async () => {
  bench = await Bench.open();
  emitted = await fullCycle();
  if (process.env['UPDATE'] === '1') for (const [name, history] of emitted.histories) recordHistory(name, history);
});
afterAll(() => bench?.close());

/** Runs every kind of task to its end, in each of the ways that it may end. */
async function fullCycle(): Promise<Emitted> {
  const runner = await bench.startRunner({ RUNNER_LOG_LEVEL: 'trace' });
  const ids = new Map<string, string>();
  const person = await bench.shop.newPerson();
  const finished = async (name: string, requestId: string) => {
    ids.set(name, requestId);
    await bench.link.client.workflow
      .getHandle(requestId)
      .result()
      .catch(() => undefined);
  };

  const tested = await bench.start({ type: 'TestConnection', system: SYSTEM });
  const collected = await bench.start({ type: 'CollectData', system: SYSTEM });
  const swept = await bench.start({ type: 'SweepOrphans' });
  await bench.stage(tested, 'tested');
  await waitForCollection(bench.home, collected, { timeoutMs: 60_000 });
  await bench.stage(swept, 'swept');
  await finished('TestConnection', tested.requestId);
  await finished('CollectData', collected.requestId);
  await finished('SweepOrphans', swept.requestId);

  const expiring = await bench.provision(person, 2);
  await bench.stage(expiring, 'revoked');
  await finished('ProvisionAccess-expired', expiring.requestId);
  const extended = await bench.grant(person, 600);
  const expiresAt = Math.floor(Date.now() / 1000) + 900;
  await extendAccess(bench.link, { ...extended, system: SYSTEM }, expiresAt, 30_000);
  await bench.revoke(extended);
  await finished('ProvisionAccess-extended-and-revoked', extended.requestId);

  const request = { system: SYSTEM, target: ORDERS, permission: 'Read', justification: 'look at one order', durationSeconds: 600 };
  const { requestId, credential } = await dispenseCredential(bench.link, bench.group, request, { timeoutMs: 60_000 });
  const { username = '', password = '' } = credential.values;
  dispensed.push(password);
  if (!(await bench.shop.canRead({ kind: 'user', id: username }, password))) throw new Error('the dispensed credential does not work');
  await bench.revoke({ requestId, runId: '', group: bench.group });
  await finished('DispenseCredential', requestId);

  const refused = await bench.start({ type: 'TestConnection', system: { type: 'postgresql', id: 'other' } });
  await finished('TestConnection-refused', refused.requestId);
  const unknown = await bench.provision({ kind: 'role', id: 'nobody' }, 600);
  await finished('ProvisionAccess-failed', unknown.requestId);
  const wrong = bench.shop.secret({ postgresql_password: `${bench.canaries.password}-wrong` });
  bench.secrets.put('axiom-security/postgresql/127.0.0.1', wrong);
  const denied = await bench.provision(person, 600);
  await finished('ProvisionAccess-denied', denied.requestId);
  bench.secrets.put('axiom-security/postgresql/127.0.0.1', `{"postgresql_password": "${bench.canaries.password}" oh`);
  const malformed = await bench.start({ type: 'TestConnection', system: SYSTEM });
  await finished('TestConnection-malformed', malformed.requestId);
  bench.secrets.put('axiom-security/postgresql/127.0.0.1', bench.shop.secret());

  const metrics = await (await fetch(`http://${runner.health}/metrics`)).text();
  await runner.stop();
  const histories = new Map<string, HistoryJson>();
  for (const [name, id] of ids) histories.set(name, historyToJson(await bench.link.client.workflow.getHandle(id).fetchHistory()));
  const { entries } = await bench.home.results.read(bench.group.id);
  return { histories, logs: runner.output(), results: JSON.stringify(entries), metrics };
}

/** Text as it is, and as it looks inside what was encoded once more. */
function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(4, -4)];
}

describe('everything that a full cycle emits', () => {
  it('is there to be looked through', () => {
    expect(emitted.histories.size).toBe(10);
    expect(emitted.logs).toContain('applyAccess');
    expect(emitted.results).toContain('"stage":"revoked"');
    expect(emitted.metrics).toMatch(/step="revertAccess"/);
  });

  it.each(['logs', 'results', 'metrics'] as const)('holds no secret: %s', (name) => {
    for (const secret of [...Object.values(bench.canaries), ...dispensed]) {
      for (const spelling of spellings(secret)) expect(emitted[name].includes(spelling)).toBe(false);
    }
  });

  it('holds no secret: the histories on the server', () => {
    const text = [...emitted.histories.values()].map((history) => `${textOf(history)}${JSON.stringify(history)}`).join('\n');
    for (const secret of [...Object.values(bench.canaries), ...dispensed]) {
      for (const spelling of spellings(secret)) expect(text.includes(spelling)).toBe(false);
    }
  });

  it('holds no stack and no words of the database in the histories', () => {
    for (const history of emitted.histories.values()) {
      const text = textOf(history);
      expect(text).not.toMatch(/\bat .+:\d+:\d+|node_modules|\.cjs/);
      expect(text).not.toMatch(/password authentication failed|SQLSTATE|FATAL/i);
      expect(JSON.stringify(history)).not.toMatch(/"stackTrace":"[^"]/);
    }
  });

  it('is one JSON object a line in the log', () => {
    for (const line of emitted.logs.split('\n').filter((text) => text !== '')) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(Number), message: expect.any(String) });
    }
  });

  it('can be replayed by the shipped workflows', async () => {
    for (const history of emitted.histories.values()) await replay(history);
  });
});
