import { describe, expect, it } from '@jest/globals';
import { KillingGate } from '../runner-harness.js';
import { type Contract, isKilled } from './contract.js';

export function describeKills<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('a runner that is killed', () => {
    it('before any step of giving is followed by one that completes it', async () => {
      const wish = contract().wishFor(await contract().system.newPrincipal());
      for (let fatal = 1, killed = true; killed; fatal += 1) {
        const intent = await contract().runner.plan(wish);
        killed = await isKilled(contract().runner.apply(intent, { gate: new KillingGate(fatal) }));
        await contract().runner.apply(intent);
        expect(await contract().system.hasAccess(intent.principal, wish)).toBe(true);
        await contract().endForGood(intent);
      }
    });

    it('before any step of giving is followed by one that undoes it', async () => {
      const wish = contract().wishFor(await contract().system.newPrincipal());
      for (let fatal = 1, killed = true; killed; fatal += 1) {
        const intent = await contract().runner.plan(wish);
        killed = await isKilled(contract().runner.apply(intent, { gate: new KillingGate(fatal) }));
        contract().runner.passApplyWindow(intent);
        await contract().runner.revert(intent);
        expect(await contract().leftovers()).toEqual([]);
      }
      expect(await contract().system.hasAccess(wish.principal ?? { kind: '', id: '' }, wish)).toBe(false);
    });

    it('before any step of taking away is followed by one that completes it', async () => {
      const wish = contract().wishFor(await contract().system.newPrincipal());
      for (let fatal = 1, killed = true; killed; fatal += 1) {
        const { intent } = await contract().runner.grant(wish);
        killed = await isKilled(contract().runner.revert(intent, { gate: new KillingGate(fatal) }));
        await contract().runner.revert(intent);
        expect(await contract().system.hasAccess(intent.principal, wish)).toBe(false);
        await contract().endForGood(intent);
      }
    });

    it('before any step of removing a tombstone is followed by one that completes it', async () => {
      const wish = contract().wishFor(await contract().system.newPrincipal());
      for (let fatal = 1, killed = true; killed; fatal += 1) {
        const { intent } = await contract().runner.grant(wish);
        await contract().runner.revert(intent);
        contract().runner.passApplyWindow(intent);
        killed = await isKilled(contract().runner.revert(intent, { gate: new KillingGate(fatal) }));
        await contract().runner.revert(intent);
        expect(await contract().leftovers()).toEqual([]);
      }
    });
  });
}
