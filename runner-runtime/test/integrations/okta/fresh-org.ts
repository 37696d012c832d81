import { afterEach, beforeEach } from '@jest/globals';
import type { SlotState } from '../../../src/integration-kit/slots/slot.js';
import { okta } from '../../../src/integrations/okta/integration.js';
import type { OktaSecret } from '../../../src/integrations/okta/secret.js';
import { RunnerHarness } from '../runner-harness.js';
import { ExampleOrg, SYSTEM } from './example-org.js';

/** An org of its own, and a runner on it, for each test of a suite. */
export interface FreshOrg {
  org: ExampleOrg;
  runner: RunnerHarness<OktaSecret, SlotState>;
}

export function eachWithFreshOrg(): FreshOrg {
  const fresh: Partial<FreshOrg> = {};
  beforeEach(async () => {
    fresh.org = await ExampleOrg.start();
    fresh.runner = new RunnerHarness(okta, SYSTEM, fresh.org.secret());
  });
  afterEach(async () => {
    await fresh.runner?.stop();
    await fresh.org?.stop();
  });
  // Tests run after the first of these hooks.
  return fresh as FreshOrg;
}
