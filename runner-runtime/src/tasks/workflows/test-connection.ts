import { prompt } from './proxies.js';
import { failureOf, Reporter } from './reporter.js';
import { refusalOfStart } from './starter-options.js';

/** Runs the named checks of a system and reports them. */
export async function testConnection(envelope: unknown): Promise<void> {
  const reporter = new Reporter();
  const refusal = refusalOfStart(envelope);
  if (refusal !== undefined) return reporter.fail(failureOf(refusal));
  try {
    reporter.report({ stage: 'tested', checks: await prompt.testConnection(envelope) });
  } catch (error) {
    return reporter.fail(error);
  }
  await reporter.settled();
}
