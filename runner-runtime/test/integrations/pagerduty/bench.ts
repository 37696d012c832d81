import { expect } from '@jest/globals';
import type { PagerdutySecret } from '../../../src/integrations/pagerduty/secret.js';
import type { PagerdutyState } from '../../../src/integrations/pagerduty/state.js';
import type { RunnerHarness, Wish } from '../runner-harness.js';
import { Company, type PagerdutyIntent } from './company.js';

/** A company and a runner. */
export interface Bench {
  readonly company: Company;
  readonly runner: RunnerHarness<PagerdutySecret, PagerdutyState>;
  grant(wish: Wish): Promise<PagerdutyIntent>;
  /** Ends an access, with proof. */
  end(intent: PagerdutyIntent): Promise<void>;
  stop(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const company = await Company.start();
  const runner = company.newRunner();
  return {
    company,
    runner,
    grant: async (wish) => (await runner.grant(wish)).intent,
    end: async (intent) => {
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
    },
    stop: async () => {
      await runner.stop();
      await company.stop();
    },
  };
}
