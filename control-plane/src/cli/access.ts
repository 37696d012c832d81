import { type Principal, type System, systemName, type Target } from '@axiom-runner/protocol';
import { type Command, Option } from 'commander';
import { type AccessRecord, accessHistory, isoSeconds, listAccesses } from '../accesses.js';
import { failedError, usageError } from '../errors.js';
import { findGroup } from '../groups.js';
import type { Home } from '../home/home.js';
import { parseDuration, parsePrincipal, parseSystem, parseTarget, parseTime, principalName, targetName } from './arguments.js';
import { Invocation } from './invocation.js';
import { facts, table } from './output.js';
import type { Shell } from './shell.js';
import { runTask, type TaskRunOptions, withTaskOptions } from './task-run.js';

/** Options of what asks for an access. */
export interface AccessRequestOptions extends TaskRunOptions {
  readonly system: System;
  readonly target: Target;
  readonly permission: string;
  readonly duration: number;
  readonly justification: string;
}

/** Adds `access grant|revoke|extend|list|show`. */
export function addAccessCommands(program: Command, shell: Shell): void {
  const access = program.command('access').description('temporary permissions of principals');
  addGrant(access, shell);
  addRevoke(access, shell);
  addExtend(access, shell);
  addList(access, shell);
  addShow(access, shell);
}

/** Adds the options of {@link AccessRequestOptions} to a command. */
export function withAccessRequestOptions(command: Command): Command {
  return withTaskOptions(command)
    .requiredOption('--system <type/id>', 'internal system', parseSystem)
    .requiredOption('--target <kind:path>', 'what access is given to, e.g. table:app/public/orders', parseTarget)
    .requiredOption('--permission <name>', 'role or level')
    .requiredOption('--duration <duration>', 'life of the access, e.g. 45m', parseDuration)
    .requiredOption('--justification <text>', 'why; goes into the audit');
}

function addGrant(access: Command, shell: Shell): void {
  withAccessRequestOptions(access.command('grant').description('give an existing principal a permission for a time'))
    .requiredOption('--principal <kind:id>', 'who gets access, e.g. role:ada', parsePrincipal)
    .addHelpText(
      'after',
      '\nExample:\n  $ axiomctl access grant --system postgresql/db.example.com --principal role:ada --target database:app \\\n      --permission Read --duration 1h --justification "incident 7"',
    )
    .action(async (options: AccessRequestOptions & { principal: Principal }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const { startTask } = await import('../temporal/tasks.js');
      const { waitForStage } = await import('../wait.js');
      const { system, target, permission, principal, justification, duration: durationSeconds } = options;
      const body = { type: 'ProvisionAccess' as const, system, target, permission, principal, justification, durationSeconds };
      const { requestId, result } = await runTask(invocation, options, async ({ home, group, link, task, wait }) => {
        const started = await startTask(link, group, body, task);
        return { ...started, result: await waitForStage(home, started, ['granted', 'revoked'], wait) };
      });
      if (result.stage === 'revoked')
        throw failedError(`The access ${requestId} ended at once (${result.cause}).`, `axiomctl access show ${requestId}`);
      const human = facts([
        ['request', requestId],
        ['system', systemName(system)],
        ['principal', principalName(result.access.principal)],
        ['permission', result.access.permission],
        ['target', targetName(result.access.target)],
        ['until', isoSeconds(result.access.expiresAt)],
        ['to end it', `axiomctl access revoke ${requestId}`],
      ]);
      invocation.print({ requestId, system: systemName(system), state: 'granted', ...result.access }, human);
    });
}

function addRevoke(access: Command, shell: Shell): void {
  withTaskOptions(access.command('revoke').description('end an access now').argument('<request>', 'id of the access'))
    .option('--no-wait', 'do not wait for the evidence; the revocation is carried out also when no runner is up at the moment')
    .action(async (requestId: string, options: TaskRunOptions & { wait: boolean }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const { revokeAccess } = await import('../temporal/tasks.js');
      const { waitForStage } = await import('../wait.js');
      const known = await findAccess(await invocation.openHome(), requestId);
      const revoked = await runTask(invocation, { ...options, group: known.groupId }, async ({ home, group, link, wait }) => {
        await revokeAccess(link, { requestId, group });
        return options.wait ? waitForStage(home, { requestId, group }, ['revoked'], wait) : undefined;
      });
      if (revoked === undefined)
        return invocation.print({ requestId, state: 'revocation asked for' }, `${requestId}: revocation asked for\n`);
      const { cause, evidence } = revoked;
      const human = facts([['request', requestId], ['state', 'revoked'], ['cause', cause], ...evidenceFacts({ evidence })]);
      invocation.print({ requestId, state: 'revoked', cause, evidence }, human);
      if (!evidence.proved) throw failedError(`The end of ${requestId} is not proved.`, 'see its warnings and check the system');
    });
}

