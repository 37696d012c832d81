import { importJWK, type JWK, SignJWT } from 'jose';
import { type Home, namespaceOf } from './home/home.js';
import type { ApiKeyRecord } from './home/state.js';
import { newKey, operatorKey } from './keys.js';

/** Roles of Temporal's default authorizer that are used here. */
export type NamespaceRole = 'read' | 'write' | 'admin';

/** A new API key: the secret itself, shown once, and what is kept of it. */
export interface IssuedApiKey {
  readonly apiKey: string;
  readonly record: ApiKeyRecord;
}

/**
 * Issues an API key: a JWT for Temporal's default authorizer with `permissions: ["<namespace>:write"]`.
 * Each key has a signing key of its own, whose private part is thrown away: nothing that is kept can make another
 * key, and a key ends when its public part is no longer published.
 * @param expiresInSeconds end of its validity; none when absent
 */
export async function issueApiKey(namespace: string, subject: string, expiresInSeconds?: number): Promise<IssuedApiKey> {
  const jwk = await newKey('ES256');
  const now = Math.floor(Date.now() / 1000);
  const { x = '', y = '' } = jwk;
  const apiKey = await sign(jwk, namespace, 'write', subject, now, expiresInSeconds);
  return {
    apiKey,
    record: {
      kid: jwk.kid,
      publicJwk: { kty: 'EC', crv: 'P-256', x, y, kid: jwk.kid, alg: 'ES256', use: 'sig' },
      createdAt: new Date(now * 1000).toISOString(),
      ...(expiresInSeconds === undefined ? {} : { expiresAt: new Date((now + expiresInSeconds) * 1000).toISOString() }),
    },
  };
}

/** Makes an API key for the control plane itself. `admin` is for registering its namespace. */
export async function issueOperatorKey(home: Home, role: NamespaceRole, validSeconds: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return sign(await operatorKey(home), namespaceOf(home), role, 'control-plane', now, validSeconds);
}

async function sign(jwk: JWK, namespace: string, role: NamespaceRole, subject: string, now: number, expiresIn?: number): Promise<string> {
  const { alg = 'ES256', kid = '' } = jwk;
  // `temporal-system:admin` is what registering a namespace asks for.
  const permissions = role === 'admin' ? ['temporal-system:admin', `${namespace}:admin`] : [`${namespace}:${role}`];
  const token = new SignJWT({ permissions }).setProtectedHeader({ alg, kid, typ: 'JWT' }).setSubject(subject).setIssuedAt(now);
  if (expiresIn !== undefined) token.setExpirationTime(now + expiresIn);
  return token.sign(await importJWK(jwk, alg));
}
