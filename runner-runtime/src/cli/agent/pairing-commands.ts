import type { Command } from 'commander';
import type { Terminal } from '../terminal.js';

const EXAMPLES = `
Examples:
  axiomrunner agent pair --token-file one-time-token              a token that the vault issued for this host
  axiomrunner agent pair --cert agent.crt --key agent.key         a client certificate
  axiomrunner agent pair --cert agent.crt --key agent.key --ca vault-ca.crt    mutual: only this authority vouches for the vault`;

/** Adds `pair` and `unpair` to the command `agent`. */
export function registerPairing(agent: Command, terminal: Terminal, exit: (code: number) => void): void {
  agent
    .command('pair')
    .description('make this host known to its vault, sign in, and keep the identity')
    .option('--config <path>', 'configuration of the agent')
    .option('--token <token>', 'one-time token; - reads it from standard input')
    .option('--token-file <path>', 'private file with the one-time token')
    .option('--name <name>', 'what the vault calls this agent (default: name of the host)')
    .option('--cert <path>', 'client certificate, PEM')
    .option('--key <path>', 'its private key, PEM')
    .option('--client-id <id>', 'client of the vault (default with --cert: its common name)')
    .option('--client-secret-file <path>', "private file with the client's secret")
    .option('--ca <path>', 'the only authority that vouches for the vault from now on, PEM')
    .option('--check <id>', 'a secret that must be readable, too')
    .option('--json', 'answer as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options) => exit(await (await import('./pairing.js')).pair(options, terminal)));
  agent
    .command('unpair')
    .description('forget the identity, and end in the vault what was registered')
    .option('--config <path>', 'configuration of the agent')
    .option('--json', 'answer as JSON')
    .action(async (options) => exit(await (await import('./pairing.js')).unpair(options, terminal)));
}
