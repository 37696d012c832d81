import { join } from 'node:path';
import type { System } from '@axiom-runner/protocol';
import type { Settings } from '../config/settings.js';
import type { StateKey } from '../guard/state-key.js';
import type { Ledger } from '../integrations/ledger.js';
import { createLedger } from '../ledger/ledger.js';
import { NO_LEDGER } from '../ledger/no-ledger.js';
import type { LedgerStore } from '../ledger/store.js';
import type { Network } from '../operations/transport.js';

/** Folder beside the secrets of the engine `file`; no secret's name starts with a dot. */
const LEDGER_FOLDER = '.ledger';

/** Where ledgers are, and whose they are. */
export type LedgerPlace = Pick<Settings, 'tenantId' | 'runnerGroupId' | 'stateKeySecretId' | 'ledgerTable' | 'secretStore'>;

/** What ledgers are opened with. */
export interface LedgersOptions {
  readonly stateKey: StateKey;
  readonly network: Network;
}

/** The ledger of each system: in the table of the settings, in a folder for development, or none. */
export async function openLedgers(settings: LedgerPlace, { stateKey, network }: LedgersOptions): Promise<(system: System) => Ledger> {
  const { tenantId, runnerGroupId, stateKeySecretId } = settings;
  const store = await openStore(settings, network);
  if (store === undefined) return () => NO_LEDGER;
  const group = { tenantId, runnerGroupId };
  return (system) => createLedger({ store, stateKey, confidential: stateKeySecretId !== undefined, group, system });
}

/** The SDK is loaded only where there is a table: a runner without one does not pay for it. */
async function openStore({ ledgerTable, secretStore }: LedgerPlace, { agent }: Network): Promise<LedgerStore | undefined> {
  if (ledgerTable !== undefined) {
    const { dynamoDbStore } = await import('../ledger/dynamodb-store.js');
    return dynamoDbStore({ table: ledgerTable, agent });
  }
  if (secretStore.engine !== 'file') return undefined;
  const { ledgerFolder } = await import('../ledger/file-store.js');
  return ledgerFolder(join(secretStore.folder, LEDGER_FOLDER));
}
