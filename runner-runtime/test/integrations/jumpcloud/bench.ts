import { jest } from '@jest/globals';
import type { SlotState } from '../../../src/integration-kit/slots/slot.js';
import type { Intent } from '../../../src/integrations/intent.js';
import { jumpcloud } from '../../../src/integrations/jumpcloud/integration.js';
import type { JumpCloudSecret } from '../../../src/integrations/jumpcloud/secret.js';
import { RunnerHarness } from '../runner-harness.js';
import { Directory } from './directory.js';

jest.setTimeout(60_000);

/** A directory and a runner, whose clocks agree. */
export interface Bench {
  readonly directory: Directory;
  readonly runner: RunnerHarness<JumpCloudSecret, SlotState>;
  /** Ends an access, with proof. */
  end(intent: Intent<SlotState>): Promise<void>;
  stop(): Promise<void>;
}

export async function startBench(): Promise<Bench> {
  const directory = await Directory.start();
  const runner = new RunnerHarness(jumpcloud, directory.system, directory.secret());
  directory.world.now = () => runner.seconds;
  return {
    directory,
    runner,
    end: async (intent) => {
      await runner.revert(intent);
      const { proved } = await runner.verify(intent);
      if (!proved) throw new Error('the end of the access is not proved');
    },
    stop: async () => {
      await runner.stop();
      await directory.stop();
    },
  };
}
