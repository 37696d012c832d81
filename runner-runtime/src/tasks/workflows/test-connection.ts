import { prompt } from './proxies.js';
import { failureOf, Reporter } from './reporter.js';
import { refusalOfStart } from './starter-options.js';

/** Runs the named checks of a system and reports them. */
export async function testConnection(envelope: unknown): Promise<void> {
  const reporter = new Reporter();
  const refusal = refusalOfStart(envelope);
  if (refusal !== undefined) return reporter.fail(failureOf(refusal));
  try {
    const { system, checks } = await prompt.testConnection(envelope);
    reporter.system = system;
    reporter.report({ stage: 'tested', checks });
  } catch (error) {
    return reporter.fail(error);
  }
  await reporter.settled();
}
