import { expect, it } from '@jest/globals';
import type { Contract } from './contract.js';

export function describeNames<Secret, State>(contract: () => Contract<Secret, State>): void {
  it('takes any name that the vendor allows, of targets and principals', async () => {
    for (
      let index = 0;
      index < Math.max(contract().system.hostileTargets.length, contract().system.hostilePrincipalNames.length);
      index += 1
    ) {
      const wish = { ...contract().system.wish, target: contract().system.hostileTargets[index] ?? contract().system.wish.target };
      const principal = await contract().system.newPrincipal(contract().system.hostilePrincipalNames[index]);
      const { intent } = await contract().runner.grant({ ...wish, principal });
      expect(await contract().system.hasAccess(principal, wish)).toBe(true);
      await contract().endForGood(intent);
      expect(await contract().system.hasAccess(principal, wish)).toBe(false);
    }
  });
}
