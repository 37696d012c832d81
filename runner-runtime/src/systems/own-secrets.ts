import { FILE_SECRETS_STORE_ENGINE } from '../../../contract/environment.js';
import type { Settings } from '../config/settings.js';
import { RunnerError } from '../errors.js';
import type { Redactor } from '../guard/redaction.js';
import { StateKey } from '../guard/state-key.js';
import { awsSecretsManager } from '../secrets/aws-secrets-manager.js';
import { fileStore } from '../secrets/file-store.js';
import type { SecretStore } from '../secrets/secret-store.js';
import { textOf } from '../secrets/text-secret.js';

/** The stores that a runner reads. */
export interface Stores {
  /** Integration secrets; through the proxy role where there is one. */
  readonly integrations: SecretStore;
  /** The runner's own secrets (API key, state key); always with its own role. */
  readonly own: SecretStore;
}

/** Opens the stores of the settings. Nothing is read yet. */
export function openStores({
  secretStore,
  network,
  tenantId,
  runnerGroupId,
}: Pick<Settings, 'secretStore' | 'network' | 'tenantId' | 'runnerGroupId'>): Stores {
  if (secretStore.engine === FILE_SECRETS_STORE_ENGINE) {
    const store = fileStore(secretStore.folder);
    return { integrations: store, own: store };
  }
  const sessionName = `axiom-runner-${tenantId}-${runnerGroupId}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
  const own = awsSecretsManager({ network, sessionName });
  const { region, proxyRole } = secretStore;
  return {
    own,
    integrations: region === undefined && proxyRole === undefined ? own : awsSecretsManager({ region, proxyRole, network, sessionName }),
  };
}

/** The API key of the settings, read anew each time: a rotated key needs no restart. The redactor keeps it out of every line from then on. */
export async function readApiKey({ apiKey }: Settings, store: SecretStore, redactor: Redactor): Promise<string> {
  if ('value' in apiKey) return apiKey.value;
  const key = textOf((await store.read(apiKey.secretId)).current, 'RUNNER_API_KEY', apiKey.secretId);
  redactor.hold([key]);
  return key;
}

/** What a runner without a state key cannot promise; said at every start. */
export const WITHOUT_STATE_KEY =
  'RUNNER_STATE_KEY_SECRET_ID is not set: names of created objects can be foretold, and a hostile control plane could forge intents and marks.';

/** The group's state key, with the secret's previous version for reading. Without the setting a key that protects against accidents only. */
export async function readStateKey(
  { stateKeySecretId, tenantId, runnerGroupId }: Pick<Settings, 'stateKeySecretId' | 'tenantId' | 'runnerGroupId'>,
  store: SecretStore,
  redactor: Redactor,
): Promise<StateKey> {
  if (stateKeySecretId === undefined) return new StateKey(`unprotected ${JSON.stringify([tenantId, runnerGroupId])}`);
  const { current, previous } = await store.readWithPrevious(stateKeySecretId);
  const key = (text: string) => longEnough(textOf(text, 'RUNNER_STATE_KEY', stateKeySecretId), stateKeySecretId);
  const older = previous === undefined ? [] : [key(previous)];
  redactor.hold([key(current), ...older]);
  return new StateKey(key(current), older);
}

const SHORTEST_STATE_KEY = 32;

function longEnough(key: string, secretId: string): string {
  if (key.length >= SHORTEST_STATE_KEY) return key;
  throw new RunnerError('SECRET_MALFORMED', `The state key in ${secretId} has ${key.length} characters.`, {
    object: secretId,
    mend: `Store at least ${SHORTEST_STATE_KEY} random characters.`,
  });
}
