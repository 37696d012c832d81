import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { EXIT_OK, EXIT_USAGE } from '../../../contract/exit-codes.js';
import { VERSION } from '../version.js';
import { exitCodeOf } from './exit-code.js';
import { health } from './health.js';
import { processTerminal, type Terminal } from './terminal.js';
import { versionText } from './version.js';

const EXAMPLES = `
Examples:
  axiomrunner --env-file .env                        start, with settings from a file
  axiomrunner doctor --env-file .env                 find out what hinders a runner
  axiomrunner test-connection postgresql/db.example.com --env-file .env
  axiomrunner access revoke --all --env-file .env    end every access without the control plane

Exit codes: 0 done, 1 the answer is no, 64 wrong command line, 69 a service cannot be reached, 70 a fault in this program, 78 wrong settings.`;

const ELSEWHERE = [
  ['agent', 'the local secret agent: secrets for the applications of this host'],
  ['get-secret', 'ask the agent of this host for a secret'],
  ['audit', "the agent's audit trail on this host"],
] as const;

/**
 * The command line of the runner. Each command's code is loaded when it is used.
 * @returns the exit code
 */
export async function main(args: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  let code = EXIT_OK;
  try {
    await program(terminal, (exit) => {
      code = exit;
    }).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error, args.includes('--json'), terminal);
  }
}

function program(terminal: Terminal, exit: (code: number) => void): Command {
  const cli = new Command('axiomrunner')
    .description('Private access runner: works on internal systems for a control plane, inside your AWS account.')
    .version(VERSION);
  cli
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(see axiomrunner --help)')
    .enablePositionalOptions()
    .hook('preAction', (_, action) => {
      // `axiomrunner --env-file .env doctor` means the same as `axiomrunner doctor --env-file .env`.
      const { envFile } = cli.opts<{ envFile?: string }>();
      if (envFile !== undefined && action.getOptionValue('envFile') === undefined) action.setOptionValue('envFile', envFile);
    });
  const envFile = '--env-file <path>';
  const envFileHelp = 'settings from a file; variables of the environment win';
  const command = (parent: Command, name: string, description: string) =>
    parent.command(name).description(description).option(envFile, envFileHelp);
  const withJson = (parent: Command, name: string, description: string) =>
    command(parent, name, description).option('--json', 'answer as JSON');
  const systems = (into: Command) => into.option('--system <type/id...>', 'systems to look into; those of RUNNER_ALLOWED when absent');

  cli
    .option(envFile, envFileHelp)
    .action(async (options: { envFile?: string }) => exit(await (await import('./start.js')).start(options.envFile)));
  command(cli, 'start', 'work until SIGTERM; the same as no command').action(async (options: { envFile?: string }) =>
    exit(await (await import('./start.js')).start(options.envFile)),
  );
  // The launcher answers these two without loading this file, unless further options ask for it.
  withJson(cli, 'version', 'print the version, or ask whether there is a newer one')
    .option('--check', 'ask where releases are published; exit code 1 when there is a newer one')
    .action(async (options: { check?: boolean; json?: boolean; envFile?: string }) => {
      if (options.check === true) exit(await (await import('./version-check.js')).checkVersion(options, terminal));
      else terminal.out(versionText(options.json === true));
    });
  command(cli, 'health', 'ask the runner on this host whether it takes tasks')
    .option('--alive', 'ask whether its process answers instead')
    .action(async ({ envFile: path, alive }: { envFile?: string; alive?: boolean }) => {
      const args = [...(alive === true ? ['--alive'] : []), ...(path === undefined ? [] : ['--env-file', path])];
      exit(await health(args, process.env, (name) => readFileSync(name, 'utf8'), terminal.out));
    });
  systems(withJson(cli, 'doctor', 'look at everything a runner needs and say what to mend')).action(async (options) =>
    exit(await (await import('./doctor.js')).doctor(options, terminal)),
  );
  withJson(cli, 'test-connection <type/id>', 'run the named checks of a system').action(async (system, options) =>
    exit(await (await import('./test-connection.js')).testConnection(system, options, terminal)),
  );
  withJson(cli, 'collect <type/id>', 'read everything a collection would deliver').action(async (system, options) =>
    exit(await (await import('./collect.js')).collect(system, options, terminal)),
  );

  const secret = cli.command('secret').description('integration secrets');
  withJson(secret, 'validate <type/id>', 'read a secret as the runner would; shows no value').action(async (system, options) =>
    exit(await (await import('./secret-validate.js')).validateSecret(system, options, terminal)),
  );

  const access = cli.command('access').description('accesses that marks in the systems tell of; works without the control plane');
  systems(withJson(access, 'list', 'list them')).action(async (options) =>
    exit(await (await import('./access.js')).listAccess(options, terminal)),
  );
  systems(withJson(access, 'revoke [request]', 'end one, or all'))
    .option('--all', 'every access of this group')
    .action(async (request, options) => exit(await (await import('./access.js')).revokeAccess(request, options, terminal)));
  // The launcher answers these without loading this file; here they stand for the help, and for options before the command.
  for (const [name, description] of ELSEWHERE) {
    cli
      .command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        terminal.err(`axiomrunner: write "${name}" first: axiomrunner ${name} …\n`);
        exit(EXIT_USAGE);
      });
  }
  return cli;
}
