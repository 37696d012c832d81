import { jest } from '@jest/globals';
import { github } from '../../../src/integrations/github/integration.js';
import type { GithubSecret } from '../../../src/integrations/github/secret.js';
import type { GithubState } from '../../../src/integrations/github/state.js';
import type { Intent } from '../../../src/integrations/intent.js';
import { RunnerHarness } from '../runner-harness.js';
import { Organization, SYSTEM } from './organization.js';

/** The fake's RSA keys are real, and take long to make on a busy machine. */
jest.setTimeout(60_000);

export type GithubIntent = Intent<GithubState>;

/** An organization and a runner, whose clocks agree. */
export interface Bench {
  readonly organization: Organization;
  readonly runner: RunnerHarness<GithubSecret, GithubState>;
  stop(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const organization = await Organization.start();
  const runner = new RunnerHarness(github, SYSTEM, organization.secret);
  organization.fake.clock.now = () => runner.seconds;
  organization.world.addRepository('payments');
  const stop = async () => {
    await runner.stop();
    await organization.stop();
  };
  return { organization, runner, stop };
}

/** Ends an access for good, with proof. */
export async function end({ runner }: Bench, intent: GithubIntent): Promise<void> {
  await runner.revert(intent);
  expectProof(await runner.verify(intent));
}

function expectProof({ proved }: { readonly proved: boolean }): void {
  if (!proved) throw new Error('the end of the access is not proved');
}
