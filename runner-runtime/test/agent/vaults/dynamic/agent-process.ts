import { openDynamicVault } from '../../../../src/agent/vaults/dynamic/open-dynamic-vault.js';
import { Redactor } from '../../../../src/guard/redaction.js';
import { createLogger } from '../../../../src/operations/logger.js';
import { NETWORK, ORDERS, request, SECRET_ID, SETTINGS } from './bench.js';

/** An agent's vault as a process of its own, which makes users without end, says each one's name, and is there to be killed. */
const [folder = '', stateFolder = '', seconds = ''] = process.argv.slice(2);
const vault = await openDynamicVault({
  settings: SETTINGS,
  secrets: { [SECRET_ID]: { dynamic: ORDERS } },
  secretStore: { engine: 'file', folder },
  network: NETWORK,
  stateFolder,
  redactor: new Redactor(),
  log: createLogger({ level: 'error', write: (line) => process.stderr.write(line) }),
  now: () => Number(seconds) * 1000,
});
for (let application = 0; ; application += 1) {
  const { username } = await vault.fetch(request(`application-${application}`));
  process.stdout.write(`${username}\n`);
}
