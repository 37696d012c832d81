import { describe, expect, it } from '@jest/globals';
import { RunnerError } from '../../../src/errors.js';
import { FAULTS } from '../../support/fake-vendor/faults.js';
import type { Contract } from './contract.js';

/** Attempts that the engine would make. */
const ATTEMPTS = 5;
/** Each call meets two of the faults: all of them at each would take minutes. */
const STRIDE = FAULTS.length / 2;

export function describeFaults<Secret, State>(contract: () => Contract<Secret, State>): void {
  describe('an interface that fails', () => {
    for (const [index, fault] of FAULTS.entries()) {
      it(`once with "${fault}", at many calls of an access's life, changes nothing in the end`, async () => {
        const { system, runner } = contract();
        const { faults } = system;
        if (faults === undefined) return;
        const wish = contract().wishFor(await system.newPrincipal());
        for (let call = 1 + (index % STRIDE), met = true; met; call += STRIDE) {
          faults.arm(fault, call);
          const intent = await again(() => runner.plan(wish));
          await again(() => runner.apply(intent));
          await again(() => runner.revert(intent));
          expect(await again(() => runner.verify(intent))).toMatchObject({ proved: true });
          met = faults.disarm();
          await contract().endForGood(intent);
        }
        expect(await system.hasAccess(wish.principal ?? { kind: '', id: '' }, wish)).toBe(false);
      }, 120_000);
    }

    it('while it is collected, loses and doubles nothing', async () => {
      const { system, runner } = contract();
      const { faults } = system;
      if (faults === undefined) return;
      const texts = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).sort();
      const whole = texts((await runner.collectAll(10_000)).items);
      for (const fault of FAULTS) {
        faults.arm(fault, 3);
        const items: unknown[] = [];
        for (let cursor: string | undefined, more = true; more; ) {
          const page = await again(() => runner.collect(cursor, 20));
          items.push(...page.items);
          cursor = page.next;
          more = cursor !== undefined;
        }
        faults.disarm();
        expect({ fault, items: texts(items) }).toEqual({ fault, items: whole });
      }
    }, 120_000);
  });
}

/** As the engine does: what may pass is tried again. */
async function again<T>(step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await step();
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof RunnerError)) throw error;
    }
  }
}
