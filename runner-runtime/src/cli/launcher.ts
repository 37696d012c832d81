import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { AGENT_COMMAND } from '../../../contract/agent.js';
import { EXIT_NO_READER, EXIT_SOFTWARE } from '../../../contract/exit-codes.js';
import { getSecret } from './get-secret/get-secret.js';
import { health } from './health.js';
import { versionText } from './version.js';

/** Starts fast what must start fast (an exec probe runs `health` every few seconds) and loads the runner for everything else. */
async function launch(args: readonly string[]): Promise<number> {
  const [command] = args;
  if (command === 'health')
    return health(
      args.slice(1),
      process.env,
      (path) => readFileSync(path, 'utf8'),
      (text) => process.stdout.write(text),
    );
  if (command === '--version' || command === '-V' || (command === 'version' && args.slice(1).every((arg) => arg === '--json'))) {
    process.stdout.write(versionText(args.includes('--json')));
    return 0;
  }
  if (command === 'get-secret') {
    return getSecret(args.slice(1), process.env, {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
    });
  }
  // Files of their own, so that the probe does not parse megabytes, and the agent no engine.
  if (command === 'agent' || command === 'audit') {
    const { agentMain } = require('./agent.cjs') as typeof import('./agent/program.js');
    return agentMain(args);
  }
  const { main } = require('./runner.cjs') as typeof import('./main.js');
  return main(args);
}

// A listener takes the place of Node's, which would open the inspector to whoever may signal the process; the executable is told so from the start.
process.on('SIGUSR1', () => undefined);

// `… | head`: ends as other programs do whose reader has seen enough.
process.stdout.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT_NO_READER);
});

// The AWS SDK announces years ahead, on several lines, which Node it will drop.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** Under its second name the program is the agent: `segura-agent --config …` is `axiomrunner agent --config …`. */
function argumentsOf([, program = '', ...args]: readonly string[]): readonly string[] {
  const isAgent = basename(program).replace(/\.(?:[cm]?js|exe)$/, '') === AGENT_COMMAND;
  return isAgent && !['agent', 'audit', 'get-secret', 'version', '--version', '-V'].includes(args[0] ?? '') ? ['agent', ...args] : args;
}

// Of a program that ends because nothing is left to wait for, and not because it is done.
process.exitCode = EXIT_SOFTWARE;
launch(argumentsOf(process.argv)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `axiomrunner: unexpected fault: ${error instanceof Error ? `${error.name}\n${(error.stack ?? '').split('\n').slice(1, 6).join('\n')}` : typeof error}\n`,
    );
    process.exitCode = EXIT_SOFTWARE;
  },
);
