import { setFlagsFromString } from 'node:v8';
import { EXIT_OK } from '../../../../contract/exit-codes.js';
import { startAgent } from '../../agent/agent.js';
import { readAgentConfig, stateFolder } from '../../agent/config/read-agent-config.js';
import { readNetwork } from '../../config/read-network.js';
import { redactorFor } from '../../guard/redaction.js';
import { createLogger } from '../../operations/logger.js';
import { keepOutputForLog } from '../../operations/service-output.js';
import { VERSION } from '../../version.js';

/** The command `agent`: answers until SIGTERM or SIGINT. SIGHUP fetches every secret anew. */
export async function runAgent(config: string | undefined): Promise<number> {
  const settings = await readAgentConfig(config);
  const network = readNetwork(process.env);
  const redactor = redactorFor({ network });
  const log = createLogger({ level: settings.log_level, redact: redactor.redact });
  keepOutputForLog(log);

  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  const agent = await startAgent({ settings, stateFolder: stateFolder(settings), network, redactor, log });
  if (process.platform !== 'win32') process.on('SIGHUP', () => void agent.refreshAll());
  log.info(`Started Axiom secret agent Address = ${agent.addresses.join(', ')} | Vault = ${settings.vault.type} |`, {
    version: VERSION,
    addresses: agent.addresses,
  });
  // What is short-lived comes up by the megabyte under load. The space for it does not grow beyond what the start needed: 15 to 20 MB less.
  setFlagsFromString('--semi-space-growth-factor=1');
  await stopped;
  log.info('the agent is stopping');
  await agent.close();
  log.info('the agent has stopped');
  return EXIT_OK;
}
