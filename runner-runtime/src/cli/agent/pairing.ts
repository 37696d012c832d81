import { hostname } from 'node:os';
import { EXIT_FAILED, EXIT_OK } from '../../../../contract/exit-codes.js';
import { type AgentSettings, type SecretSettings, secretId } from '../../agent/config/agent-settings.js';
import { readAgentConfig, stateFolder } from '../../agent/config/read-agent-config.js';
import { readClientCertificate, readSecretFile } from '../../agent/pairing/client-certificate.js';
import type { PairingWay } from '../../agent/pairing/pairing.js';
import { identityStoreOf, openVault } from '../../agent/vaults/open-vault.js';
import { readNetwork } from '../../config/read-network.js';
import { createLogger } from '../../operations/logger.js';
import { json, type Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

/** Options of `agent pair`. */
export interface PairOptions {
  /** Path of the agent's configuration. */
  readonly config?: string;
  /** One-time token; `-` reads it from standard input. */
  readonly token?: string;
  /** Private file that holds the one-time token. */
  readonly tokenFile?: string;
  /** What the vault calls the agent. @default the host's name */
  readonly name?: string;
  /** PEM file of a client certificate; with `key`. */
  readonly cert?: string;
  /** Private PEM file of its key. */
  readonly key?: string;
  /** Client of the vault. @default with `cert`: the common name of its subject */
  readonly clientId?: string;
  /** Private file that holds the client's secret. */
  readonly clientSecretFile?: string;
  /** PEM file of the only authority that vouches for the vault from now on. */
  readonly ca?: string;
  /** Id of a secret that must be readable, too. */
  readonly check?: string;
  readonly json?: boolean;
}

/** Options of `agent unpair`. */
export type UnpairOptions = Pick<PairOptions, 'config' | 'json'>;

/** What the commands have from their process. */
export interface PairingProcess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: AsyncIterable<Uint8Array | string>;
}

/** A token is short; whatever is longer is another file. */
const MOST_STDIN = 65_536;
const WAYS = '--token or --token-file, --cert with --key, or --client-id with --client-secret-file';

/** The command `agent pair`: makes the agent known to its vault, signs in, and keeps the identity. */
export async function pair(options: PairOptions, terminal: Terminal, process: PairingProcess = ownProcess()): Promise<number> {
  const session = await openAgent(options.config, terminal, process.environment);
  const { settings, store, access } = session;
  const check = options.check === undefined ? undefined : secretToCheck(options.check, settings);
  if (settings.vault.type === 'aws-secrets-manager') {
    refusePairingOptions(options);
    const vault = await openVault(settings, session.options);
    const signedInAs = await vault.test(access.signal);
    if (check !== undefined) await vault.fetch({ ...check, application: 'pairing', signal: access.signal });
    await vault.close();
    const said = `AWS Secrets Manager takes the role of the host: there is nothing to pair. Signed in as ${signedInAs}.${readable(check?.id)}\n`;
    terminal.out(
      options.json ? json({ paired: false, vault: settings.vault.type, signedInAs, ...(check && { checked: check.id }) }) : said,
    );
    return EXIT_OK;
  }
  const way = await wayOf(options, terminal, process.stdin);
  const { pairAgent } = await import('../../agent/pairing/pairing.js');
  const { readAuthority } = await import('../../agent/vaults/segura/open-segura.js');
  const ca = options.ca === undefined ? undefined : await readAuthority(options.ca, '--ca');
  const pairing = await pairAgent({ ...access, settings: settings.vault, way, ca, store, check });
  const { vault, kind, clientId, expiresAt, replaced } = pairing;
  const ends = expiresAt === undefined ? undefined : `${new Date(expiresAt * 1000).toISOString().slice(0, 19)}Z`;
  if (replaced !== undefined) terminal.err(`The vault still has the client ${replaced}, which this agent was before: remove it there.\n`);
  if (options.json) {
    terminal.out(
      json({
        paired: true,
        vault,
        kind,
        clientId,
        identity: store.path,
        ...(ends && { expiresAt: ends }),
        ...(check && { checked: check.id }),
      }),
    );
    return EXIT_OK;
  }
  terminal.out(`Paired with ${vault} as ${clientId}${ends === undefined ? '' : `, until ${ends}`}; signed in.${readable(check?.id)}\n`);
  terminal.out(`The identity is in ${store.path}. Restart a running agent: it keeps the one that it started with.\n`);
  return EXIT_OK;
}

