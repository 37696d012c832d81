import { type System, systemName } from '@axiom-runner/protocol';
import { EXIT_FAILED, EXIT_OK } from '../../../contract/exit-codes.js';
import { asRunnerError } from '../errors.js';
import { endAccess, listAccesses, type MarkedAccess } from '../systems/reaper.js';
import { type CommandSession, openSession, parseSystem } from './command-session.js';
import { json, type Terminal, table } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Options of the break-glass commands. */
export interface AccessOptions {
  readonly envFile?: string;
  readonly json?: boolean;
  /** Systems to look into. @default those that RUNNER_ALLOWED names */
  readonly system?: readonly string[];
  readonly all?: boolean;
}

/** The command `access list`: what marks in the systems say, without the control plane. */
export async function listAccess(options: AccessOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options.envFile, terminal);
  const { accesses, failures } = await readMarks(session, options, terminal);
  if (options.json) {
    terminal.out(
      json(
        accesses.map(({ intent, ...access }) => ({
          ...access,
          requestId: intent.requestId,
          principal: intent.principal,
          target: intent.target,
          permission: intent.permission,
          expiresAt: intent.expiresAt,
        })),
      ),
    );
  } else {
    terminal.out(table(['REQUEST', 'SYSTEM', 'PRINCIPAL', 'PERMISSION', 'TARGET', 'ENDS', 'STATE'], accesses.map(rowOf)));
  }
  return failures === 0 ? EXIT_OK : EXIT_FAILED;
}

/** The command `access revoke`: ends one request's access, or all, now; without the control plane. */
export async function revokeAccess(requestId: string | undefined, options: AccessOptions, terminal: Terminal): Promise<number> {
  if ((requestId === undefined) === (options.all !== true)) throw new UsageError('Give one request id, or --all.');
  const session = await openSession(options.envFile, terminal);
  const read = await readMarks(session, options, terminal);
  const wanted = read.accesses.filter(
    ({ state, intent }) => state === 'active' && (requestId === undefined || intent.requestId === requestId),
  );
  if (requestId !== undefined && wanted.length === 0) {
    terminal.err(`No access of request ${requestId} was found in ${systemsOf(session, options).map(systemName).join(', ')}.\n`);
    return EXIT_FAILED;
  }
  const { signal } = new AbortController();
  const outcomes: { requestId: string; system: string; revoked: boolean }[] = [];
  for (const { intent, system } of wanted) {
    // The record, written to standard error, says why one could not be ended.
    const revoked = await endAccess(session.systems, intent, signal, 'command', session.log).catch(() => false);
    outcomes.push({ requestId: intent.requestId, system, revoked });
  }
  terminal.out(
    options.json
      ? json(outcomes)
      : table(
          ['REQUEST', 'SYSTEM', 'REVOKED'],
          outcomes.map((entry) => [entry.requestId, entry.system, entry.revoked ? 'yes, proved' : 'NOT PROVED']),
        ),
  );
  return read.failures === 0 && outcomes.every(({ revoked }) => revoked) ? EXIT_OK : EXIT_FAILED;
}

async function readMarks(
  session: CommandSession,
  options: AccessOptions,
  terminal: Terminal,
): Promise<{ accesses: MarkedAccess[]; failures: number }> {
  const { signal } = new AbortController();
  const accesses: MarkedAccess[] = [];
  let failures = 0;
  for (const system of systemsOf(session, options)) {
    try {
      const found = await listAccesses(session.systems, system, Date.now(), signal);
      accesses.push(...found.accesses);
      for (const object of found.unverifiable)
        terminal.err(`warning: the mark of ${object} in ${systemName(system)} does not verify with this group's state key\n`);
    } catch (error) {
      failures += 1;
      const { code, message, mend } = asRunnerError(error);
      terminal.err(`${systemName(system)}: ${code}: ${message}${mend === undefined ? '' : ` ${mend}`}\n`);
    }
  }
  return { accesses, failures };
}

function systemsOf(session: CommandSession, { system }: AccessOptions): readonly System[] {
  const systems = system === undefined ? session.systems.known : system.map(parseSystem);
  if (systems.length === 0) throw new UsageError('Name the systems to look into: --system <type>/<id>, or RUNNER_ALLOWED.');
  return systems;
}

function rowOf({ intent, system, state, overdue }: MarkedAccess): string[] {
  const { requestId, principal, permission, target, expiresAt } = intent;
  const shownState = state === 'revoked' ? 'revoked (tombstone)' : overdue ? 'OVERDUE' : 'active';
  return [
    requestId,
    system,
    principal.id,
    permission,
    `${target.kind} ${target.path.join('.')}`,
    new Date(expiresAt * 1000).toISOString(),
    shownState,
  ];
}
