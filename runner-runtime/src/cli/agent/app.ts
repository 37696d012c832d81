import { lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT_OK } from '../../../../contract/exit-codes.js';
import type { ApplicationStore, StoredApplication } from '../../agent/applications/application-store.js';
import { newToken, tokenDigest } from '../../agent/applications/token.js';
import { applicationName, secretPattern } from '../../agent/config/agent-settings.js';
import { parseDuration } from '../../config/duration.js';
import { SettingsError } from '../../config/settings.js';
import { writePrivateFile } from '../../operations/private-file.js';
import { json, type Terminal, table } from '../terminal.js';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly tokenFile?: string;
  readonly allow?: readonly string[];
  /** Seconds. */
  readonly overlap?: number;
}

const EXAMPLES = `
Examples:
  TOKEN=$(axiomrunner agent app add shop --allow db-production,mail/smtp)
  axiomrunner agent app add reports --allow 'prod/*' --token-file /run/reports/token
  axiomrunner agent app rotate shop --overlap 1h    the old token stays good for an hour

A token is shown once and kept as its SHA-256 only. A running agent takes every change within a second. Run these commands as the user that the agent runs as.`;

/** Adds `app` and its commands to the command `agent`: applications, their tokens, and what they may have. */
export function registerApp(parent: Command, terminal: Terminal, exit: (code: number) => void): void {
  const app = parent
    .command('app')
    .description('applications, their tokens, and the secrets that they may have')
    .addHelpText('after', EXAMPLES);
  const command = (usage: string, description: string) =>
    app.command(usage).description(description).option('--config <path>', "the agent's configuration").option('--json', 'answer as JSON');
  const withToken = (usage: string, description: string) =>
    command(usage, description).option('--token-file <path>', 'write the token to this file, mode 0600, instead of printing it');
  const name = ['<name>', 'name of the application', validName] as const;
  const ids = ['<ids...>', 'secret ids, <prefix>/* for all below it, or * for all', validPatterns] as const;

  withToken('add', 'add an application and print its token')
    .argument(...name)
    .addOption(new Option('--allow <ids>', 'what it may have, separated by commas').argParser(validPatterns).default([], 'nothing'))
    .action(async (application: string, options: Options) => {
      const { store, folder } = await openStore(options);
      const added = await issue(options, true, (sha256) => store.add(application, options.allow ?? [], sha256));
      tell(added, folder, options, terminal);
      exit(EXIT_OK);
    });
  withToken('rotate', 'give an application another token and print it')
    .argument(...name)
    .addOption(
      new Option('--overlap <duration>', 'how long the old token stays good, such as 1h').argParser(validDuration).default(0, 'not at all'),
    )
    .action(async (application: string, options: Options) => {
      const { store, folder } = await openStore(options);
      const rotated = await issue(options, false, (sha256) => store.rotate(application, sha256, options.overlap));
      tell(rotated, folder, options, terminal);
      exit(EXIT_OK);
    });
  for (const verb of ['allow', 'deny'] as const) {
    command(verb, verb === 'allow' ? 'let an application have more secrets' : 'take secrets away from an application, and all below them')
      .argument(...name)
      .argument(...ids)
      .action(async (application: string, patterns: readonly string[], options: Options) => {
        const { store } = await openStore(options);
        const { allow } = await store[verb](application, patterns);
        const shown = allow.length === 0 ? 'nothing' : allow.join(', ');
        terminal.out(options.json === true ? json({ application, allow }) : `${application} may have: ${shown}\n`);
        exit(EXIT_OK);
      });
  }
  command('revoke', 'remove an application; its tokens are refused from then on')
    .argument(...name)
    .action(async (application: string, options: Options) => {
      await (await openStore(options)).store.revoke(application);
      terminal.out(options.json === true ? json({ application, revoked: true }) : `${application} is removed; its tokens are refused.\n`);
      exit(EXIT_OK);
    });
  command('list', 'list the applications, those of the configuration included').action(async (options: Options) => {
    const { store, configured } = await openStore(options);
    list(configured, await store.list(), options, terminal);
    exit(EXIT_OK);
  });
}

interface OpenStore {
  readonly store: ApplicationStore;
  readonly folder: string;
  /** What the applications of the configuration may have. */
  readonly configured: ReadonlyMap<string, readonly string[]>;
}

async function openStore({ config }: Options): Promise<OpenStore> {
  const { readAgentConfig, stateFolder } = await import('../../agent/config/read-agent-config.js');
  const { ApplicationStore } = await import('../../agent/applications/application-store.js');
  const settings = await readAgentConfig(config);
  const configured = new Map(Object.entries(settings.applications).map(([name, { allow }]) => [name, allow]));
  const folder = stateFolder(settings);
  return { store: new ApplicationStore(folder, new Set(configured.keys())), folder, configured };
}

