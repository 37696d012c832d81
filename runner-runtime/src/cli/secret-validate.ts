import { EXIT_OK } from '../../../contract/exit-codes.js';
import { secretName } from '../secrets/integration-secret.js';
import { openSession, parseSystem } from './command-session.js';
import { json, type Terminal } from './terminal.js';

/** The command `secret validate`: reads the secret as the runner would, without connecting anywhere else. Shows no value. */
export async function validateSecret(
  systemText: string,
  options: { readonly envFile?: string; readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const system = parseSystem(systemText);
  const session = await openSession(options.envFile, terminal);
  await session.use(system, async () => undefined);
  const name = secretName(system);
  terminal.out(options.json ? json({ secret: name, valid: true }) : `${name} is complete and well-formed.\n`);
  return EXIT_OK;
}
