import { describe, expect, it } from '@jest/globals';
import type { Integration } from '../../../src/integrations/integration.js';
import type { Contract } from './contract.js';

export function describeDeclaration<Secret, State>(integration: Integration<Secret, State>, contract: () => Contract<Secret, State>): void {
  const { declaration, type } = integration;

  describe('the declaration', () => {
    it('fits together', () => {
      expect(type).toBe(contract().system.system.type);
      const kinds = declaration.targets.map(({ kind }) => kind);
      for (const permission of declaration.permissions) expect(kinds).toEqual(expect.arrayContaining([...permission.targets]));
      const names = declaration.permissions.map((permission) => permission.name);
      for (const dispensed of declaration.dispenses) expect(names).toContain(dispensed);
    });

    it('is kept: each permission on each kind of target is given, works, and is taken away with proof', async () => {
      const { system, runner } = contract();
      if (system.everyWish === undefined) return;
      const declared = declaration.permissions.flatMap(({ name, targets }) => targets.map((kind) => `${name} on ${kind}`));
      const isNamed = (permission: string) => declaration.permissions.some(({ name }) => name === permission);
      const wished = system.everyWish.map(({ permission, target }) => `${isNamed(permission) ? permission : '*'} on ${target.kind}`);
      expect([...new Set(wished)].sort()).toEqual([...new Set(declared)].sort());
      for (const { dispense = false, principal, ...wish } of system.everyWish) {
        const who = dispense ? undefined : await (principal ?? system.newPrincipal)();
        const { intent, applied } = await runner.grant({ ...wish, principal: who });
        const works = () => (who === undefined ? system.opens(applied.credential ?? {}, wish) : system.hasAccess(who, wish));
        expect({ wish, works: await works() }).toEqual({ wish, works: true });
        await contract().endForGood(intent);
        expect({ wish, works: await works() }).toEqual({ wish, works: false });
      }
    }, 300_000);
  });
}
