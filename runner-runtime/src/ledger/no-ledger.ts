import { RunnerError } from '../errors.js';
import type { Ledger } from '../integrations/ledger.js';

/** Stands where no ledger is set up: nothing can be given that would have to be remembered, and there is nothing to end. */
export const NO_LEDGER: Ledger = {
  confidential: false,
  read: async () => {
    throw missing();
  },
  write: async () => {
    throw missing();
  },
  remove: async () => {
    throw missing();
  },
  list: async () => [],
};

function missing(): RunnerError {
  return new RunnerError('UNSUPPORTED', 'This system has no place for marks, so the runner needs a ledger to give access in it.', {
    object: 'RUNNER_LEDGER_TABLE',
    mend: 'Set RUNNER_LEDGER_TABLE to a DynamoDB table: the option `ledger` of the constructs makes one. See docs/ledger.md.',
  });
}
