import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { AGENT_ENVIRONMENT } from '../../../../contract/agent.js';
import { Failure, plain } from './failure.js';

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGQUIT'] as const;
/** A terminal sends these to the command itself. */
const BY_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
/** What shells answer, too. */
const EXIT_CANNOT_RUN = 126;
const EXIT_NO_COMMAND = 127;

/**
 * Runs a command with further variables, which exist in its environment only, and without the agent's token.
 * @returns its exit code; 128 + n when the signal n ended it
 * @throws {Failure} when it cannot be run
 */
export function runWithSecret(
  command: string,
  args: readonly string[],
  variables: ReadonlyMap<string, string>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const { [AGENT_ENVIRONMENT.token]: _, ...others } = environment;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...others, ...Object.fromEntries(variables) } });
    const forward = (signal: NodeJS.Signals) => {
      if (!(process.stdin.isTTY && BY_TERMINAL.includes(signal))) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    const settle = (answer: () => void) => {
      for (const signal of FORWARDED) process.off(signal, forward);
      answer();
    };
    child.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      const failure =
        code === 'ENOENT'
          ? new Failure(EXIT_NO_COMMAND, `there is no command ${plain(command)}`)
          : new Failure(EXIT_CANNOT_RUN, `${plain(command)} cannot be run (${code})`);
      settle(() => reject(failure));
    });
    child.once('exit', (code, signal) => settle(() => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))));
  });
}
