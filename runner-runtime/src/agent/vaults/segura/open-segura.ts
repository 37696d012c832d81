import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type NetworkSettings, SettingsError } from '../../../config/settings.js';
import { RunnerError } from '../../../errors.js';
import type { Logger } from '../../../operations/logger.js';
import { type Fetch, openNetwork } from '../../../operations/transport.js';
import type { SeguraVaultSettings } from '../../config/agent-settings.js';
import type { Identity } from '../../pairing/identity.js';
import type { Vault } from '../vault.js';
import { endpointsOf } from './endpoints.js';
import { seguraVault } from './segura-vault.js';

/** What the vault is reached with. */
export interface SeguraAccess {
  readonly network: NetworkSettings;
  /** Longest time of one call, ms. */
  readonly timeoutMs: number;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Opens the vault as somebody. Nothing is asked yet.
 * @throws {RunnerError} `SECRET_ACCESS_DENIED` for an identity of another vault
 * @throws {SettingsError} for an address or authority that is none
 */
export async function openSegura(settings: SeguraVaultSettings, identity: Identity, access: SeguraAccess): Promise<Vault> {
  const { base } = endpointsOf(settings);
  if (identity.vault !== base) {
    throw new RunnerError('SECRET_ACCESS_DENIED', 'The identity of the agent was made for another vault.', {
      object: identity.vault,
      mend: `Set vault.url back, or pair with ${base}: axiomrunner agent pair.`,
    });
  }
  return seguraVault({ settings, identity, fetch: await seguraFetch(settings, identity, access.network), ...access });
}

/** The way to the vault: trusts the authority of the identity or of `vault.ca` alone where there is one, and shows the identity's certificate. */
export async function seguraFetch(
  settings: Pick<SeguraVaultSettings, 'ca'>,
  identity: Pick<Identity, 'ca'> | Identity,
  network: NetworkSettings,
): Promise<Fetch> {
  const ways = openNetwork(network);
  const ca = identity.ca ?? (settings.ca === undefined ? undefined : await readAuthority(settings.ca, 'vault.ca'));
  if ('kind' in identity && identity.kind === 'certificate')
    return ways.fetchAs({ certificate: identity.certificate, key: identity.key, ca });
  return ca === undefined ? ways.fetch : ways.fetchTrusting(ca);
}

/** Reads an authority's certificate. @param setting what named the file, for messages. @throws {SettingsError} */
export async function readAuthority(path: string, setting: string): Promise<string> {
  const fault = (found: string) =>
    new SettingsError([
      { variable: setting, found: `${path} ${found}`, mend: "Name a PEM file with the certificate of the vault's authority." },
    ]);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fault(`cannot be read (${error.code ?? 'unknown'})`);
  });
  try {
    new X509Certificate(text);
  } catch {
    throw fault('is no certificate in PEM');
  }
  return text;
}
