import { describe, expect, it } from '@jest/globals';
import { StateKey } from '../../../src/guard/state-key.js';
import { type Contract, refusal } from './contract.js';

export function describeMarks<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('marks', () => {
    it('list every access and every tombstone, authentic', async () => {
      const { intent: standing } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      const { intent: ended } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      await contract().runner.revert(ended);
      const marks = await Promise.all(
        (await contract().runner.listMarked()).map(({ mark }) => contract().runner.access().marks.read(mark)),
      );
      expect(marks).toHaveLength(2);
      expect(marks).toEqual(
        expect.arrayContaining([
          { state: 'active', intent: standing },
          { state: 'revoked', intent: ended },
        ]),
      );
      contract().runner.passApplyWindow(ended);
      await contract().runner.revert(ended);
      await contract().endForGood(standing);
      expect(await contract().runner.listMarked()).toEqual([]);
    });

    it('of a revoked request refuse its replay', async () => {
      const { intent } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      await contract().runner.revert(intent);
      await expect(contract().runner.apply(intent)).rejects.toEqual(refusal('TASK_REJECTED'));
      expect(await contract().system.hasAccess(intent.principal, contract().system.wish)).toBe(false);
      await contract().endForGood(intent);
      await expect(contract().runner.apply(intent)).rejects.toEqual(refusal('TASK_REJECTED'));
      expect(await contract().leftovers()).toEqual([]);
    });

    it('refuse a request that was revoked before it was carried out', async () => {
      const intent = await contract().runner.plan(contract().wishFor(await contract().system.newPrincipal()));
      await contract().runner.revert(intent);
      await expect(contract().runner.apply(intent)).rejects.toEqual(refusal('TASK_REJECTED'));
      await contract().endForGood(intent);
    });

    it("do not let somebody else's object pass for an access", async () => {
      const { system } = contract();
      // A slot has nothing that could be occupied; its records are tried in the tests of the slots.
      if (system.occupy === undefined || system.vacate === undefined) return expect(contract().isShared).toBe(true);
      const wish = contract().wishFor(await contract().system.newPrincipal());
      const stranger = new StateKey('the key of somebody else, 32 characters');
      const { intent: other } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      const intent = await contract().runner.plan(wish);
      const own = contract().runner.access().marks;
      const forged = [
        '',
        'a comment',
        await contract().runner.access({ stateKey: stranger }).marks.write('active', intent),
        // Authentic, but of another request.
        await own.write('active', other),
        // Authentic, but says something else about this one.
        await own.write('active', { ...intent, permission: 'something else' }),
      ];
      for (const mark of forged) {
        await system.occupy(intent, mark);
        await expect(contract().runner.apply(intent)).rejects.toEqual(refusal('CONFLICT'));
        await system.vacate(intent);
      }
      await contract().runner.apply(intent);
      await contract().runner.revert(other);
      await contract().runner.revert(intent);
      contract().runner.passApplyWindow(intent);
      await contract().runner.revert(other);
      await contract().endForGood(intent);
    });

    it('and names of an earlier state key still end their accesses', async () => {
      const { intent } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      const rotated = new StateKey('the next state key, 32 characters long', ['a state key of at least 32 characters']);
      const { intent: later } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()), {
        stateKey: rotated,
      });
      await contract().runner.revert(intent, { stateKey: rotated });
      expect(await contract().runner.verify(intent, { stateKey: rotated })).toMatchObject({ proved: true });
      await contract().runner.revert(later, { stateKey: rotated });
      contract().runner.passApplyWindow(later);
      await contract().runner.revert(intent, { stateKey: rotated });
      await contract().runner.revert(later, { stateKey: rotated });
      expect(await contract().leftovers()).toEqual([]);
    });
  });
}
