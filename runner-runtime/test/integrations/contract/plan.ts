import { describe, expect, it } from '@jest/globals';
import { intentSchema } from '../../../src/integrations/intent.js';
import { CountingGate } from '../runner-harness.js';
import { type Contract, refusal } from './contract.js';

export function describePlan<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('plan', () => {
    it('changes nothing, twice', async () => {
      const gate = new CountingGate();
      const wish = contract().wishFor(await contract().system.newPrincipal());
      const requestId = contract().runner.newRequestId();
      const first = await contract().runner.plan(wish, { gate, requestId });
      expect(await contract().runner.plan(wish, { gate, requestId })).toEqual(first);
      expect(gate.effects).toBe(0);
      expect(await contract().leftovers()).toEqual([]);
      expect(intentSchema.parse(first)).toEqual(first);
      expect(JSON.stringify(first).length).toBeLessThan(4096);
    });

    it('says with a typed error what cannot be', async () => {
      const principal = await contract().system.newPrincipal();
      for (const { what, wish, code: expected } of contract().system.impossible) {
        const outcome = await contract()
          .runner.plan({ ...contract().wishFor(principal), ...wish })
          .then(
            () => 'planned',
            (error) => error,
          );
        expect({ what, outcome }).toEqual({ what, outcome: refusal(expected) });
      }
    });

    it('says with a typed error why the system cannot be opened', async () => {
      const wish = contract().wishFor(await contract().system.newPrincipal());
      for (const { what, secret, code: expected } of contract().system.closed) {
        const outcome = await contract()
          .runner.plan(wish, { secret })
          .then(
            () => 'planned',
            (error) => error,
          );
        expect({ what, outcome }).toEqual({ what, outcome: refusal(expected) });
      }
    });
  });
}
