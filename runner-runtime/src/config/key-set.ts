import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';

/** Which keys belong into a setting. */
export interface KeyKinds {
  /** Words for messages. */
  readonly named: string;
  /** Curves by key type; an empty list allows a key type without curves. */
  readonly curves: Readonly<Record<string, readonly string[]>>;
}

/** Keys that sign tasks: EdDSA and ES256. */
export const TASK_KEYS: KeyKinds = { named: 'public Ed25519 or P-256 keys', curves: { OKP: ['Ed25519'], EC: ['P-256'] } };

/** Keys that credentials are sealed to, and keys of issuers that attest such keys. */
export const RECIPIENT_KEYS: KeyKinds = {
  named: 'public P-256, X25519, Ed25519 or RSA keys',
  curves: { OKP: ['X25519', 'Ed25519'], EC: ['P-256'], RSA: [] },
};

/** Reads one public JWK or a JWK set (RFC 7517); `undefined` for anything else, a private key included. */
export function parseKeySet(text: string, { curves }: KeyKinds): JSONWebKeySet | undefined {
  const key = z.looseObject({ kty: z.string(), crv: z.string().exactOptional() }).refine((jwk) => {
    const wanted = curves[jwk.kty];
    const fits = wanted !== undefined && (wanted.length === 0 || wanted.includes(jwk.crv ?? ''));
    return fits && !('d' in jwk) && !('k' in jwk);
  });
  try {
    const json: unknown = JSON.parse(text);
    const set = typeof json === 'object' && json !== null && 'keys' in json ? json : { keys: [json] };
    return { keys: z.object({ keys: z.array(key).min(1) }).parse(set).keys };
  } catch {
    return undefined;
  }
}
