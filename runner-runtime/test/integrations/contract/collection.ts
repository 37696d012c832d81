import { itemSchema, principalSchema } from '@axiom-runner/protocol';
import { describe, expect, it } from '@jest/globals';
import type { Contract } from './contract.js';

export function describeCollection<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('collection', () => {
    it('is complete and the same, whatever the size of its pages', async () => {
      const principal = await contract().system.newPrincipal();
      await contract().system.giveByHand(principal, contract().system.wish);
      const whole = await contract().runner.collectAll(10_000);
      for (const item of whole.items) expect(itemSchema.parse(item)).toEqual(item);
      expect(whole.items).toContainEqual(expect.objectContaining({ item: 'principal', principal: principalSchema.parse(principal) }));
      expect(whole.items).toContainEqual(expect.objectContaining({ item: 'target', target: contract().system.wish.target }));
      expect(whole.items).toContainEqual(expect.objectContaining({ item: 'assignment', principal }));
      const texts = whole.items.map((item) => JSON.stringify(item));
      expect(new Set(texts).size).toBe(texts.length);
      for (const limit of [13, 60]) {
        const paged = await contract().runner.collectAll(limit);
        expect(paged.items.map((item) => JSON.stringify(item)).sort()).toEqual([...texts].sort());
        for (const { next } of paged.pages) expect((next ?? '').length).toBeLessThan(4096);
      }
    });
  });
}
