import { prompt } from './proxies.js';
import { failureOf, Reporter } from './reporter.js';
import { refusalOfStart } from './starter-options.js';

/** Lets the reaper make a round now, and reports what it saw. */
export async function sweepOrphans(envelope: unknown): Promise<void> {
  const reporter = new Reporter();
  const refusal = refusalOfStart(envelope);
  if (refusal !== undefined) return reporter.fail(failureOf(refusal));
  try {
    reporter.report({ stage: 'swept', sweep: await prompt.sweepOrphans(envelope) });
  } catch (error) {
    return reporter.fail(error);
  }
  await reporter.settled();
}
