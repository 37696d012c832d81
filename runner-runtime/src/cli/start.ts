import { EXIT_OK } from '../../../contract/exit-codes.js';
import { redactorFor } from '../guard/redaction.js';
import { createLogger } from '../operations/logger.js';
import { Metrics } from '../operations/metrics.js';
import { keepOutputForLog } from '../operations/service-output.js';
import { readProgramFile } from '../program-files.js';
import { installEngine, Runner } from '../tasks/runner.js';
import { createWorkContext } from '../tasks/work-context.js';
import { readSettings } from './command-session.js';

/** The command `start`: works until SIGTERM or SIGINT, then drains. */
export async function start(envFile: string | undefined): Promise<number> {
  const settings = readSettings(envFile);
  const redactor = redactorFor(settings);
  const log = createLogger({ level: settings.logLevel, redact: redactor.redact });
  const records = createLogger({ level: 'info', redact: redactor.redact });
  keepOutputForLog(log);
  const metrics = new Metrics(settings.runnerGroupId);
  const context = await createWorkContext(settings, { log, records, redactor, metrics });
  installEngine(log); // Not before: its threads would keep a process alive whose start has failed.
  const runner = new Runner({ context, log, records, metrics, workflows: () => readProgramFile('workflow-bundle.js').toString('utf8') });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => runner.stop());
  await runner.run();
  return EXIT_OK;
}
