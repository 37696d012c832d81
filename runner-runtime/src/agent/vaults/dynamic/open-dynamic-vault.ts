import type { NetworkSettings, SecretStoreSettings } from '../../../config/settings.js';
import type { Redactor } from '../../../guard/redaction.js';
import type { Logger } from '../../../operations/logger.js';
import { openNetwork } from '../../../operations/transport.js';
import { openLedgers } from '../../../systems/ledgers.js';
import { openStores, readStateKey } from '../../../systems/own-secrets.js';
import { Reaper } from '../../../systems/reaper.js';
import { Systems } from '../../../systems/systems.js';
import type { DynamicSettings, SecretSettings } from '../../config/agent-settings.js';
import { dynamicSecrets } from './dynamic-secret.js';
import { DynamicVault } from './dynamic-vault.js';
import type { LeaseEvent } from './lease-event.js';
import { openRequestIds } from './request-ids.js';
import { TemporaryUsers } from './temporary-users.js';

const MOST_LEASES = 1_000;

/** What a dynamic vault is opened with. */
export interface DynamicVaultOptions {
  readonly settings: DynamicSettings;
  /** What the configuration says of secrets; those with `dynamic` are this vault's. */
  readonly secrets: Readonly<Record<string, Pick<SecretSettings, 'dynamic'>>>;
  /** Where the integration secrets and the state key are. */
  readonly secretStore: SecretStoreSettings;
  readonly network: NetworkSettings;
  /** The agent's state folder, in which `dynamic.json` is kept. */
  readonly stateFolder: string;
  /** Keeps passwords out of every line while their users stand. */
  readonly redactor: Redactor;
  readonly log: Logger;
  /** Unix milliseconds. @default the system clock */
  readonly now?: () => number;
  /** Most users at once, of all applications. @default 1,000 */
  readonly mostLeases?: number;
  /** Told of every user that is made, ended, or could not be. */
  readonly onLease?: (event: LeaseEvent) => void;
}

/**
 * Checks the settings, reads the state key, starts the reaper of its systems and ends what an earlier life of this agent left behind. That a
 * system does not answer keeps nobody from opening the vault.
 * @throws {SettingsError} naming every fault of a dynamic secret
 * @throws {RunnerError} when the state key cannot be read
 * @throws {PrivateFileError} where the state folder is open to others or cannot be read
 */
export async function openDynamicVault({
  settings,
  secrets,
  secretStore,
  network: networkSettings,
  stateFolder,
  redactor,
  log,
  now = Date.now,
  mostLeases = MOST_LEASES,
  onLease,
}: DynamicVaultOptions): Promise<DynamicVault> {
  const group = { tenantId: settings.tenant_id, runnerGroupId: settings.runner_group_id };
  const place = { ...group, stateKeySecretId: settings.state_key_secret_id, ledgerTable: settings.ledger_table, secretStore };
  const hasLedger = settings.ledger_table !== undefined || secretStore.engine === 'file';
  const known = await dynamicSecrets(secrets, hasLedger);
  const requestIds = await openRequestIds(stateFolder);
  const stores = openStores({ ...group, secretStore, network: networkSettings });
  const stateKey = await readStateKey(place, stores.own, redactor);
  const network = openNetwork(networkSettings);
  const ledgerOf = await openLedgers(place, { stateKey, network });
  const systems = new Systems({ group, stateKey, store: stores.integrations, redactor, log, now, network, ledgerOf });
  for (const { system } of known.values()) systems.watch(system);
  const reaper = new Reaper({ systems, log, records: log, now });
  const users = new TemporaryUsers({ systems, group, now });
  const vault = new DynamicVault({ secrets: known, users, requestIds, reaper, redactor, log, now, mostLeases, onLease });
  reaper.start();
  void vault.tend();
  return vault;
}
