import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { AGENT_AUDIT_ACTIONS } from '../../../contract/agent.js';
import { EXIT_FAILED, EXIT_OK } from '../../../contract/exit-codes.js';
import type { AuditRecord } from '../audit/trail/audit-trail.js';
import { followRecords, lastRecords, type RecordFilter, readRecords, type ShownRecord } from '../audit/trail/records.js';
import { type KnownHead, type TrailReport, verifyTrail } from '../audit/trail/verify-trail.js';
import { parseDuration } from '../config/duration.js';
import { SettingsError } from '../config/settings.js';
import { json, type Terminal, table } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Which trail a command reads. */
export interface TrailOptions {
  /** The folder of the trail. @default `audit` in the state folder of the configuration */
  readonly folder?: string;
  /** Configuration of the agent. */
  readonly config?: string;
  readonly json?: boolean;
}

/** Which records a command shows. */
export interface FilterOptions extends TrailOptions {
  /** A duration back from now (`1h`), or a time (`2025-05-30T18:00:00Z`). */
  readonly since?: string;
  readonly application?: string;
  readonly secret?: string;
  readonly action?: string;
}

export interface TailOptions extends FilterOptions {
  /** How many records. @default 20 */
  readonly lines?: string;
  /** Wait for more, until it is interrupted. */
  readonly follow?: boolean;
}

export interface VerifyOptions extends TrailOptions {
  /** `<id>:<hash>` of a record that was kept elsewhere. */
  readonly head?: string;
}

/** A table of so many rows is aligned at once; longer ones are shown in parts. */
const TABLE_ROWS = 500;
const MOST_TAIL_LINES = 100_000;
const HEADER = ['ID', 'TIME', 'ACTION', 'APPLICATION', 'SECRET', 'OUTCOME', 'SOURCE', 'MS', 'PEER', 'COUNT'];

/** Adds `audit show|tail|verify` to a command line. @param exit takes the exit code of the command that ran */
export function registerAudit(cli: Command, terminal: Terminal, exit: (code: number) => void): void {
  const audit = cli.command('audit').description("the agent's audit trail on this host");
  const command = (name: string, description: string) =>
    audit
      .command(name)
      .description(description)
      .option('--folder <path>', 'folder of the trail')
      .option('--config <path>', "the agent's configuration, which names its state folder")
      .option('--json', 'answer as JSON');
  const withFilter = (into: Command) =>
    into
      .option('--since <time>', 'from a time on (2025-05-30T18:00:00Z), or from a duration ago (1h)')
      .option('--application <name>', 'of one application')
      .option('--secret <id>', 'of one secret')
      .option('--action <action>', `one of ${AGENT_AUDIT_ACTIONS.join(', ')}`);
  withFilter(command('show', 'show records; with --json one a line, as they stand in the trail')).action(async (options: FilterOptions) =>
    exit(await auditShow(options, terminal)),
  );
  withFilter(command('tail', 'show the last records'))
    .option('-n, --lines <count>', 'how many', '20')
    .option('-f, --follow', 'and those that come, until Ctrl-C')
    .action(async (options: TailOptions) => exit(await untilInterrupted((signal) => auditTail(options, terminal, signal))));
  command('verify', 'check every record and that none is missing; 1 when a fault is found')
    .option('--head <id:hash>', 'a record that the trail must contain, as verify printed it before')
    .action(async (options: VerifyOptions) => exit(await auditVerify(options, terminal)));
}

/** The command `audit show`: all records that are wanted. @throws {UsageError}, {SettingsError} */
export async function auditShow(options: FilterOptions, terminal: Terminal): Promise<number> {
  const filter = filterOf(options);
  const printer = new Printer(terminal, options.json === true);
  for await (const records of readRecords(await folderOf(options), filter)) printer.add(records);
  printer.flush();
  return EXIT_OK;
}

/** The command `audit tail`: the last records, and with `follow` those that come until the signal. @throws {UsageError}, {SettingsError} */
export async function auditTail(options: TailOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const filter = filterOf(options);
  const count = /^\d{1,6}$/.test(options.lines ?? '20') ? Number(options.lines ?? '20') : Number.NaN;
  if (!(count <= MOST_TAIL_LINES)) throw new UsageError(`--lines is "${options.lines}": write a whole number, 0 to ${MOST_TAIL_LINES}.`);
  const folder = await folderOf(options);
  const printer = new Printer(terminal, options.json === true);
  // Records that come while the last ones are read belong to what follows.
  const newest = (await lastRecords(folder, 1)).at(-1)?.record.id ?? 0;
  printer.add((await lastRecords(folder, count, filter)).filter(({ record }) => record.id <= newest));
  printer.flush();
  if (options.follow !== true) return EXIT_OK;
  for await (const records of followRecords(folder, newest, filter, signal)) {
    printer.add(records);
    printer.flush();
  }
  return EXIT_OK;
}

