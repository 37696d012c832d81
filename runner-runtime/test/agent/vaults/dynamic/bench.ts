import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicSecretSettings } from '../../../../src/agent/config/agent-settings.js';
import type { DynamicVault } from '../../../../src/agent/vaults/dynamic/dynamic-vault.js';
import type { LeaseEvent } from '../../../../src/agent/vaults/dynamic/lease-event.js';
import { type DynamicVaultOptions, openDynamicVault } from '../../../../src/agent/vaults/dynamic/open-dynamic-vault.js';
import type { VaultRequest, VaultSecret } from '../../../../src/agent/vaults/vault.js';
import { Redactor } from '../../../../src/guard/redaction.js';
import { createLogger } from '../../../../src/operations/logger.js';
import { SecretFolder } from '../../../process/support/secret-folder.js';

export const SECRET_ID = 'db-production';
export const GROUP = { tenantId: 'acme', runnerGroupId: 'group-1' };
export const STATE_KEY = 'a state key of at least 32 characters';
export const STATE_KEY_SECRET = 'axiom-runner/state-key';
export const HOUR = 3600;
/** Unix seconds; ahead of the servers' own clocks, so that nothing expires there by itself. */
const START = 1_900_000_000;

export const SETTINGS = { tenant_id: GROUP.tenantId, runner_group_id: GROUP.runnerGroupId, state_key_secret_id: STATE_KEY_SECRET };
export const NETWORK = { proxy: undefined, noProxy: undefined, extraCa: undefined };

/** Read on the orders, for an hour. */
export const ORDERS: DynamicSecretSettings = {
  system: 'postgresql/db.example.com',
  target: { kind: 'table', path: ['app', 'sales', 'orders'] },
  permission: 'Read',
  lease: HOUR,
};

/** Folders, clock and listeners of the agents of one host. */
export class Bench {
  seconds = START;
  readonly #folder = mkdtempSync(join(tmpdir(), 'axiom-dynamic-'));
  readonly secrets = new SecretFolder(join(this.#folder, 'secrets'));
  readonly stateFolder = join(this.#folder, 'state');
  readonly events: LeaseEvent[] = [];
  readonly lines: string[] = [];
  readonly redactor = new Redactor();
  readonly #vaults: DynamicVault[] = [];
  readonly #waiting: (() => void)[] = [];

  /** @param secrets integration secrets by their name */
  constructor(secrets: Readonly<Record<string, object>>) {
    this.secrets.put(STATE_KEY_SECRET, STATE_KEY);
    for (const [name, secret] of Object.entries(secrets)) this.secrets.put(name, secret);
  }

  /** Starts an agent's vault that {@link leave} closes, and waits until it has looked for what an earlier life left. */
  async open(dynamic: Partial<DynamicSecretSettings> = {}, changes: Partial<DynamicVaultOptions> = {}): Promise<DynamicVault> {
    const vault = await openDynamicVault({
      settings: SETTINGS,
      secrets: { [SECRET_ID]: { dynamic: { ...ORDERS, ...dynamic } } },
      secretStore: { engine: 'file', folder: this.secrets.path },
      network: NETWORK,
      stateFolder: this.stateFolder,
      redactor: this.redactor,
      // Not redacted: what is found here was written.
      log: createLogger({ level: 'trace', write: (line) => this.lines.push(line) }),
      now: () => this.seconds * 1000,
      onLease: (event) => {
        this.events.push(event);
        for (const resolve of this.#waiting.splice(0)) resolve();
      },
      ...changes,
    });
    this.#vaults.push(vault);
    await vault.tend();
    return vault;
  }

  /** Kinds of the events so far. */
  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }

  /** Waits for the next event. */
  nextEvent(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async leave(): Promise<void> {
    await Promise.all(this.#vaults.map((vault) => vault.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function request(application: string, changes: Partial<VaultRequest> = {}): VaultRequest {
  return { id: SECRET_ID, settings: undefined, application, signal: new AbortController().signal, ...changes };
}

export function ask(vault: DynamicVault, application = 'shop'): Promise<VaultSecret> {
  return vault.fetch(request(application));
}
