import { isPassing, type System, systemName } from '@axiom-runner/protocol';
import type { Command } from 'commander';
import { failedError } from '../errors.js';
import { systemArgument } from './integration.js';
import { Invocation } from './invocation.js';
import { table } from './output.js';
import type { Shell } from './shell.js';
import { runTask, type TaskRunOptions, withTaskOptions } from './task-run.js';

/** Adds `test-connection`. */
export function addConnectionTestCommand(program: Command, shell: Shell): void {
  const command = program
    .command('test-connection')
    .description('let a runner check what it can do in a system')
    .addArgument(systemArgument());
  withTaskOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  $ axiomctl test-connection postgresql/db.example.com --group production\n\nExits with 1 when a check fails.',
    )
    .action(async (system: System, options: TaskRunOptions, self: Command) => {
      const invocation = new Invocation(shell, self);
      const { startTask } = await import('../temporal/tasks.js');
      const { waitForStage } = await import('../wait.js');
      const { requestId, checks } = await runTask(invocation, options, async ({ home, group, link, task, wait }) => {
        const started = await startTask(link, group, { type: 'TestConnection', system }, task);
        return { ...started, ...(await waitForStage(home, started, ['tested'], wait)) };
      });
      const passed = checks.every(isPassing);
      const rows = checks.map((check) => [check.name, check.outcome, check.detail, check.mend]);
      invocation.print({ requestId, system: systemName(system), passed, checks }, table(['CHECK', 'OUTCOME', 'DETAIL', 'TO MEND'], rows));
      if (!passed) throw failedError(`${systemName(system)} cannot be used as it is.`, 'do what the failed checks say, then test again');
    });
}
