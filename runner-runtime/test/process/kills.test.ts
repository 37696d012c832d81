import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Bench, type BenchRunner } from './support/bench.js';
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

const stepOf = (runner: BenchRunner, step: string) => runner.records().find((record) => record['step'] === step);

describe('a runner that is killed (-9)', () => {
  it('in the middle of a grant leaves nothing half made, and another runner finishes and ends the access', async () => {
    const person = await bench.shop.newPerson();
    const runner = await bench.startRunner();
    const release = await bench.shop.holdMemberships();
    const task = await bench.provision(person, 20);
    await bench.shop.runnerIsHeld();
    await runner.kill();
    await release();
    expect(await bench.shop.canRead(person)).toBe(false);
    expect(await bench.shop.leftovers()).toEqual([]);
    await bench.startRunner();
    await bench.stage(task, 'granted');
    expect(await bench.shop.canRead(person)).toBe(true);
    const { evidence, cause } = await bench.stage(task, 'revoked');
    expect({ proved: evidence.proved, cause }).toEqual({ proved: true, cause: 'expired' });
    expect(await bench.shop.canRead(person)).toBe(false);
  });

  it('in the middle of a revocation leaves it to another runner, which proves it', async () => {
    const person = await bench.shop.newPerson();
    const runner = await bench.startRunner();
    const task = await bench.grant(person, 600);
    const release = await bench.shop.holdMemberships();
    await bench.link.client.workflow.getHandle(task.requestId).signal('revoke');
    await bench.shop.runnerIsHeld();
    await runner.kill();
    await release();
    await bench.startRunner();
    const { evidence } = await bench.stage(task, 'revoked');
    expect(evidence.proved).toBe(true);
    expect(await bench.shop.canRead(person)).toBe(false);
  });

  it('right after a grant leaves the end of the access to another runner', async () => {
    const person = await bench.shop.newPerson();
    const runner = await bench.startRunner();
    const task = await bench.grant(person, 3);
    await runner.kill();
    await bench.startRunner();
    expect((await bench.stage(task, 'revoked')).evidence.proved).toBe(true);
    expect(await bench.shop.canRead(person)).toBe(false);
  });
});

describe('a runner that is paused in the middle of a grant', () => {
  it('does not bring the access back when it goes on after another runner has granted and revoked it', async () => {
    const person = await bench.shop.newPerson();
    // With one task at a time it holds no further poll, which would swallow tasks as long as it stands still.
    const paused = await bench.startRunner({ RUNNER_MAX_CONCURRENT_TASKS: '1' });
    const release = await bench.shop.holdMemberships();
    const task = await bench.provision(person, 600);
    await bench.shop.runnerIsHeld();
    process.kill(paused.pid, 'SIGSTOP');
    await release();
    try {
      await bench.startRunner();
      await bench.stage(task, 'granted');
      await bench.revoke(task);
      expect(await bench.shop.canRead(person)).toBe(false);
    } finally {
      process.kill(paused.pid, 'SIGCONT');
    }
    await until('the paused runner gives up its attempt', () => stepOf(paused, 'applyAccess'));
    expect(stepOf(paused, 'applyAccess')).toMatchObject({ level: expect.stringMatching(/warn|error/) });
    expect(await bench.shop.canRead(person)).toBe(false);
  });
});
