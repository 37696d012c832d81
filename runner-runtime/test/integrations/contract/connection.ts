import { checkSchema } from '@axiom-runner/protocol';
import { describe, expect, it } from '@jest/globals';
import type { Contract } from './contract.js';

export function describeConnection<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('connection test', () => {
    it('answers the declared checks in their order', async () => {
      const checks = await contract().runner.testConnection();
      expect(checks.map((check) => check.name)).toEqual(contract().integration.declaration.checks.map((check) => check.name));
      for (const check of checks) {
        expect(checkSchema.parse(check)).toEqual(check);
        expect(['ok', 'warning', 'skipped']).toContain(check.outcome);
      }
    });

    it('tells apart what is wrong, and says it as an answer', async () => {
      for (const { what, secret, check, outcome } of contract().system.closed) {
        const checks = await contract().runner.testConnection({ secret });
        expect({ what, check: checks.find((entry) => entry.outcome !== 'ok' && entry.outcome !== 'warning') }).toMatchObject({
          what,
          check: { name: check, outcome },
        });
      }
    });

    it('refuses malformed secrets', () => {
      for (const secret of contract().system.malformed) expect(contract().integration.secretSchema.safeParse(secret).success).toBe(false);
    });
  });
}
