import { hostname } from 'node:os';
import type { NetworkSettings } from '../../config/settings.js';
import { RunnerError } from '../../errors.js';
import type { Logger } from '../../operations/logger.js';
import type { AgentSettings } from '../config/agent-settings.js';
import { type IdentityStore, openIdentityStore } from '../pairing/identity-store.js';
import type { Vault } from './vault.js';

/** What a vault is opened with. */
export interface OpenVaultOptions {
  readonly network: NetworkSettings;
  /** State folder of the agent. */
  readonly stateFolder: string;
  readonly log: Logger;
  /** Unix milliseconds. @default the clock */
  readonly now?: () => number;
  /** @default that of the process */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens the vault of the settings; the code of others is not loaded. Dynamic secrets are none of its own.
 * @throws {RunnerError} where the agent is not paired, or its identity cannot be read
 * @throws {SettingsError} for settings of the vault that cannot be
 */
export async function openVault(settings: AgentSettings, options: OpenVaultOptions): Promise<Vault> {
  const { network, log, now = Date.now } = options;
  const timeoutMs = settings.limits.vault_timeout * 1000;
  if (settings.vault.type === 'aws-secrets-manager') {
    const { awsVault } = await import('./aws-secrets-manager.js');
    return awsVault({ settings: settings.vault, network, sessionName: `axiomrunner-agent-${hostname()}`, timeoutMs, log, now });
  }
  const store = await identityStoreOf(settings, options);
  const identity = await store.read();
  if (identity === undefined) {
    throw new RunnerError('SECRET_ACCESS_DENIED', 'The agent is not paired with its vault.', {
      object: store.path,
      mend: 'Pair it: axiomrunner agent pair --token-file <file>, --cert with --key, or --client-id with --client-secret-file.',
    });
  }
  const { openSegura } = await import('./segura/open-segura.js');
  return openSegura(settings.vault, identity, { network, timeoutMs, log, now });
}

/** Where the identity of the agent of these settings is. */
export async function identityStoreOf(
  { identity }: Pick<AgentSettings, 'identity'>,
  { network, stateFolder, environment = process.env }: Pick<OpenVaultOptions, 'network' | 'stateFolder' | 'environment'>,
): Promise<IdentityStore> {
  const { kms_key_id: keyId, region } = identity;
  const cipher = keyId === undefined ? undefined : (await import('../pairing/kms-cipher.js')).kmsCipher({ keyId, region, network });
  return openIdentityStore({ folder: stateFolder, cipher, credentialsDirectory: environment['CREDENTIALS_DIRECTORY'] });
}
