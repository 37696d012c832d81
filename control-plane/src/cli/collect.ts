import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Item, type System, systemName } from '@axiom-runner/protocol';
import type { Command } from 'commander';
import type { Home } from '../home/home.js';
import { systemArgument } from './integration.js';
import { Invocation } from './invocation.js';
import { facts } from './output.js';
import type { Shell } from './shell.js';
import { runTask, type TaskRunOptions, withTaskOptions } from './task-run.js';

/** Adds `collect`. */
export function addCollectCommand(program: Command, shell: Shell): void {
  const command = program
    .command('collect')
    .description('let a runner read principals, targets, permissions and assignments of a system')
    .addArgument(systemArgument());
  withTaskOptions(command, '10m')
    .option('--out <file>', 'write the items as JSON lines')
    .addHelpText('after', '\nExample:\n  $ axiomctl collect postgresql/db.example.com --out items.jsonl')
    .action(async (system: System, options: TaskRunOptions & { out?: string }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const { startTask } = await import('../temporal/tasks.js');
      const { waitForCollection } = await import('../wait.js');
      const { requestId, summary, items } = await runTask(invocation, options, async ({ home, group, link, task, wait }) => {
        const previousCounts = await lastCounts(home, group.id, system);
        const body = { type: 'CollectData' as const, system, ...(previousCounts === undefined ? {} : { previousCounts }) };
        const started = await startTask(link, group, body, task);
        return { ...started, ...(await waitForCollection(home, started, wait)) };
      });
      if (options.out !== undefined) await writeItems(items(), options.out);
      const human = facts([
        ['request', requestId],
        ...Object.entries(summary.counts).map(([name, count]) => [name, String(count)] as const),
        ['batches', String(summary.batches)],
        ['seconds', String(summary.durationSeconds)],
        ['trustworthy', summary.trustworthy ? 'yes' : 'NO: the numbers collapsed against the previous collection'],
        ...summary.warnings.map((warning) => ['warning', warning] as const),
        ['items', options.out],
      ]);
      invocation.print(
        { requestId, system: systemName(system), ...summary, ...(options.out === undefined ? {} : { out: options.out }) },
        human,
      );
    });
}

/** Items as JSON lines. */
export async function* itemLines(items: AsyncIterable<Item>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`;
}

async function writeItems(items: AsyncIterable<Item>, file: string): Promise<void> {
  await pipeline(Readable.from(itemLines(items)), createWriteStream(file, { mode: 0o600 }));
}

/** Counts of the last collection that may be taken as truth. */
async function lastCounts(home: Home, groupId: string, system: System): Promise<Record<string, number> | undefined> {
  const { entries } = await home.results.read(groupId);
  return entries
    .flatMap(({ result }) => (result.stage === 'collected' && result.summary.trustworthy ? [result] : []))
    .filter((result) => result.system !== undefined && systemName(result.system) === systemName(system))
    .at(-1)?.summary.counts;
}
