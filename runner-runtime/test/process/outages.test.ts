import type { LogRecord } from '@axiom-runner/local-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Bench, type BenchRunner } from './support/bench.js';
import { historyToJson } from './support/history.js';
import { until } from './support/until.js';

jest.setTimeout(120_000);

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench?.close());
afterEach(async () => {
  await bench.stopRunners();
  expect(await bench.shop.leftovers()).toEqual([]);
});

const handle = (requestId: string) => bench.link.client.workflow.getHandle(requestId);

/** The record that the reaper keeps of the end of an access. */
const endedByReaper = (requestId: string) => (record: LogRecord) =>
  record['event'] === 'access.end' && record['by'] === 'reaper' && record['requestId'] === requestId && record['proved'] === true;

async function readiness(runner: BenchRunner): Promise<{ ready: boolean; worker: string }> {
  return (await (await fetch(`http://${runner.health}/readyz`)).json()) as { ready: boolean; worker: string };
}

/** Attempts at the steps of a request, by the number of the attempt. */
async function attempts(requestId: string): Promise<number[]> {
  const { events } = historyToJson(await handle(requestId).fetchHistory());
  return events.flatMap(({ activityTaskStartedEventAttributes: started }) => (started === undefined ? [] : [started.attempt]));
}

describe('two runners', () => {
  it('share ten accesses at once: each is given once, and all of them end', async () => {
    await Promise.all([bench.startRunner(), bench.startRunner()]);
    const people = await Promise.all(Array.from({ length: 10 }, () => bench.shop.newPerson()));
    const tasks = await Promise.all(people.map((person) => bench.provision(person, 600)));
    await Promise.all(tasks.map((task) => bench.stage(task, 'granted')));
    expect(await Promise.all(people.map((person) => bench.shop.canRead(person)))).toEqual(people.map(() => true));
    const ends = await Promise.all(tasks.map((task) => bench.revoke(task)));
    expect(ends.every(({ evidence }) => evidence.proved)).toBe(true);
    expect(await Promise.all(people.map((person) => bench.shop.canRead(person)))).toEqual(people.map(() => false));
    for (const { requestId, group } of tasks) {
      const stages = (await bench.home.results.ofRequest(group.id, requestId)).map(({ result }) => result.stage);
      expect(stages).toEqual(['granted', 'revoked']);
    }
  });
});

describe('SIGTERM', () => {
  it('while a task runs lets it finish: no attempt fails, and the exit code is 0', async () => {
    const person = await bench.shop.newPerson();
    const runner = await bench.startRunner();
    const release = await bench.shop.holdMemberships();
    const task = await bench.provision(person, 600);
    await bench.shop.runnerIsHeld();
    process.kill(runner.pid, 'SIGTERM');
    await until('the runner drains', async () => (await readiness(runner)).worker !== 'RUNNING');
    await release();
    expect(await runner.exited).toBe(0);
    expect(await bench.shop.canRead(person)).toBe(true);
    await bench.startRunner();
    await bench.stage(task, 'granted');
    expect((await bench.revoke(task)).evidence.proved).toBe(true);
    expect(new Set(await attempts(task.requestId))).toEqual(new Set([1]));
    expect(bench.runners.flatMap((one) => one.records()).filter((record) => record['step'] === 'applyAccess' && 'code' in record)).toEqual(
      [],
    );
  });
});

describe('a control plane that loses an access', () => {
  it('by terminating its workflow: the reaper of the runner ends it after its expiry', async () => {
    const person = await bench.shop.newPerson();
    const runner = await bench.startRunner();
    const task = await bench.grant(person, 2);
    await handle(task.requestId).terminate('a hostile control plane');
    expect(await bench.shop.canRead(person)).toBe(true);
    await runner.waitFor(endedByReaper(task.requestId));
    expect(await bench.shop.canRead(person)).toBe(false);
  });

  it('while its runner is dead: a fresh runner ends it at its start', async () => {
    const person = await bench.shop.newPerson();
    const runner = await bench.startRunner();
    const task = await bench.grant(person, 2);
    await runner.kill();
    await handle(task.requestId).terminate('a hostile control plane');
    const { expiresAt } = (await bench.stage(task, 'granted')).access;
    await until('the access is overdue', () => Date.now() > expiresAt * 1000);
    expect(await bench.shop.canRead(person)).toBe(true);
    const fresh = await bench.startRunner();
    await fresh.waitFor(endedByReaper(task.requestId));
    expect(await bench.shop.canRead(person)).toBe(false);
  });
});

describe('an outage', () => {
  it('of whoever takes results holds up no revocation; they are delivered when somebody listens again', async () => {
    const person = await bench.shop.newPerson();
    await bench.startRunner();
    await bench.stopResults();
    const task = await bench.provision(person, 600);
    await until('the access is made', () => bench.shop.canRead(person));
    await handle(task.requestId).signal('revoke');
    await until('the access is gone', async () => !(await bench.shop.canRead(person)));
    expect(await bench.home.results.ofRequest(bench.group.id, task.requestId)).toEqual([]);
    await bench.serveResults();
    expect((await bench.stage(task, 'revoked')).evidence.proved).toBe(true);
    // Both were waiting, so either may come first.
    await bench.stage(task, 'granted');
    const stored = await bench.home.results.ofRequest(bench.group.id, task.requestId);
    expect(stored.map(({ result }) => result.stage).sort()).toEqual(['granted', 'revoked']);
  });

  it('of the database in the middle of a grant delays it', async () => {
    const person = await bench.shop.newPerson();
    await bench.startRunner();
    const release = await bench.shop.holdMemberships();
    const task = await bench.provision(person, 600);
    await bench.shop.runnerIsHeld();
    await bench.shop.server.restart();
    await release();
    await bench.stage(task, 'granted');
    expect(await bench.shop.canRead(person)).toBe(true);
    expect((await bench.revoke(task)).evidence.proved).toBe(true);
  });
});
