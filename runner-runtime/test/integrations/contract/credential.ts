import { describe, expect, it } from '@jest/globals';
import { KillingGate } from '../runner-harness.js';
import { type Contract, isKilled, refusal } from './contract.js';

export function describeCredential<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('a temporary credential', () => {
    const wish = () => contract().system.credentialWish ?? contract().system.wish;

    it('opens the target until it is revoked', async () => {
      const { intent, applied } = await contract().runner.grant(wish());
      expect(await contract().system.opens(applied.credential ?? {}, wish())).toBe(true);
      await contract().runner.revert(intent);
      contract().passRevocation(intent);
      expect(await contract().system.opens(applied.credential ?? {}, wish())).toBe(false);
      expect(await contract().runner.verify(intent)).toMatchObject({ proved: true });
      await contract().endForGood(intent);
    });

    it('is another one when it is asked for again; the last is valid', async () => {
      const { intent, applied } = await contract().runner.grant(wish());
      const again = await contract().runner.apply(intent);
      expect(again.credential).not.toEqual(applied.credential);
      expect(await contract().system.opens(again.credential ?? {}, wish())).toBe(true);
      await contract().endForGood(intent);
    });

    it('ends by itself a little after the runner would end it', async () => {
      if (contract().integration.declaration.nativeExpiry.ends === 'nothing') return;
      const { intent } = await contract().runner.grant(wish());
      const expiry = (await contract().system.nativeExpiry(intent)) ?? 0;
      // What nobody can end must not outlive the access.
      if (contract().isIrrevocable(intent)) {
        expect(expiry).toBeGreaterThan(contract().runner.seconds);
        expect(expiry).toBeLessThanOrEqual(intent.expiresAt);
        return contract().endForGood(intent);
      }
      expect(expiry).toBeGreaterThan(intent.expiresAt);
      expect(expiry).toBeLessThanOrEqual(intent.expiresAt + 300);
      // What was handed out with its end in it cannot be given another.
      const extended = await contract()
        .runner.extend({ ...intent, expiresAt: intent.expiresAt + 1000 })
        .then(
          () => true,
          (error) => {
            expect(error).toEqual(refusal('UNSUPPORTED'));
            return false;
          },
        );
      expect(await contract().system.nativeExpiry(intent)).toBe(expiry + (extended ? 1000 : 0));
      await contract().endForGood(intent);
    });

    it('is made or undone whole, wherever the runner is killed', async () => {
      for (let fatal = 1, killed = true; killed; fatal += 1) {
        const intent = await contract().runner.plan(wish());
        killed = await isKilled(contract().runner.apply(intent, { gate: new KillingGate(fatal) }));
        const { credential } = await contract().runner.apply(intent);
        expect(await contract().system.opens(credential ?? {}, wish())).toBe(true);
        await isKilled(contract().runner.revert(intent, { gate: new KillingGate(fatal) }));
        await contract().runner.revert(intent);
        contract().passRevocation(intent);
        expect(await contract().system.opens(credential ?? {}, wish())).toBe(false);
        await contract().endForGood(intent);
      }
    });
  });
}