/** The command `agent unpair`: forgets the identity, and ends in the vault what the agent registered itself. */
export async function unpair(
  options: UnpairOptions,
  terminal: Terminal,
  process: Pick<PairingProcess, 'environment'> = ownProcess(),
): Promise<number> {
  const { settings, store, access } = await openAgent(options.config, terminal, process.environment);
  if (settings.vault.type === 'aws-secrets-manager') {
    throw new UsageError('AWS Secrets Manager takes the role of the host: there is nothing to unpair. Take the rights from the role.');
  }
  const { unpairAgent } = await import('../../agent/pairing/pairing.js');
  const { removed, remaining } = await unpairAgent({ ...access, settings: settings.vault, store });
  if (remaining !== undefined) terminal.err(`The vault still has the client of this agent (${remaining}): remove it there.\n`);
  terminal.out(
    options.json
      ? json({ removed, ...(remaining && { remaining }) })
      : removed
        ? `The identity in ${store.path} is gone.\n`
        : 'The agent was not paired.\n',
  );
  return removed ? EXIT_OK : EXIT_FAILED;
}

async function openAgent(config: string | undefined, terminal: Terminal, environment: PairingProcess['environment']) {
  const settings = await readAgentConfig(config, environment);
  const options = {
    network: readNetwork(environment),
    stateFolder: stateFolder(settings, environment),
    log: createLogger({ level: 'warn', write: terminal.err }),
    now: Date.now,
    environment,
  };
  const { network, log, now } = options;
  const access = { network, log, now, timeoutMs: settings.limits.vault_timeout * 1000, signal: new AbortController().signal };
  return { settings, options, access, store: await identityStoreOf(settings, options) };
}

function secretToCheck(id: string, settings: AgentSettings): { readonly id: string; readonly settings: SecretSettings | undefined } {
  if (!secretId.safeParse(id).success) throw new UsageError(`--check: "${id.slice(0, 100)}" is no id of a secret.`);
  const secret = Object.hasOwn(settings.secrets, id) ? settings.secrets[id] : undefined;
  if (secret?.dynamic !== undefined) throw new UsageError(`--check: ${id} is dynamic; the vault does not hold it.`);
  return { id, settings: secret };
}

function refusePairingOptions({ token, tokenFile, cert, key, clientId, clientSecretFile, ca }: PairOptions): void {
  if ([token, tokenFile, cert, key, clientId, clientSecretFile, ca].every((option) => option === undefined)) return;
  throw new UsageError(
    'The configuration names AWS Secrets Manager, which takes the role of the host: give no token, certificate, client or authority, or set vault.type to segura.',
  );
}

async function wayOf(options: PairOptions, terminal: Terminal, stdin: PairingProcess['stdin']): Promise<PairingWay> {
  const { token, tokenFile, cert, key, clientId, clientSecretFile, name = hostname() } = options;
  const byToken = token !== undefined || tokenFile !== undefined;
  const byCertificate = cert !== undefined || key !== undefined;
  const bySecret = clientSecretFile !== undefined;
  if ([byToken, byCertificate, bySecret].filter(Boolean).length !== 1) throw new UsageError(`Give one of ${WAYS}.`);
  if (byToken) {
    if ((token === undefined) === (tokenFile === undefined) || clientId !== undefined) throw new UsageError(`Give one of ${WAYS}.`);
    return { kind: 'token', clientName: name, token: await oneTimeToken(options, terminal, stdin) };
  }
  if (bySecret) {
    if (clientId === undefined) throw new UsageError('--client-secret-file needs --client-id.');
    return {
      kind: 'client',
      clientId,
      clientSecret: oneLine(await readSecretFile(clientSecretFile, '--client-secret-file'), '--client-secret-file'),
    };
  }
  if (cert === undefined || key === undefined) throw new UsageError('--cert and --key belong together.');
  const { commonName, ...certificate } = await readClientCertificate(cert, key, Date.now());
  const id = clientId ?? commonName;
  if (id === undefined) throw new UsageError('The certificate has no common name: give --client-id.');
  return { kind: 'certificate', clientId: id, ...certificate };
}

async function oneTimeToken({ token, tokenFile }: PairOptions, terminal: Terminal, stdin: PairingProcess['stdin']): Promise<string> {
  if (tokenFile !== undefined) return oneLine(await readSecretFile(tokenFile, '--token-file'), '--token-file');
  if (token === '-') return oneLine(await readAll(stdin), 'Standard input');
  terminal.err(
    'Others on this host can see a token on the command line: give --token - and the token on standard input, or --token-file.\n',
  );
  return oneLine(token ?? '', '--token');
}

function oneLine(text: string, source: string): string {
  const line = text.trim();
  if (/^[\x21-\x7e]+$/.test(line)) return line;
  throw new UsageError(`${source} holds ${line === '' ? 'nothing' : 'more than one word'}: give the token or secret alone.`);
}

async function readAll(stdin: PairingProcess['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.length;
    if (size > MOST_STDIN) throw new UsageError('Standard input holds no token.');
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readable(id: string | undefined): string {
  return id === undefined ? '' : ` ${id} is readable.`;
}

function ownProcess(): PairingProcess {
  const { env: environment, stdin } = process;
  return { environment, stdin };
}
