import { Command, CommanderError } from 'commander';
import { EXIT_OK, EXIT_SOFTWARE, EXIT_USAGE } from '../../../contract/exit-codes.js';
import { ControlPlaneError } from '../errors.js';
import { addAccessCommands } from './access.js';
import { addCollectCommand } from './collect.js';
import { addConnectionTestCommand } from './connection-test.js';
import { addCredentialCommands } from './credential.js';
import { addGroupCommands } from './group.js';
import { addIntegrationCommands } from './integration.js';
import { addKeysCommands } from './keys.js';
import { addNamespaceCommands } from './namespace.js';
import { printable } from './output.js';
import { addResultsCommands } from './results.js';
import type { Shell } from './shell.js';
import { addSweepCommand } from './sweep.js';
import { VERSION } from './version.js';

const HELP = `
Settings come from options, then from the environment, then from the home:
  AXIOM_HOME, AXIOM_ACTIONS_ADDRESS_AND_PORT, AXIOM_TLS, AXIOM_TLS_CA_FILE, AXIOM_TLS_CERT_FILE, AXIOM_TLS_KEY_FILE,
  AXIOM_API_KEY or AXIOM_API_KEY_FILE (default: a short-lived key that the home signs for itself)

Exit codes: 0 done, 1 the answer is no, 64 wrong command line, 69 no server or runner answers, 70 fault in axiomctl, 78 wrong settings

Examples:
  $ axiomctl group create --name production --tenant acme --address temporal.example.com:443
  $ axiomctl test-connection postgresql/db.example.com
  $ axiomctl access list --state granted --json`;

/**
 * Runs `axiomctl`.
 * @param argv arguments without node and script
 * @returns exit code
 */
export async function runAxiomctl(argv: readonly string[], shell: Shell): Promise<number> {
  const program = newProgram(shell);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    return report(error, shell, argv.includes('--json'));
  }
}

function newProgram(shell: Shell): Command {
  const program = new Command('axiomctl')
    .description('Control plane of Axiom Runner: groups, keys, tasks, results.')
    .version(VERSION)
    .option('--home <folder>', 'state folder (default: .axiom)')
    .option('--json', 'print JSON')
    .option('--address <host:port>', 'Temporal frontend')
    .option('--tls <on|off>', 'off is for loopback addresses only')
    .option('--ca-file <file>', 'private CA of the server, PEM')
    .option('--cert-file <file>', 'client certificate, PEM')
    .option('--key-file <file>', 'key of the client certificate, PEM')
    .option('--api-key-file <file>', 'API key for the server')
    .addHelpText('after', HELP);
  for (const add of [
    addGroupCommands,
    addIntegrationCommands,
    addConnectionTestCommand,
    addCollectCommand,
    addAccessCommands,
    addCredentialCommands,
    addSweepCommand,
    addKeysCommands,
    addResultsCommands,
    addNamespaceCommands,
  ]) {
    add(program, shell);
  }
  configure(program, shell);
  return program;
}

/** Sub-commands that were made before do not inherit these. */
function configure(command: Command, shell: Shell): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: (text) => shell.out(text), writeErr: (text) => shell.err(text) })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the options)');
  for (const child of command.commands) configure(child, shell);
}

function report(error: unknown, shell: Shell, isJson: boolean): number {
  if (!(error instanceof ControlPlaneError)) {
    shell.err(`axiomctl failed unexpectedly: ${printable(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
    return EXIT_SOFTWARE;
  }
  const { message, mend, code, exitCode } = error;
  if (isJson) shell.err(`${JSON.stringify({ error: { message, mend, code, exitCode } })}\n`);
  else shell.err(`${printable(message)}\n${mend === undefined ? '' : `To mend: ${printable(mend)}.\n`}`);
  return exitCode;
}
