import { type Command, InvalidArgumentError } from 'commander';
import { namespaceOf } from '../home/home.js';
import { Invocation } from './invocation.js';
import type { Shell } from './shell.js';

/** Adds `namespace create`. */
export function addNamespaceCommands(program: Command, shell: Shell): void {
  program
    .command('namespace')
    .description("the tenant's namespace on the Temporal server")
    .command('create')
    .description('register it, and wait until the server takes work for it')
    .option('--retention <days>', 'how long the server keeps ended tasks', parseDays, 7)
    .action(async (options: { retention: number }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const home = await invocation.openHome();
      const { createNamespace } = await import('../temporal/namespace.js');
      invocation.progress(`registering ${namespaceOf(home)} with ${home.settings.address}`);
      const created = await createNamespace(home, options.retention, await invocation.linkOptions());
      const human = `${namespaceOf(home)} ${created ? 'is registered' : 'was registered already'}.\n`;
      invocation.print({ namespace: namespaceOf(home), created }, human);
    });
}

function parseDays(value: string): number {
  const days = Number(value);
  if (!Number.isInteger(days) || days < 1 || days > 365) throw new InvalidArgumentError('Give a whole number of days, 1 to 365.');
  return days;
}