/** The command `audit verify`. @returns 1 when the trail is not as it was written. @throws {UsageError}, {SettingsError} */
export async function auditVerify(options: VerifyOptions, terminal: Terminal): Promise<number> {
  const known = options.head === undefined ? [] : [headOf(options.head)];
  const folder = await folderOf(options);
  const report = await verifyTrail(folder, known);
  terminal.out(options.json === true ? json({ folder, ...report }) : shownReport(folder, report));
  return report.faultCount === 0 ? EXIT_OK : EXIT_FAILED;
}

function shownReport(folder: string, { records, files, first, last, head, faults, faultCount }: TrailReport): string {
  const facts = [
    ['trail', folder],
    ['records', `${records} in ${files} ${files === 1 ? 'file' : 'files'}`],
    ...(first === undefined ? [] : [['first', `${first.id}  ${first.time}${first.id === 1 ? '' : '  (older ones made room)'}`]]),
    ...(last === undefined ? [] : [['last', `${last.id}  ${last.time}`]]),
    ...(last === undefined || head === undefined ? [] : [['head', `${last.id}:${head}`]]),
    [
      'result',
      faultCount === 0 ? 'whole: no record was changed, and none is missing' : `${faultCount} ${faultCount === 1 ? 'FAULT' : 'FAULTS'}`,
    ],
  ];
  const rows = faults.map(({ file, line, what }) => [file ?? '-', line === undefined ? '-' : String(line), what]);
  const more = faultCount > faults.length ? `and ${faultCount - faults.length} more\n` : '';
  const [title = [], ...rest] = facts;
  return `${table(title, rest)}${rows.length === 0 ? '' : `\n${table(['FILE', 'LINE', 'FAULT'], rows)}${more}`}`;
}

/** Prints records as lines of JSON, or as a table whose columns stay where they are. */
class Printer {
  private rows: string[][] = [];
  private header: readonly string[] = HEADER;
  private isBegun = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly asJson: boolean,
  ) {}

  add(records: readonly ShownRecord[]): void {
    if (records.length === 0) return;
    if (this.asJson) this.terminal.out(records.map(({ line }) => `${line}\n`).join(''));
    else {
      for (const { record } of records) {
        this.rows.push(rowOf(record));
        if (this.rows.length >= TABLE_ROWS) this.flush();
      }
    }
  }

  flush(): void {
    if (this.asJson || (this.rows.length === 0 && this.isBegun)) return;
    // No narrower than before.
    this.header = this.header.map((title, column) =>
      title.padEnd(this.rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0)),
    );
    const text = table(this.header, this.rows);
    this.terminal.out(this.isBegun ? text.slice(text.indexOf('\n') + 1) : text);
    this.isBegun = true;
    this.rows = [];
  }
}

function rowOf({ id, time, action, application, secret, outcome, source, latencyMs, peer, count }: AuditRecord): string[] {
  const cells = [id, time, action, application, secret, outcome, source, latencyMs, peer, count];
  return cells.map((cell) => (cell === undefined ? '-' : String(cell)));
}

/** @throws {UsageError} */
function filterOf({ since, application, secret, action }: FilterOptions): RecordFilter {
  if (action !== undefined && !AGENT_AUDIT_ACTIONS.some((known) => known === action))
    throw new UsageError(`--action is "${action}": there are ${AGENT_AUDIT_ACTIONS.join(', ')}.`);
  return { application, secret, action, since: since === undefined ? undefined : timeOf(since) };
}

function timeOf(text: string): number {
  const seconds = parseDuration(text);
  const time = seconds === undefined ? (/^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN) : Date.now() - seconds * 1_000;
  if (Number.isNaN(time))
    throw new UsageError(`--since is "${text}": write a duration, such as 1h, or a time, such as 2025-05-30T18:00:00Z.`);
  return time;
}

function headOf(text: string): KnownHead {
  const [, id, hash] = /^([1-9]\d{0,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (id === undefined || hash === undefined)
    throw new UsageError(`--head is "${text}": write <id>:<hash>, as axiomrunner audit verify prints it.`);
  return { id: Number(id), hash };
}

/** @throws {UsageError}, {SettingsError} where there is no trail that this user may read */
async function folderOf({ folder: named, config }: TrailOptions): Promise<string> {
  if (named !== undefined && config !== undefined) throw new UsageError('Give --folder or --config, not both.');
  const folder = named ?? (await configuredFolder(config));
  try {
    await readdir(folder);
    return folder;
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const mend =
      code === 'EACCES'
        ? 'Run the command as the user of the agent, or as root.'
        : 'Name it: --folder <path>, or --config with the configuration of the agent.';
    throw new SettingsError([{ variable: 'audit trail', found: `${folder} cannot be read (${code})`, mend }]);
  }
}

async function configuredFolder(config: string | undefined): Promise<string> {
  const { readAgentConfig, stateFolder } = await import('../agent/config/read-agent-config.js');
  return join(stateFolder(await readAgentConfig(config)), 'audit');
}

async function untilInterrupted(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await work(interrupted.signal);
  } finally {
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
  }
}
