import { Command } from 'commander';
import { EXIT_OK } from '../../../../contract/exit-codes.js';
import { exitCodeOf } from '../exit-code.js';
import { processTerminal, type Terminal } from '../terminal.js';

const EXAMPLES = `
Examples:
  axiomrunner agent app add billing --allow db-production    prints the application's token
  axiomrunner agent --config agent.yaml                      answer on localhost:8787
  axiomrunner agent status                                   whether it works, and what to mend
  axiomrunner audit verify                                   whether the audit trail is as it was written

Without --config: $AXIOMRUNNER_AGENT_CONFIG, else /etc/axiomrunner/agent.yaml, else the defaults.
Exit codes: 0 done, 1 the answer is no, 64 wrong command line, 69 a service cannot be reached, 70 a fault in this program, 78 wrong settings.`;

/**
 * The command line of the local secret agent: `agent …` and `audit …`.
 * @returns the exit code
 */
export async function agentMain(args: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  let code = EXIT_OK;
  try {
    await (
      await program(terminal, (exit) => {
        code = exit;
      })
    ).parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error, args.includes('--json'), terminal);
  }
}

async function program(terminal: Terminal, exit: (code: number) => void): Promise<Command> {
  const cli = new Command('axiomrunner').exitOverride().configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  cli.showHelpAfterError('(see --help)').enablePositionalOptions();
  const agent = cli
    .command('agent')
    .description('the local secret agent: secrets for the applications of this host, by HTTP and get-secret')
    .option('--config <path>', 'its configuration')
    .addHelpText('after', EXAMPLES)
    .action(async ({ config }: { config?: string }) => exit(await (await import('./run.js')).runAgent(config)));
  const command = (name: string, description: string) =>
    agent.command(name).description(description).option('--config <path>', 'its configuration');
  command('health', 'ask whether it delivers; for probes').action(async (options) =>
    exit(await (await import('./health.js')).agentHealth(options, terminal)),
  );
  command('status', 'look at everything that it needs and say what to mend')
    .option('--json', 'answer as JSON')
    .action(async (options) => exit(await (await import('./status.js')).agentStatus(options, terminal)));
  const { registerPairing } = await import('./pairing-commands.js');
  registerPairing(agent, terminal, exit);
  const { registerApp } = await import('./app.js');
  registerApp(agent, terminal, exit);
  const { registerAudit } = await import('../audit.js');
  registerAudit(cli, terminal, exit);
  // `axiomrunner agent --config a.yaml status` means the same as `axiomrunner agent status --config a.yaml`.
  cli.hook('preAction', (_, action) => {
    const { config } = agent.opts<{ config?: string }>();
    if (config !== undefined && action !== agent && action.getOptionValue('config') === undefined) action.setOptionValue('config', config);
  });
  return cli;
}
