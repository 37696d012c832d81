import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { levels, SETS } from '../../../src/integration-kit/slots/lattice.js';
import type { SlotState } from '../../../src/integration-kit/slots/slot.js';
import type { Intent } from '../../../src/integrations/intent.js';
import { KillingGate, RunnerHarness } from '../../integrations/runner-harness.js';
import { Cupboard } from './cupboard.js';

const LEVELS = levels(['Read', 'Write', 'Admin']);
const SLOT = 'repository';
const SYSTEM = { type: 'github', id: 'test' };
const PRINCIPAL = { kind: 'user', id: 'someone' };
type Runner = RunnerHarness<unknown, SlotState>;

describe('accesses in a shared slot', () => {
  const runners: Runner[] = [];
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.stop();
  });

  function start(cupboard: Cupboard): Runner {
    const runner = new RunnerHarness(cupboard.integration, SYSTEM, {});
    runners.push(runner);
    return runner;
  }
  const wish = (permission: string) => ({ target: { kind: 'slot', path: [SLOT] }, permission, principal: PRINCIPAL });
  const grant = async (runner: Runner, permission: string) => (await runner.grant(wish(permission))).intent;
  async function forget(runner: Runner, ...intents: Intent<SlotState>[]): Promise<void> {
    for (const intent of intents) runner.passApplyWindow(intent);
    for (const intent of intents) await runner.revert(intent);
    expect(await runner.ledgerEntries()).toEqual([]);
  }

  it('stand at the highest of the active grants, and end at what stood before, in whatever order they end', async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
    ]) {
      const cupboard = new Cupboard(LEVELS);
      const runner = start(cupboard);
      cupboard.values.set(SLOT, ['Read']);
      const wanted = ['Read', 'Admin', 'Write'];
      const intents: Intent<SlotState>[] = [];
      for (const level of wanted) intents.push(await grant(runner, level));
      expect(cupboard.at(SLOT)).toEqual(['Admin']);
      const ended = new Set<number>();
      for (const index of order) {
        const intent = intents[index] as Intent<SlotState>;
        await runner.revert(intent);
        ended.add(index);
        const left = wanted.filter((_, other) => !ended.has(other));
        expect(cupboard.at(SLOT)).toEqual(LEVELS.join([['Read'], ...left.map((level) => [level])]));
        expect(await runner.verify(intent)).toMatchObject({ proved: true });
      }
      expect(cupboard.at(SLOT)).toEqual(['Read']);
      await forget(runner, ...intents);
    }
  });

  it('take away single privileges, and leave those of others', async () => {
    const cupboard = new Cupboard(SETS);
    const runner = start(cupboard);
    cupboard.values.set(SLOT, ['SELECT']);
    const first = await grant(runner, 'INSERT+SELECT');
    const second = await grant(runner, 'INSERT+UPDATE');
    expect(cupboard.at(SLOT)).toEqual(['INSERT', 'SELECT', 'UPDATE']);
    cupboard.values.set(SLOT, ['DELETE', ...cupboard.at(SLOT)]);
    await runner.revert(second);
    expect(cupboard.at(SLOT)).toEqual(['DELETE', 'INSERT', 'SELECT']);
    const { warnings } = await runner.revert(first);
    expect(cupboard.at(SLOT)).toEqual(['DELETE', 'SELECT']);
    expect(warnings).toEqual([]);
    await forget(runner, first, second);
  });

  it('leave what somebody else set meanwhile, and say so', async () => {
    const cupboard = new Cupboard(LEVELS);
    const runner = start(cupboard);
    const intent = await grant(runner, 'Read');
    cupboard.values.set(SLOT, ['Admin']);
    const { warnings } = await runner.revert(intent);
    expect(cupboard.at(SLOT)).toEqual(['Admin']);
    expect(warnings).toEqual([expect.stringContaining('somebody else')]);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining('still has access through')] });
    await forget(runner, intent);
    expect(cupboard.at(SLOT)).toEqual(['Admin']);
  });

  it('give nothing back that somebody took away by hand, when another of them ends', async () => {
    const cupboard = new Cupboard(LEVELS);
    const runner = start(cupboard);
    const standing = await grant(runner, 'Write');
    const ended = await grant(runner, 'Read');
    cupboard.values.delete(SLOT);
    await runner.revert(ended);
    expect(cupboard.at(SLOT)).toEqual([]);
    expect(await runner.verify(ended)).toMatchObject({ proved: true });
    await runner.revert(standing);
    expect(cupboard.at(SLOT)).toEqual([]);
    await forget(runner, ended, standing);
  });

  it('do not come back when a tombstone is swept, whatever others have put there since', async () => {
    const cupboard = new Cupboard(LEVELS);
    const runner = start(cupboard);
    const intent = await grant(runner, 'Write');
    await runner.revert(intent);
    cupboard.values.set(SLOT, ['Write']);
    await forget(runner, intent);
    expect(cupboard.at(SLOT)).toEqual(['Write']);
  });

  it('are proved only once the slot is seen to hold what it should', async () => {
    const cupboard = new Cupboard(LEVELS);
    const runner = start(cupboard);
    const intent = await grant(runner, 'Write');
    await expect(runner.revert(intent, { gate: new KillingGate(2) })).rejects.toThrow('killed');
    expect(cupboard.at(SLOT)).toEqual(['Write']);
    expect(await runner.verify(intent)).toMatchObject({ proved: false });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    await forget(runner, intent);
  });

  it('wait until a vendor that answers from replicas shows the change', async () => {
    const cupboard = new Cupboard(LEVELS);
    cupboard.lag = 2;
    const runner = start(cupboard);
    const intent = await grant(runner, 'Write');
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    await forget(runner, intent);
  });

  it('are taken away though the vendor does not show them yet, when the runner died just after it gave them', async () => {
    const cupboard = new Cupboard(SETS);
    const runner = start(cupboard);
    const intent = await runner.plan(wish('Read'));
    cupboard.lag = 1;
    cupboard.afterWrite = () => Promise.reject(new Error('killed'));
    await expect(runner.apply(intent)).rejects.toThrow('killed');
    expect(cupboard.at(SLOT)).toEqual(['Read']);
    cupboard.afterWrite = async () => undefined;
    await runner.revert(intent);
    expect(cupboard.at(SLOT)).toEqual([]);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    await forget(runner, intent);
  });

  it('agree when a revocation overtakes the grant that is being made', async () => {
    const cupboard = new Cupboard(LEVELS);
    const runner = start(cupboard);
    const intent = await runner.plan(wish('Write'));
    cupboard.beforeWrite = async () => {
      cupboard.beforeWrite = async () => undefined;
      await runner.revert(intent);
    };
    await expect(runner.apply(intent)).rejects.toMatchObject({ code: 'TASK_REJECTED' });
    expect(cupboard.at(SLOT)).toEqual([]);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    await forget(runner, intent);
  });

  it('agree when another grant or revocation works on the slot in between', async () => {
    const cupboard = new Cupboard(LEVELS);
    const runner = start(cupboard);
    const first = await grant(runner, 'Read');
    const second = await runner.plan(wish('Admin'));
    cupboard.beforeWrite = async () => {
      cupboard.beforeWrite = async () => undefined;
      await runner.apply(second);
    };
    await runner.revert(first);
    expect(cupboard.at(SLOT)).toEqual(['Admin']);
    await runner.revert(second);
    expect(cupboard.at(SLOT)).toEqual([]);
    await forget(runner, first, second);
  });

  it("have the vendor's own expiry a little after the last of them", async () => {
    const cupboard = new Cupboard(LEVELS, true);
    const runner = start(cupboard);
    const first = await grant(runner, 'Read');
    const second = await grant(runner, 'Write');
    expect(cupboard.until.get(SLOT)).toBe(second.expiresAt + 60);
    await runner.extend({ ...first, expiresAt: first.expiresAt + 900 });
    expect(cupboard.until.get(SLOT)).toBe(first.expiresAt + 960);
    runner.seconds += 100;
    const third = await grant(runner, 'Read');
    await runner.extend({ ...third, expiresAt: third.expiresAt + 5000 });
    expect(cupboard.until.get(SLOT)).toBe(third.expiresAt + 5060);
    await runner.revert(third);
    expect(cupboard.until.get(SLOT)).toBe(first.expiresAt + 960);
    await runner.revert(first);
    await runner.revert(second);
    expect(cupboard.until.get(SLOT)).toBeUndefined();
    await forget(runner, first, second, third);
  });

  it('refuse records that were not written with the state key', async () => {
    const cupboard = new Cupboard(LEVELS);
    const runner = start(cupboard);
    const intent = await grant(runner, 'Write');
    const { StateKey } = await import('../../../src/guard/state-key.js');
    const stateKey = new StateKey('the key of somebody else, 32 characters');
    await expect(runner.revert(intent, { stateKey })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await runner.listMarked({ stateKey })).toEqual([{ object: expect.stringMatching(/^slot\//), mark: '' }]);
    await runner.revert(intent);
    await forget(runner, intent);
  });

  it('end where they began, however runners race and die', async () => {
    const level = fc.constantFrom('Read', 'Write', 'Admin');
    const step = fc.record({ level, killAt: fc.option(fc.integer({ min: 1, max: 4 })), together: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.option(level), fc.array(step, { minLength: 1, maxLength: 5 }), async (before, steps) => {
        const cupboard = new Cupboard(LEVELS);
        const runner = start(cupboard);
        if (before !== null) cupboard.values.set(SLOT, [before]);
        const intents: Intent<SlotState>[] = [];
        const pending: Promise<unknown>[] = [];
        const options = (killAt: number | null) => (killAt === null ? {} : { gate: new KillingGate(killAt) });
        for (const { level: wanted, killAt, together } of steps) {
          const intent = await runner.plan(wish(wanted));
          intents.push(intent);
          pending.push(runner.apply(intent, options(killAt)).catch(() => undefined));
          if (!together) await Promise.all(pending);
        }
        await Promise.all(pending);
        for (const intent of intents) await runner.apply(intent);
        expect(LEVELS.join([cupboard.at(SLOT), ...steps.map((one) => [one.level])])).toEqual(cupboard.at(SLOT));
        const ends = intents.map((intent, index) => runner.revert(intent, options(steps[index]?.killAt ?? null)).catch(() => undefined));
        await Promise.all(ends);
        for (const intent of intents) await runner.revert(intent);
        for (const intent of intents) expect(await runner.verify(intent)).toMatchObject({ proved: true });
        expect(cupboard.at(SLOT)).toEqual(before === null ? [] : [before]);
        await forget(runner, ...intents);
      }),
      { numRuns: 40, seed: 7 },
    );
  }, 60_000);
});
