import type { Command } from 'commander';
import { apiKeySet } from '../api-key-set.js';
import { activateTaskKey, addTaskKey, listKeys, retireTaskKey, verificationKeySet } from '../keys.js';
import { Invocation } from './invocation.js';
import { table } from './output.js';
import type { Shell } from './shell.js';

/** Adds `keys list|jwks|verification|add|activate|retire|serve`. */
export function addKeysCommands(program: Command, shell: Shell): void {
  const keys = program.command('keys').description('signing keys of the control plane; private parts are never shown');
  keys
    .command('list', { isDefault: true })
    .description('list the keys')
    .action(async (_options: object, self: Command) => {
      const invocation = new Invocation(shell, self);
      const entries = await listKeys(await invocation.openHome());
      const rows = entries.map(({ kid, use, alg, active, createdAt }) => [kid, use, alg, active ? 'signs' : 'published', createdAt]);
      invocation.print(entries, table(['KID', 'USE', 'ALGORITHM', 'STATE', 'CREATED'], rows));
    });
  keys
    .command('jwks')
    .description("print the JWK set that the Temporal server's authorizer reads")
    .action(async (_options: object, self: Command) => {
      const invocation = new Invocation(shell, self);
      shell.out(`${JSON.stringify(await apiKeySet(await invocation.openHome()))}\n`);
    });
  keys
    .command('verification')
    .description('print the JWK set that runners verify tasks with (AXIOM_TASK_VERIFICATION_KEY)')
    .action(async (_options: object, self: Command) => {
      const invocation = new Invocation(shell, self);
      shell.out(`${JSON.stringify(await verificationKeySet(await invocation.openHome()))}\n`);
    });
  addRotation(keys, shell);
  addServe(keys, shell);
}

function addRotation(keys: Command, shell: Shell): void {
  keys
    .command('add')
    .description('make a new key for tasks, published but not signing yet')
    .addHelpText(
      'after',
      '\nTo replace a key:\n  $ axiomctl keys add\n  $ axiomctl keys verification   # give this set to the runners, restart them\n  $ axiomctl keys activate <new kid>\n  $ axiomctl keys retire <old kid>',
    )
    .action(async (_options: object, self: Command) => {
      const invocation = new Invocation(shell, self);
      const kid = await addTaskKey(await invocation.openHome());
      const next = `Give runners the new set (axiomctl keys verification), then: axiomctl keys activate ${kid}`;
      invocation.print({ kid, active: false }, `${kid} is published.\n${next}\n`);
    });
  keys
    .command('activate')
    .description('let a published key sign the tasks from now on')
    .argument('<kid>')
    .action(async (kid: string, _options: object, self: Command) => {
      const invocation = new Invocation(shell, self);
      await activateTaskKey(await invocation.openHome(), kid);
      invocation.print({ kid, active: true }, `${kid} signs tasks from now on.\n`);
    });
  keys
    .command('retire')
    .description('forget a key that no longer signs')
    .argument('<kid>')
    .action(async (kid: string, _options: object, self: Command) => {
      const invocation = new Invocation(shell, self);
      await retireTaskKey(await invocation.openHome(), kid);
      invocation.print({ kid, retired: true }, `${kid} is retired.\nGive runners the new set: axiomctl keys verification\n`);
    });
}

function addServe(keys: Command, shell: Shell): void {
  keys
    .command('serve')
    .description('serve the JWK set of "keys jwks" over HTTP on this machine, for the Temporal server')
    .option('--listen <host:port>', 'loopback address; port 0 takes a free one', '127.0.0.1:8788')
    .action(async (options: { listen: string }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const { serveKeySet } = await import('../key-set-server.js');
      const server = await serveKeySet(await invocation.openHome(), options.listen);
      invocation.print({ url: server.url }, `${server.url}\n`);
      await stopped(shell.signal);
      await server.stop();
    });
}

/** Resolves when the command is asked to stop. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // An abort signal alone does not keep the process alive.
    const alive = setInterval(() => undefined, 60_000);
    const stop = (): void => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
