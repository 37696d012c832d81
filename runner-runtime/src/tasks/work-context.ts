import { type PolicySettings, type Settings, SettingsError } from '../config/settings.js';
import { Guard } from '../guard/admission.js';
import { allowedSystems } from '../guard/allow-list.js';
import { cedarPolicy, type Policy, PolicySyntaxError } from '../guard/policy.js';
import type { Redactor } from '../guard/redaction.js';
import type { Logger } from '../operations/logger.js';
import type { Metrics } from '../operations/metrics.js';
import { openNetwork } from '../operations/transport.js';
import { openLedgers } from '../systems/ledgers.js';
import { openStores, readStateKey, type Stores } from '../systems/own-secrets.js';
import { Reaper } from '../systems/reaper.js';
import { Systems } from '../systems/systems.js';
import { SealedDocuments } from './sealed-documents.js';

/** What both the worker and the commands work with, made once from the settings. */
export interface WorkContext {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly systems: Systems;
  readonly reaper: Reaper;
  readonly guard: Guard;
  readonly documents: SealedDocuments;
  readonly redactor: Redactor;
}

/** What a work context is told besides the settings. */
export interface WorkContextOptions {
  readonly log: Logger;
  /** Takes the records of accesses that the reaper ends. @default log */
  readonly records?: Logger;
  readonly redactor: Redactor;
  readonly metrics?: Metrics;
  /** Unix milliseconds. @default the system clock */
  readonly now?: () => number;
}

/**
 * Reads the state key and puts the parts together.
 * @throws {RunnerError} when the state key cannot be read
 * @throws {SettingsError} when the policies cannot be parsed
 */
export async function createWorkContext(
  settings: Settings,
  { log, records = log, redactor, metrics, now = Date.now }: WorkContextOptions,
): Promise<WorkContext> {
  const { tenantId, runnerGroupId, verificationKeys, recipientKeys, allowed, maxDurationSeconds } = settings;
  const group = { tenantId, runnerGroupId };
  const stores = openStores(settings);
  const stateKey = await readStateKey(settings, stores.own, redactor);
  const policy = settings.policies === undefined ? undefined : await readPolicies(settings.policies);
  const network = openNetwork(settings.network);
  const systems = new Systems({
    group,
    stateKey,
    store: stores.integrations,
    redactor,
    log,
    now,
    network,
    ledgerOf: await openLedgers(settings, { stateKey, network }),
    onSecretError: (error) => metrics?.secretError(error.code),
  });
  for (const system of allowedSystems(allowed)) systems.watch(system);
  return {
    settings,
    redactor,
    stores,
    systems,
    reaper: new Reaper({ systems, log, records, now, onOverdue: (count) => metrics?.overdue(count) }),
    guard: new Guard({ ...group, verificationKeys, recipientKeys, allowed, maxDurationSeconds, policy }, now),
    documents: new SealedDocuments(stateKey, group),
  };
}

/** Words of the parser quote the text: those of a file help, those of a variable, which may hold anything by mistake, stay out. */
async function readPolicies({ text, variable }: PolicySettings): Promise<Policy> {
  try {
    return await cedarPolicy(text);
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    throw new SettingsError([
      {
        variable,
        found: `is no set of Cedar policies${variable === 'RUNNER_POLICY' ? ` (${error.place})` : `: ${error.message}`}`,
        mend: 'See docs/policies.md.',
      },
    ]);
  }
}
