import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { configError, systemCode, usageError } from '../errors.js';
import { DEFAULT_HOME, type Home, type HomeOptions, openHome, openOrCreateHome } from '../home/home.js';
import type { Settings } from '../home/state.js';
import type { LinkOptions } from '../temporal/link.js';
import type { Shell } from './shell.js';

interface GlobalOptions {
  readonly home?: string;
  readonly json?: boolean;
  readonly address?: string;
  readonly tls?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly apiKeyFile?: string;
}

type ConnectionSettings = Partial<Pick<Settings, 'address' | 'tls' | 'caFile' | 'certFile' | 'keyFile'>>;

/** One run of a command: its global options, state and output. */
export class Invocation {
  readonly #globals: GlobalOptions;
  #progressShown = false;

  constructor(
    readonly shell: Shell,
    command: Command,
  ) {
    this.#globals = command.optsWithGlobals<GlobalOptions>();
  }

  get isJson(): boolean {
    return this.#globals.json === true;
  }

  /** Opens the state folder; options and environment override its settings for this run. */
  async openHome(): Promise<Home> {
    return this.#overridden(await openHome(this.#folder()));
  }

  /** Opens the state folder, or makes it for a tenant. @throws {ControlPlaneError} when it is another tenant's */
  async openOrCreateHome(options: Pick<HomeOptions, 'tenantId' | 'namespace'>): Promise<Home> {
    const home = await openOrCreateHome(this.#folder(), { ...this.#connection(), ...options });
    if (options.tenantId !== undefined && options.tenantId !== home.settings.tenantId) {
      throw usageError(
        `${home.folder} is the home of tenant ${home.settings.tenantId}, not of ${options.tenantId}.`,
        'name another folder with --home: one tenant, one home',
      );
    }
    return this.#overridden(home);
  }

  /** How this run connects, besides what the home says. */
  async linkOptions(): Promise<LinkOptions> {
    const { env } = this.shell;
    const file = this.#globals.apiKeyFile ?? env['AXIOM_API_KEY_FILE'];
    if (file === undefined) return { apiKey: env['AXIOM_API_KEY'] || undefined };
    const apiKey = await readFile(file, 'utf8').catch((error) => {
      throw configError(
        `${file} cannot be read (${systemCode(error) ?? 'unknown error'}).`,
        'correct --api-key-file or AXIOM_API_KEY_FILE',
      );
    });
    return { apiKey: apiKey.trim() };
  }

  /** Prints the answer: as JSON, or for people. */
  print(value: unknown, human: string): void {
    this.clearProgress();
    this.shell.out(this.isJson ? `${JSON.stringify(value, undefined, 2)}\n` : human);
  }

  /** Shows what is going on, on a terminal only. */
  progress(text: string): void {
    if (!this.shell.isTerminal) return;
    this.shell.err(`\r\u001b[K${text}`);
    this.#progressShown = true;
  }

  clearProgress(): void {
    if (this.#progressShown) this.shell.err('\r\u001b[K');
    this.#progressShown = false;
  }

  #folder(): string {
    return this.#globals.home ?? (this.shell.env['AXIOM_HOME'] || DEFAULT_HOME);
  }

  #overridden(home: Home): Home {
    return { ...home, settings: { ...home.settings, ...this.#connection() } };
  }

  #connection(): ConnectionSettings {
    const { env } = this.shell;
    const { address, caFile, certFile, keyFile } = this.#globals;
    const tls = this.#globals.tls ?? env['AXIOM_TLS'];
    if (tls !== undefined && tls !== '' && tls !== 'on' && tls !== 'off') {
      throw configError(`TLS is set to "${tls}".`, 'set --tls or AXIOM_TLS to on or off');
    }
    const settings = {
      address: address ?? env['AXIOM_ACTIONS_ADDRESS_AND_PORT'],
      tls,
      caFile: absolute(caFile ?? env['AXIOM_TLS_CA_FILE']),
      certFile: absolute(certFile ?? env['AXIOM_TLS_CERT_FILE']),
      keyFile: absolute(keyFile ?? env['AXIOM_TLS_KEY_FILE']),
    };
    return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== ''));
  }
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined || path === '' ? undefined : resolve(path);
}
