import { afterEach, beforeEach, jest } from '@jest/globals';
import { mongodbatlas } from '../../../src/integrations/mongodbatlas/integration.js';
import type { AtlasSecret } from '../../../src/integrations/mongodbatlas/secret.js';
import type { AtlasState } from '../../../src/integrations/mongodbatlas/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { Organization } from './organization.js';

/** An organization and a runner, whose clocks agree. */
export interface Bench {
  readonly organization: Organization;
  readonly runner: RunnerHarness<AtlasSecret, AtlasState>;
}

/** Starts both anew for each test. */
export function eachWithFreshOrganization(): Bench {
  jest.setTimeout(60_000);
  let organization: Organization | undefined;
  let runner: RunnerHarness<AtlasSecret, AtlasState> | undefined;
  beforeEach(async () => {
    const started = await Organization.start();
    const around = new RunnerHarness(mongodbatlas, started.system, started.secret);
    started.fake.now = () => around.seconds;
    organization = started;
    runner = around;
  });
  afterEach(async () => {
    await runner?.stop();
    await organization?.stop();
  });
  const present = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('nothing was started');
    return value;
  };
  return {
    get organization() {
      return present(organization);
    },
    get runner() {
      return present(runner);
    },
  };
}
