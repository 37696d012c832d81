import { describe, expect, it } from '@jest/globals';
import type { Contract } from './contract.js';

export function describeRaces<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('two runners', () => {
    it('that race on one task give one access, and take it away', async () => {
      const wish = contract().wishFor(await contract().system.newPrincipal());
      const intent = await contract().runner.plan(wish);
      const given = await Promise.allSettled([contract().runner.apply(intent), contract().runner.apply(intent)]);
      expect(given.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
      await contract().runner.apply(intent);
      expect(await contract().system.hasAccess(intent.principal, wish)).toBe(true);
      const taken = await Promise.allSettled([contract().runner.revert(intent), contract().runner.revert(intent)]);
      expect(taken.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
      await contract().endForGood(intent);
    });

    it('that work on different requests do not disturb each other', async () => {
      const intents = await Promise.all(
        Array.from(
          { length: 6 },
          async () => (await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()))).intent,
        ),
      );
      for (const intent of intents) expect(await contract().system.hasAccess(intent.principal, contract().system.wish)).toBe(true);
      await Promise.all(intents.map((intent) => contract().runner.revert(intent)));
      for (const intent of intents) expect(await contract().system.hasAccess(intent.principal, contract().system.wish)).toBe(false);
      const [last] = intents;
      if (last !== undefined) contract().runner.passApplyWindow(last);
      await Promise.all(intents.map((intent) => contract().runner.revert(intent)));
      expect(await contract().leftovers()).toEqual([]);
    });
  });
}
