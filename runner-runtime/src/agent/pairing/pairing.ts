import type { SecretSettings, SeguraVaultSettings } from '../config/agent-settings.js';
import { type Endpoints, endpointsOf } from '../vaults/segura/endpoints.js';
import { openSegura, type SeguraAccess, seguraFetch } from '../vaults/segura/open-segura.js';
import { vaultHttp } from '../vaults/segura/vault-http.js';
import { endRegistration, registerClient } from './client-registration.js';
import type { Identity } from './identity.js';
import type { IdentityStore } from './identity-store.js';

/** By what the agent becomes known to the vault. */
export type PairingWay =
  /** A one-time token, which the vault exchanges for a client of its own. */
  | { readonly kind: 'token'; readonly token: string; readonly clientName: string }
  /** A client that the vault's administrator made. */
  | { readonly kind: 'client'; readonly clientId: string; readonly clientSecret: string }
  /** A certificate that the vault knows; PEM. */
  | { readonly kind: 'certificate'; readonly clientId: string; readonly certificate: string; readonly key: string };

/** What is paired with what. */
export interface PairingRequest extends SeguraAccess {
  readonly settings: SeguraVaultSettings;
  readonly way: PairingWay;
  /** PEM of the only authority that vouches for the vault from now on. @default that of `vault.ca`, or the system's */
  readonly ca?: string | undefined;
  readonly store: IdentityStore;
  /** A secret that must be readable, too. */
  readonly check?: { readonly id: string; readonly settings: SecretSettings | undefined } | undefined;
  readonly signal: AbortSignal;
}

/** What came of a pairing. */
export interface Pairing {
  readonly vault: string;
  readonly kind: Identity['kind'];
  readonly clientId: string;
  /** Until when the vault takes the identity, unix seconds. */
  readonly expiresAt: number | undefined;
  /** The client that the agent was before, which the vault still has. */
  readonly replaced: string | undefined;
}

/**
 * Becomes known to the vault, signs in, and only then keeps the identity: a failure leaves what there was.
 * @throws {RunnerError} `SECRET_ACCESS_DENIED` for what the vault does not accept, `SECRET_STORE_UNAVAILABLE`, and as the check does
 */
export async function pairAgent(request: PairingRequest): Promise<Pairing> {
  const { settings, way, ca, store, check, signal } = request;
  const endpoints = endpointsOf(settings);
  await store.prepare();
  const before = await store.read().catch(() => undefined);
  const identity = await identityOf(request, endpoints, ca);
  try {
    const vault = await openSegura(settings, identity, request);
    await vault.test(signal);
    if (check !== undefined) await vault.fetch({ ...check, application: 'pairing', signal });
    await vault.close();
    await store.write(identity);
  } catch (error) {
    // The token is spent; its client would stay in the vault with nobody to use it.
    if (way.kind === 'token') await end(identity, request).catch(() => false);
    throw error;
  }
  const replaced = before !== undefined && before.clientId !== identity.clientId ? before.clientId : undefined;
  return { vault: identity.vault, kind: identity.kind, clientId: identity.clientId, expiresAt: identity.expiresAt, replaced };
}

/** What came of an unpairing. */
export interface Unpairing {
  /** Whether there was an identity here. */
  readonly removed: boolean;
  /** The client that the vault may still have: an administrator removes it there. */
  readonly remaining: string | undefined;
}

/**
 * Forgets the identity; a client that the agent registered itself is ended in the vault first, as far as that answers.
 * @throws {RunnerError} where the identity is given by the service manager
 */
export async function unpairAgent(
  request: Pick<PairingRequest, 'settings' | 'store' | 'network' | 'timeoutMs' | 'signal'>,
): Promise<Unpairing> {
  const { store } = request;
  // What cannot be read any more must go all the same.
  const identity = await store.read().catch(() => 'unreadable' as const);
  const ended = !store.isGiven && typeof identity === 'object' && (await end(identity, request).catch(() => false));
  const removed = await store.remove();
  if (identity === undefined || ended) return { removed, remaining: undefined };
  return { removed, remaining: identity === 'unreadable' ? 'unknown: the identity could not be read' : identity.clientId };
}

async function identityOf(request: PairingRequest, endpoints: Endpoints, ca: string | undefined): Promise<Identity> {
  const { settings, way, network, timeoutMs, signal, now } = request;
  const trusted = ca === undefined ? {} : { ca };
  if (way.kind !== 'token') return { vault: endpoints.base, ...way, ...trusted };
  const http = vaultHttp(await seguraFetch(settings, trusted, network), timeoutMs);
  return { ...(await registerClient(way, endpoints, http, { signal, now })), ...trusted };
}

async function end(identity: Identity, request: Pick<PairingRequest, 'settings' | 'network' | 'timeoutMs' | 'signal'>): Promise<boolean> {
  const { settings, network, timeoutMs, signal } = request;
  return endRegistration(identity, vaultHttp(await seguraFetch(settings, identity, network), timeoutMs), signal);
}
