import type { System } from '@axiom-runner/protocol';
import type { Command } from 'commander';
import { failedError } from '../errors.js';
import { systemArgument } from './integration.js';
import { Invocation } from './invocation.js';
import { table } from './output.js';
import type { Shell } from './shell.js';
import { runTask, type TaskRunOptions, withTaskOptions } from './task-run.js';

/** Adds `sweep`. */
export function addSweepCommand(program: Command, shell: Shell): void {
  const command = program
    .command('sweep')
    .description('let a runner end overdue accesses now instead of at its next round')
    .addArgument(systemArgument('[system]'));
  withTaskOptions(command, '5m').action(async (system: System | undefined, options: TaskRunOptions, self: Command) => {
    const invocation = new Invocation(shell, self);
    const { startTask } = await import('../temporal/tasks.js');
    const { waitForStage } = await import('../wait.js');
    const { requestId, sweep } = await runTask(invocation, options, async ({ home, group, link, task, wait }) => {
      const started = await startTask(link, group, { type: 'SweepOrphans', ...(system === undefined ? {} : { system }) }, task);
      return { ...started, ...(await waitForStage(home, started, ['swept'], wait)) };
    });
    const rows = sweep.systems.map((entry) => [
      entry.system,
      ...[entry.marked, entry.overdue, entry.reverted, entry.failed, entry.unverifiable].map(String),
    ]);
    invocation.print({ requestId, ...sweep }, table(['SYSTEM', 'MARKED', 'OVERDUE', 'REVERTED', 'FAILED', 'UNVERIFIABLE'], rows));
    const failed = sweep.systems.filter((entry) => entry.failed > 0).map((entry) => entry.system);
    if (failed.length > 0) throw failedError(`Overdue accesses remain in ${failed.join(', ')}.`, 'see the log of the runner');
  });
}
