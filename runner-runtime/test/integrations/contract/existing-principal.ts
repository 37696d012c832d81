import { evidenceSchema } from '@axiom-runner/protocol';
import { describe, expect, it } from '@jest/globals';
import { type Contract, refusal } from './contract.js';

export function describeExistingPrincipal<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('access for an existing principal', () => {
    it('is given, proved gone after its end, and can be asked for again', async () => {
      const wish = contract().wishFor(await contract().system.newPrincipal());
      for (let round = 0; round < 2; round += 1) {
        const { intent } = await contract().runner.grant(wish);
        expect(await contract().system.hasAccess(intent.principal, wish)).toBe(true);
        expect(await contract().runner.verify(intent)).toMatchObject({ proved: false });
        const evidence = { ...(await contract().runner.revert(intent)), ...(await contract().runner.verify(intent)) };
        expect(await contract().system.hasAccess(intent.principal, wish)).toBe(false);
        expect(evidenceSchema.parse(evidence)).toMatchObject({ proved: true, warnings: [] });
        await contract().endForGood(intent);
      }
    });

    it('granted twice is granted once', async () => {
      const { intent } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      const once = await contract().leftovers();
      await contract().runner.apply(intent);
      expect(await contract().leftovers()).toEqual(once);
      expect(await contract().system.hasAccess(intent.principal, contract().system.wish)).toBe(true);
      await contract().endForGood(intent);
    });

    it('revoked twice is revoked once', async () => {
      const { intent } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      await contract().runner.revert(intent);
      await contract().runner.revert(intent);
      await contract().endForGood(intent);
      await contract().endForGood(intent);
    });

    it('is revoked after somebody removed it by hand', async () => {
      const { intent } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      await contract().system.removeByHand(intent);
      await contract().endForGood(intent);
    });

    it('leaves access that was there before', async () => {
      const principal = await contract().system.newPrincipal();
      await contract().system.giveByHand(principal, contract().system.wish);
      const { intent } = await contract().runner.grant(contract().wishFor(principal));
      await contract().endForGood(intent);
      expect(await contract().system.hasAccess(principal, contract().system.wish)).toBe(true);
      const { warnings } = await contract().runner.verify(intent);
      expect(warnings).toEqual([expect.stringContaining('still has access through')]);
    });

    it('leaves access that was given by hand meanwhile', async () => {
      const { system, runner, isShared } = contract();
      const principal = await system.newPrincipal();
      const { intent } = await runner.grant(contract().wishFor(principal));
      // Who is given what he has is given nothing that could be told apart: in a slot it has to be something else.
      if (isShared && system.giveOtherwiseByHand === undefined) return contract().endForGood(intent);
      const given = isShared ? await system.giveOtherwiseByHand?.(principal, system.wish) : system.wish;
      if (!isShared) await system.giveByHand(principal, system.wish);
      await contract().endForGood(intent);
      expect(await system.hasAccess(principal, given ?? system.wish)).toBe(true);
    });

    it('ends with the last of two overlapping grants', async () => {
      const principal = await contract().system.newPrincipal();
      const { intent: first } = await contract().runner.grant(contract().wishFor(principal));
      const { intent: second } = await contract().runner.grant(contract().wishFor(principal));
      await contract().runner.revert(first);
      expect(await contract().runner.verify(first)).toMatchObject({ proved: true });
      expect(await contract().system.hasAccess(principal, contract().system.wish)).toBe(true);
      await contract().runner.revert(second);
      expect(await contract().system.hasAccess(principal, contract().system.wish)).toBe(false);
      contract().runner.passApplyWindow(second);
      await contract().runner.revert(first);
      await contract().endForGood(second);
    });

    it('is extended', async () => {
      const { intent } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      const longer = { ...intent, expiresAt: intent.expiresAt + 1800 };
      await contract().runner.extend(longer);
      const [marked] = await contract().runner.listMarked();
      expect(
        await contract()
          .runner.access()
          .marks.read(marked?.mark ?? ''),
      ).toEqual({ state: 'active', intent: longer });
      await contract().endForGood(longer);
      await expect(contract().runner.extend(longer)).rejects.toEqual(refusal('TARGET_NOT_FOUND'));
    });

    it('keeps the end that its latest extension set, when an older one comes again', async () => {
      const { intent } = await contract().runner.grant(contract().wishFor(await contract().system.newPrincipal()));
      const older = { ...intent, expiresAt: intent.expiresAt + 1800, extendedAt: 1000 };
      const latest = { ...intent, expiresAt: intent.expiresAt + 60, extendedAt: 2000 };
      for (const extension of [older, latest, latest]) await contract().runner.extend(extension);
      await expect(contract().runner.extend(older)).rejects.toEqual(refusal('TASK_REJECTED'));
      await expect(contract().runner.extend({ ...latest, expiresAt: older.expiresAt })).rejects.toEqual(refusal('TASK_REJECTED'));
      const [marked] = await contract().runner.listMarked();
      expect(
        await contract()
          .runner.access()
          .marks.read(marked?.mark ?? ''),
      ).toEqual({ state: 'active', intent: latest });
      await contract().endForGood(latest);
    });
  });
}