interface Issued {
  readonly application: StoredApplication;
  readonly token: string;
}

/**
 * Makes a token and gives its digest to the store. With a token file: into a draft beside it first, so that no application is left with a
 * token that nobody has.
 * @param isNew refuse a file that is there: it may be another application's
 */
async function issue({ tokenFile }: Options, isNew: boolean, keep: (sha256: string) => Promise<StoredApplication>): Promise<Issued> {
  const token = newToken();
  if (tokenFile === undefined) return { application: await keep(tokenDigest(token)), token };
  const draft = join(dirname(tokenFile), `.${basename(tokenFile)}.${process.pid}.new`);
  try {
    const found = await lstat(tokenFile).catch(() => undefined);
    if (found !== undefined && (isNew || !found.isFile())) throw notWritable(tokenFile, 'is there already', 'Name a file of its own.');
    await writePrivateFile(draft, `${token}\n`).catch(({ code = 'unknown' }: NodeJS.ErrnoException) => {
      throw notWritable(tokenFile, `cannot be written (${code})`, 'Name a file in a folder that this user may write to.');
    });
    const application = await keep(tokenDigest(token));
    await rename(draft, tokenFile);
    return { application, token };
  } finally {
    await rm(draft, { force: true });
  }
}

function notWritable(path: string, problem: string, mend: string): SettingsError {
  return new SettingsError([{ variable: '--token-file', found: `${path} ${problem}`, mend }]);
}

/** The token, alone on its line, to standard output; words for people to standard error. */
function tell({ application: { name, allow }, token }: Issued, folder: string, options: Options, terminal: Terminal): void {
  const { tokenFile } = options;
  if (options.json === true) terminal.out(json({ application: name, allow, ...(tokenFile === undefined ? { token } : { tokenFile }) }));
  else if (tokenFile === undefined) terminal.out(`${token}\n`);
  if (!terminal.watched) return;
  terminal.err(
    tokenFile === undefined
      ? `Above: the token of ${name}. It is not shown again: give it to the application as SEGURA_AGENT_TOKEN, or in a file of mode 0600.\n`
      : `${tokenFile} holds the token of ${name}.\n`,
  );
  if (allow.length === 0) terminal.err(`It may have nothing yet: axiomrunner agent app allow ${name} <ids>\n`);
  terminal.err(`Kept in ${folder}, as its SHA-256.\n`);
}

function list(
  configured: ReadonlyMap<string, readonly string[]>,
  stored: readonly StoredApplication[],
  { json: asJson }: Options,
  terminal: Terminal,
): void {
  const now = new Date().toISOString();
  const entries = [
    ...[...configured].map(([application, allow]) => ({ application, source: 'configuration', allow, tokens: [] })),
    ...stored
      .filter(({ name }) => !configured.has(name))
      .map(({ name, allow, tokens }) => ({
        application: name,
        source: 'state folder',
        allow,
        tokens: tokens
          .filter(({ validUntil }) => validUntil === undefined || validUntil > now)
          .map(({ createdAt, validUntil }) => ({ createdAt, ...(validUntil === undefined ? {} : { validUntil }) })),
      })),
  ];
  if (asJson === true) terminal.out(json(entries));
  else {
    terminal.out(
      table(
        ['APPLICATION', 'MAY HAVE', 'TOKEN SINCE', 'FROM'],
        entries.map(({ application, allow, tokens, source }) => [
          application,
          allow.join(', ') || 'nothing',
          tokens
            .map(({ createdAt, validUntil }) => (validUntil === undefined ? createdAt : `${createdAt} (until ${validUntil})`))
            .join(', ') || '-',
          source,
        ]),
      ),
    );
  }
}

function validName(text: string): string {
  const parsed = applicationName.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Allowed: ${parsed.error.issues[0]?.message ?? 'another name'}.`);
}

/** Patterns, by commas, behind those that were given before. */
function validPatterns(text: string, before: readonly string[] = []): string[] {
  const patterns = text.split(',').map((pattern) => pattern.trim());
  for (const pattern of patterns) {
    const parsed = secretPattern.safeParse(pattern);
    if (!parsed.success) throw new InvalidArgumentError(`Allowed: ${parsed.error.issues[0]?.message ?? 'another id'}.`);
  }
  return [...before, ...patterns];
}

function validDuration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds <= MAX_OVERLAP_SECONDS) return seconds;
  throw new InvalidArgumentError('Allowed: a whole number and one of s, m, h, d, such as 1h; at most 30d.');
}

/** Longer, and it is a second token rather than a change of it. */
const MAX_OVERLAP_SECONDS = 30 * 86_400;
