import type { Result } from '@axiom-runner/protocol';
import type { Command } from 'commander';
import { failedError } from '../errors.js';
import { findGroup, readGroups } from '../groups.js';
import { announceServing } from '../home/serving.js';
import { collectedItems } from '../wait.js';
import { itemLines } from './collect.js';
import { Invocation } from './invocation.js';
import { stopped } from './keys.js';
import { printable, table } from './output.js';
import type { Shell } from './shell.js';

/** Adds `results serve|list|items`. */
export function addResultsCommands(program: Command, shell: Shell): void {
  const results = program.command('results').description('what runners delivered');
  addServe(results, shell);
  results
    .command('list', { isDefault: true })
    .description('list stored results, without the batches of collections')
    .option('-g, --group <id or name>', 'one group only')
    .option('--request <id>', 'one request only')
    .action(async (options: { group?: string; request?: string }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const home = await invocation.openHome();
      const groups = options.group === undefined ? await readGroups(home) : [await findGroup(home, options.group)];
      const stored = (await Promise.all(groups.map(async ({ id }) => (await home.results.read(id)).entries))).flat();
      const chosen = stored.filter(({ result }) => options.request === undefined || result.requestId === options.request);
      const rows = chosen.map(({ receivedAt, result }) => [
        receivedAt,
        result.runnerGroupId,
        result.requestId,
        result.type,
        summary(result),
      ]);
      invocation.print(chosen, table(['RECEIVED', 'GROUP', 'REQUEST', 'TYPE', 'STAGE'], rows));
    });
  results
    .command('items')
    .description('print the items of a collection as JSON lines')
    .argument('<request>', 'id of the collection')
    .option('-g, --group <id or name>', 'runner group; may be left out when there is one')
    .action(async (requestId: string, options: { group?: string }, self: Command) => {
      const home = await new Invocation(shell, self).openHome();
      const group = await findGroup(home, options.group);
      if ((await home.results.batches(group.id, requestId)).length === 0) {
        throw failedError(`There is no batch of a collection ${requestId} in group ${group.name}.`, 'see "axiomctl results list"');
      }
      for await (const line of itemLines(collectedItems(home, group.id, requestId))) shell.out(line);
    });
}

function addServe(results: Command, shell: Shell): void {
  results
    .command('serve')
    .description('take results in until SIGTERM or Ctrl-C; one JSON line for each with --json')
    .action(async (_options: object, self: Command) => {
      const invocation = new Invocation(shell, self);
      const home = await invocation.openHome();
      const { serveResults } = await import('../temporal/results-server.js');
      const server = await serveResults(home, {
        ...(await invocation.linkOptions()),
        onResult: (result) => shell.out(invocation.isJson ? `${JSON.stringify(result)}\n` : line(result)),
        onRejected: (reason) => shell.err(`rejected: ${printable(reason)}\n`),
      });
      const takeBack = await announceServing(home);
      shell.err(`taking results in from ${home.settings.address}, namespace ${home.settings.namespace ?? home.settings.tenantId}\n`);
      try {
        await Promise.race([stopped(shell.signal), server.finished]);
        await server.stop();
      } finally {
        await takeBack();
      }
    });
}

function line(result: Result): string {
  return printable(`${result.runnerGroupId}  ${result.requestId}  ${result.type}  ${summary(result)}`).concat('\n');
}

function summary(result: Result): string {
  switch (result.stage) {
    case 'failed':
      return `failed ${result.error.code}`;
    case 'batch':
      return `batch ${result.sequence}`;
    case 'revoked':
      return `revoked (${result.cause}, ${result.evidence.proved ? 'proved' : 'NOT PROVED'})`;
    default:
      return result.stage;
  }
}
