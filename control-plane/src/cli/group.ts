import type { Command } from 'commander';
import { renderEnvironmentFile } from '../environment-file.js';
import { createGroup, findGroup, type GroupWithKey, readGroups, rotateApiKey } from '../groups.js';
import { writePrivate } from '../home/files.js';
import type { Group } from '../home/state.js';
import { parseDuration } from './arguments.js';
import { Invocation } from './invocation.js';
import { facts, table } from './output.js';
import type { Shell } from './shell.js';

/** `--env-file` would be taken by Node itself, wherever it stands on the command line. */
interface KeyOptions {
  readonly keyExpires?: number;
  readonly writeEnv?: string;
}

/** Adds `group create|list|show|rotate-key`. */
export function addGroupCommands(program: Command, shell: Shell): void {
  const group = program.command('group').description('runner groups: one task queue and one API key each');
  addCreate(group, shell);
  group
    .command('list')
    .description('list the groups')
    .action(async (_options: object, command: Command) => {
      const invocation = new Invocation(shell, command);
      const groups = await readGroups(await invocation.openHome());
      const rows = groups.map((entry) => [entry.id, entry.name, signing(entry), String(entry.integrations.length), entry.createdAt]);
      invocation.print(groups.map(described), table(['ID', 'NAME', 'TASKS', 'INTEGRATIONS', 'CREATED'], rows));
    });
  addShow(group, shell);
  addRotateKey(group, shell);
}

function addCreate(group: Command, shell: Shell): void {
  group
    .command('create')
    .description('create a group; the first one makes the home of its tenant')
    .requiredOption('--name <name>', 'name that people know')
    .option('--tenant <id>', 'tenant id (default: a generated one)')
    .option('--namespace <name>', 'Temporal namespace (default: the tenant id)')
    .option('--id <id>', 'runner group id (default: a generated one)')
    .option('--unsigned', 'runners of the group get no verification key and take plain tasks')
    .option('--key-expires <duration>', 'validity of the API key (default: no end)', parseDuration)
    .option('--write-env <file>', 'write the environment of a runner to a file of mode 0600 instead of printing it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ axiomctl group create --name production\n  $ axiomctl group create --name dev --tenant acme --address 127.0.0.1:7233 --tls off --write-env .env\n\nThe API key is shown once and kept nowhere.',
    )
    .action(
      async (
        options: KeyOptions & { name: string; tenant?: string; namespace?: string; id?: string; unsigned?: boolean },
        command: Command,
      ) => {
        const invocation = new Invocation(shell, command);
        const home = await invocation.openOrCreateHome({ tenantId: options.tenant, namespace: options.namespace });
        const made = await createGroup(home, {
          name: options.name,
          id: options.id,
          signedTasks: options.unsigned !== true,
          keyExpiresInSeconds: options.keyExpires,
        });
        await printWithKey(invocation, made, options.writeEnv);
      },
    );
}

function addShow(group: Command, shell: Shell): void {
  group
    .command('show')
    .description('show a group')
    .argument('[group]', 'id or name')
    .option('--runners', 'ask the server which runners are connected')
    .action(async (name: string | undefined, options: { runners?: boolean }, command: Command) => {
      const invocation = new Invocation(shell, command);
      const home = await invocation.openHome();
      const found = await findGroup(home, name);
      const runners = options.runners === true ? await runnersOf(invocation, found.id) : undefined;
      const human = facts([
        ['tenant', home.settings.tenantId],
        ['group', found.id],
        ['name', found.name],
        ['tasks', signing(found)],
        ['created', found.createdAt],
        ...found.apiKeys.map((key) => ['API key', [key.kid, lifetime(key)].join('  ')] as const),
        ...found.integrations.map(({ type, id }) => ['integration', `${type}/${id}`] as const),
        ...(runners ?? []).map((runner) => ['runner', runner] as const),
        ['runners', runners?.length === 0 ? 'none is connected' : undefined],
      ]);
      invocation.print({ tenantId: home.settings.tenantId, ...described(found), ...(runners === undefined ? {} : { runners }) }, human);
    });
}

function addRotateKey(group: Command, shell: Shell): void {
  group
    .command('rotate-key')
    .description('make a new API key for a group')
    .argument('[group]', 'id or name')
    .option('--grace <duration>', 'how long the old key stays good', parseDuration, 86_400)
    .option('--now', 'end the old key now: runners that use it lose the connection')
    .option('--key-expires <duration>', 'validity of the new key (default: no end)', parseDuration)
    .option('--write-env <file>', 'write the environment of a runner to a file of mode 0600 instead of printing it')
    .addHelpText('after', '\nA server sees the change when it reads the JWK set again (axiomctl keys jwks; its refreshInterval).')
    .action(async (name: string | undefined, options: KeyOptions & { grace: number; now?: boolean }, command: Command) => {
      const invocation = new Invocation(shell, command);
      const home = await invocation.openHome();
      const found = await findGroup(home, name);
      const grace = options.now === true ? 0 : options.grace;
      await printWithKey(invocation, await rotateApiKey(home, found.id, grace, options.keyExpires), options.writeEnv);
    });
}

async function printWithKey(invocation: Invocation, made: GroupWithKey, envFile: string | undefined): Promise<void> {
  const text = renderEnvironmentFile(made.environment);
  if (envFile !== undefined) await writePrivate(envFile, text);
  const ids = [
    ['tenant', made.tenantId],
    ['group', made.group.id],
    ['name', made.group.name],
  ] as const;
  const human =
    envFile === undefined
      ? `${facts([...ids, ['API key', made.apiKey]])}\n# .env of a runner (the API key is shown this once)\n${text}`
      : facts([...ids, ['.env', `${envFile} (holds the API key; mode 0600)`]]);
  const { tenantId, group, apiKey, environment } = made;
  const secret = { apiKey, environment: Object.fromEntries(environment.map(({ name, value }) => [name, value])) };
  invocation.print({ tenantId, ...described(group), ...(envFile === undefined ? secret : { envFile }) }, human);
}

async function runnersOf(invocation: Invocation, groupId: string): Promise<string[]> {
  const { openLink } = await import('../temporal/link.js');
  const { connectedRunners } = await import('../temporal/namespace.js');
  const link = await openLink(await invocation.openHome(), await invocation.linkOptions());
  try {
    return await connectedRunners(link, groupId);
  } finally {
    await link.close();
  }
}

function described({ id, name, signedTasks, integrations, apiKeys, createdAt }: Group): object {
  return { runnerGroupId: id, name, signedTasks, integrations, apiKeys: apiKeys.map(({ publicJwk: _, ...key }) => key), createdAt };
}

function signing({ signedTasks }: Group): string {
  return signedTasks ? 'signed' : 'plain';
}

function lifetime({ expiresAt, retiresAt }: Group['apiKeys'][number]): string {
  const parts = [
    expiresAt === undefined ? undefined : `expires ${expiresAt}`,
    retiresAt === undefined ? undefined : `retires ${retiresAt}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}
