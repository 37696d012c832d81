import { isPassing, type Result, type System, systemName } from '@axiom-runner/protocol';
import { Argument, type Command } from 'commander';
import { failedError } from '../errors.js';
import { addIntegration, findGroup, readGroups, removeIntegration } from '../groups.js';
import { parseSystem } from './arguments.js';
import { Invocation } from './invocation.js';
import { table } from './output.js';
import type { Shell } from './shell.js';

/** Adds `integration add|list|remove`. */
export function addIntegrationCommands(program: Command, shell: Shell): void {
  const integration = program.command('integration').description('internal systems that a group takes care of');
  integration
    .command('add')
    .description('register a system; its secret is axiom-security/<type>/<id> in the secret store of the runners')
    .addArgument(systemArgument())
    .option('-g, --group <id or name>', 'runner group; may be left out when there is one')
    .addHelpText('after', '\nExample:\n  $ axiomctl integration add postgresql/db.example.com --group production')
    .action(async (system: System, options: { group?: string }, command: Command) => {
      const invocation = new Invocation(shell, command);
      const home = await invocation.openHome();
      const group = await findGroup(home, options.group);
      const added = await addIntegration(home, group.id, system);
      const secret = `axiom-security/${systemName(system)}`;
      const human = `${systemName(system)} ${added ? 'is registered' : 'was registered already'} with ${group.name}.\nIts secret: ${secret}\nNext: axiomctl test-connection ${systemName(system)} --group ${group.id}\n`;
      invocation.print({ runnerGroupId: group.id, system, added, secret }, human);
    });
  addList(integration, shell);
  integration
    .command('remove')
    .description('forget a system; living accesses in it stay until they end')
    .addArgument(systemArgument())
    .option('-g, --group <id or name>', 'runner group; may be left out when there is one')
    .action(async (system: System, options: { group?: string }, command: Command) => {
      const invocation = new Invocation(shell, command);
      const home = await invocation.openHome();
      const group = await findGroup(home, options.group);
      if (!(await removeIntegration(home, group.id, system))) {
        throw failedError(`${systemName(system)} is not registered with ${group.name}.`, 'see "axiomctl integration list"');
      }
      invocation.print({ runnerGroupId: group.id, system, removed: true }, `${systemName(system)} is removed from ${group.name}.\n`);
    });
}

/** The argument `<type>/<id>`. */
export function systemArgument(name = '<system>'): Argument {
  return new Argument(name, '<type>/<id>, e.g. postgresql/db.example.com').argParser(parseSystem);
}

function addList(integration: Command, shell: Shell): void {
  integration
    .command('list')
    .description('list the systems with the outcome of their last connection test and collection')
    .option('-g, --group <id or name>', 'one group only')
    .action(async (options: { group?: string }, command: Command) => {
      const invocation = new Invocation(shell, command);
      const home = await invocation.openHome();
      const groups = options.group === undefined ? await readGroups(home) : [await findGroup(home, options.group)];
      const entries = [];
      for (const group of groups) {
        const results = (await home.results.read(group.id)).entries;
        for (const { type, id, addedAt } of group.integrations) {
          const own = results.filter(({ result }) => result.system !== undefined && systemName(result.system) === systemName({ type, id }));
          const test = own.filter(({ result }) => result.type === 'TestConnection').at(-1);
          const collection = own.filter(({ result }) => result.stage === 'collected').at(-1);
          entries.push({
            runnerGroupId: group.id,
            system: systemName({ type, id }),
            addedAt,
            ...(test === undefined ? {} : { lastTest: { outcome: outcomeOf(test.result), at: test.receivedAt } }),
            ...(collection === undefined ? {} : { lastCollection: { counts: countsOf(collection.result), at: collection.receivedAt } }),
          });
        }
      }
      const rows = entries.map((entry) => [
        entry.system,
        entry.runnerGroupId,
        entry.lastTest && `${entry.lastTest.outcome} ${entry.lastTest.at}`,
        entry.lastCollection && `${total(entry.lastCollection.counts)} items ${entry.lastCollection.at}`,
      ]);
      invocation.print(entries, table(['SYSTEM', 'GROUP', 'LAST TEST', 'LAST COLLECTION'], rows));
    });
}

function outcomeOf(result: Result): string {
  if (result.stage === 'failed') return result.error.code;
  return result.stage === 'tested' && result.checks.every(isPassing) ? 'passed' : 'failed';
}

function countsOf(result: Result): Record<string, number> {
  return result.stage === 'collected' ? result.summary.counts : {};
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