function addExtend(access: Command, shell: Shell): void {
  withTaskOptions(access.command('extend').description('let an access end at another time').argument('<request>', 'id of the access'))
    .option('--until <time>', 'new end, e.g. 2030-01-31T18:00:00Z', parseTime)
    .option('--for <duration>', 'new end, counted from now, e.g. 2h', parseDuration)
    .action(async (requestId: string, options: TaskRunOptions & { until?: number; for?: number }, self: Command) => {
      const invocation = new Invocation(shell, self);
      if ((options.until === undefined) === (options.for === undefined)) throw usageError('Give either --until or --for.');
      const expiresAt = options.until ?? Math.floor(Date.now() / 1000) + (options.for ?? 0);
      const { extendAccess } = await import('../temporal/tasks.js');
      const { system, groupId } = await findAccess(await invocation.openHome(), requestId);
      if (system === undefined)
        throw failedError(`The system of ${requestId} is not known here.`, 'use the home that asked for the access');
      await runTask(invocation, { ...options, group: groupId }, ({ group, link, task, wait }) =>
        extendAccess(link, { requestId, group, system }, expiresAt, wait.timeoutMs, task),
      );
      invocation.print(
        { requestId, state: 'granted', expiresAt },
        facts([
          ['request', requestId],
          ['until', isoSeconds(expiresAt)],
        ]),
      );
    });
}

function addList(access: Command, shell: Shell): void {
  access
    .command('list')
    .description('list accesses with their state and proof')
    .option('-g, --group <id or name>', 'one group only')
    .addOption(new Option('--state <state>', 'one state only').choices(['requested', 'granted', 'overdue', 'revoked', 'failed', 'refused']))
    .action(async (options: { group?: string; state?: string }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const home = await invocation.openHome();
      const groupId = options.group === undefined ? undefined : (await findGroup(home, options.group)).id;
      const accesses = (await listAccesses(home, groupId)).filter(({ state }) => options.state === undefined || state === options.state);
      const rows = accesses.map((entry) => [
        entry.requestId,
        stateName(entry),
        entry.system && systemName(entry.system),
        entry.principal && principalName(entry.principal),
        entry.permission,
        entry.target && targetName(entry.target),
        entry.expiresAt === undefined ? undefined : isoSeconds(entry.expiresAt),
      ]);
      invocation.print(accesses, table(['REQUEST', 'STATE', 'SYSTEM', 'PRINCIPAL', 'PERMISSION', 'TARGET', 'UNTIL'], rows));
    });
}

function addShow(access: Command, shell: Shell): void {
  access
    .command('show')
    .description('show an access: what was asked for, what happened, and the proof of its end')
    .argument('<request>', 'id of the access')
    .option('--live', 'ask its workflow where it stands')
    .action(async (requestId: string, options: { live?: boolean }, self: Command) => {
      const invocation = new Invocation(shell, self);
      const home = await invocation.openHome();
      const { access: entry, events } = await accessHistory(home, requestId);
      const live = options.live === true ? await liveStatus(invocation, home, requestId) : undefined;
      const human = facts([
        ['request', requestId],
        ['type', entry.type],
        ['state', stateName(entry)],
        ['live', live === undefined ? undefined : JSON.stringify(live)],
        ['system', entry.system && systemName(entry.system)],
        ['principal', entry.principal && principalName(entry.principal)],
        ['permission', entry.permission],
        ['target', entry.target && targetName(entry.target)],
        ['why', entry.justification],
        ['until', entry.expiresAt === undefined ? undefined : isoSeconds(entry.expiresAt)],
        ['error', entry.error && `${entry.error.code}: ${entry.error.message}`],
        ...evidenceFacts(entry),
      ]);
      const timeline = table(
        ['AT', 'EVENT', 'DETAIL'],
        events.map(({ at, event, detail }) => [at, event, detail]),
      );
      invocation.print({ ...entry, ...(live === undefined ? {} : { live }), events }, `${human}\n${timeline}`);
    });
}

async function liveStatus(invocation: Invocation, home: Home, requestId: string): Promise<unknown> {
  const { openLink } = await import('../temporal/link.js');
  const { taskStatus } = await import('../temporal/tasks.js');
  const link = await openLink(home, await invocation.linkOptions());
  try {
    return await taskStatus(link, requestId, 10_000);
  } finally {
    await link.close();
  }
}

async function findAccess(home: Home, requestId: string): Promise<AccessRecord> {
  return (await accessHistory(home, requestId)).access;
}

function stateName({ state, evidence }: AccessRecord): string {
  return state === 'revoked' && evidence?.proved !== true ? 'revoked (NOT PROVED)' : state;
}

function evidenceFacts({ evidence }: Pick<AccessRecord, 'evidence'>): (readonly [string, string])[] {
  if (evidence === undefined) return [];
  return [
    ['proved', evidence.proved ? 'yes' : 'NO'],
    ...evidence.actions.map((action) => ['done', action] as const),
    ...evidence.observations.map(({ question, answer, at }) => ['seen', `${question} ${answer} (${at})`] as const),
    ...evidence.warnings.map((warning) => ['warning', warning] as const),
  ];
}
