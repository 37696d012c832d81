import { isPassing, systemName } from '@axiom-runner/protocol';
import { EXIT_FAILED, EXIT_OK } from '../../../contract/exit-codes.js';
import { openSession, parseSystem } from './command-session.js';
import { json, type Terminal, table } from './terminal.js';

/** The command `test-connection`: every named check of a system, from this host. */
export async function testConnection(
  systemText: string,
  options: { readonly envFile?: string; readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const system = parseSystem(systemText);
  const session = await openSession(options.envFile, terminal);
  const checks = await session.use(system, (integration, access) => integration.testConnection(access));
  const passed = checks.every(isPassing);
  if (options.json) terminal.out(json({ system: systemName(system), passed, checks }));
  else
    terminal.out(
      table(
        ['CHECK', 'OUTCOME', 'DETAIL', 'MEND'],
        checks.map((check) => [check.name, check.outcome, check.detail, check.mend ?? '']),
      ),
    );
  return passed ? EXIT_OK : EXIT_FAILED;
}
