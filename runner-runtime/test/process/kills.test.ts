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
    const task = await bench.provision(person, 600);
    await bench.shop.runnerIsHeld();
    await runner.kill();
    await release();
    expect(await bench.shop.canRead(person)).toBe(false);
    expect(await bench.shop.leftovers()).toEqual([]);
    await bench.startRunner();
    await bench.stage(task, 'granted');
    expect(await bench.shop.canRead(person)).toBe(true);
    expect((await bench.revoke(task)).evidence.proved).toBe(true);
    expect(await bench.shop.canRead(person)).toBe(false);
  });

  it('in the middle of a revocation, and right after a grant, leaves both ends to another runner, which proves them', async () => {
    const [leaving, staying] = [await bench.shop.newPerson(), await bench.shop.newPerson()];
    const runner = await bench.startRunner();
    const [task, expiring] = [await bench.grant(leaving, 600), await bench.grant(staying, 3)];
    const release = await bench.shop.holdMemberships();
    await bench.link.client.workflow.getHandle(task.requestId).signal('revoke');
    await bench.shop.runnerIsHeld();
    await runner.kill();
    await release();
    await bench.startRunner();
    const [asked, expired] = await Promise.all([bench.stage(task, 'revoked'), bench.stage(expiring, 'revoked')]);
    expect([asked, expired].map(({ cause, evidence }) => [cause, evidence.proved])).toEqual([
      ['asked', true],
      ['expired', true],
    ]);
    expect(await bench.shop.canRead(leaving)).toBe(false);
    expect(await bench.shop.canRead(staying)).toBe(false);
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
      await until('another runner makes the access', () => bench.shop.canRead(person));
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
