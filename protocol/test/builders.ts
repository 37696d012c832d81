import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';
import { audience, type Recipient, type RecipientJwk, recipientJwkSchema, SCHEMA_VERSION, type Task, type TaskBody } from '../src/index.js';

export const AUDIENCE = audience('acme', 'group-1');
/** The moment of signing, unix seconds. */
export const NOW = 1_750_000_000;
export const SYSTEM = { type: 'postgresql', id: 'db.example.com' };

/** A task of the control plane, valid for five minutes from {@link NOW}. */
export function aTask(changes: Partial<Task> = {}): Task {
  return {
    schemaVersion: SCHEMA_VERSION,
    jti: 'request-1',
    aud: AUDIENCE,
    iat: NOW,
    exp: NOW + 300,
    task: { type: 'TestConnection', system: SYSTEM },
    ...changes,
  };
}

/** A request for access of an existing principal. */
export function aProvision(changes: Partial<Extract<TaskBody, { type: 'ProvisionAccess' }>> = {}): TaskBody {
  return {
    type: 'ProvisionAccess',
    system: SYSTEM,
    target: { kind: 'table', path: ['app', 'public', 'orders'] },
    permission: 'read',
    justification: 'incident 42',
    durationSeconds: 3600,
    principal: { kind: 'role', id: 'alice' },
    ...changes,
  };
}

export interface Pair {
  readonly privateJwk: JWK;
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey;
}

/** A pair of signing keys with its id in both halves. */
export async function signer(alg: 'ES256' | 'EdDSA' | 'RS256', kid?: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const named = kid === undefined ? {} : { kid };
  return {
    privateKey,
    privateJwk: { ...(await exportJWK(privateKey)), ...named },
    publicJwk: { ...(await exportJWK(publicKey)), ...named },
  };
}

export interface Opener {
  readonly recipient: RecipientJwk;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** Somebody who may open a credential. */
export async function anOpener(crv: 'P-256' | 'X25519'): Promise<Opener> {
  const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { crv, extractable: true });
  const publicJwk = await exportJWK(publicKey);
  return { recipient: recipientJwkSchema.parse(publicJwk), publicJwk, privateJwk: await exportJWK(privateKey) };
}

/** The recipient of an opener, attested or not. */
export function recipientOf(opener: Opener, attestation?: string): Recipient {
  return { jwk: opener.recipient, ...(attestation === undefined ? {} : { attestation }) };
}
