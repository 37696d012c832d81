import { calculateJwkThumbprint, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import { verifySignature } from './signature.js';

/** 32 bytes: a coordinate on either curve. */
const base64url = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Public keys that credentials may be sealed to: ECDH on P-256 or X25519 (RFC 7518 6.2, RFC 8037), nothing weaker and never a private part. */
export const recipientJwkSchema = z.discriminatedUnion('kty', [
  z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: base64url,
    y: base64url,
    kid: z.string().max(128).optional(),
    use: z.literal('enc').optional(),
    alg: z.literal('ECDH-ES').optional(),
  }),
  z.strictObject({
    kty: z.literal('OKP'),
    crv: z.literal('X25519'),
    x: base64url,
    kid: z.string().max(128).optional(),
    use: z.literal('enc').optional(),
    alg: z.literal('ECDH-ES').optional(),
  }),
]);
export type RecipientJwk = z.infer<typeof recipientJwkSchema>;

/** `typ` of an issuer's attestation of a recipient's key. */
export const ATTESTATION_TYPE = 'axiom-recipient+jws';

/** Who may open a dispensed credential. Stands inside the signed task, fresh per request. */
export const recipientSchema = z.strictObject({
  jwk: recipientJwkSchema,
  /** Compact JWS of an issuer of type `axiom-recipient+jws` over `{"cnf": {"jkt": <thumbprint of jwk>}, "exp"}` (RFC 7800, RFC 7638), where the runner accepts attested keys only. */
  attestation: z.string().max(8192).optional(),
});
export type Recipient = z.infer<typeof recipientSchema>;

/** Public half of a JWK: what may be published and compared. Built by hand for these two key types, so that no private member slips through. */
export function recipientThumbprint(jwk: RecipientJwk): Promise<string> {
  return calculateJwkThumbprint(jwk as JWK, 'sha256');
}

/**
 * Whether credentials may be sealed to a recipient, by the customer's list.
 * @param allowed keys (`use: "enc"`), or issuers (`use: "sig"`) that attest keys
 * @param nowSeconds unix seconds
 */
export async function isRecipientAllowed(recipient: Recipient, allowed: JSONWebKeySet, nowSeconds: number): Promise<boolean> {
  const thumbprint = await recipientThumbprint(recipient.jwk);
  const issuers = allowed.keys.filter((key) => key.use === 'sig');
  for (const key of allowed.keys) {
    // A malformed key of the list fits nobody, and must not hide the others.
    const listed = key.use === 'sig' ? undefined : await calculateJwkThumbprint(key, 'sha256').catch(() => undefined);
    if (listed === thumbprint) return true;
  }
  if (recipient.attestation === undefined || issuers.length === 0) return false;
  try {
    const { payload, protectedHeader } = await verifySignature(recipient.attestation, { keys: issuers }, ['ES256', 'EdDSA', 'RS256']);
    const claims = z.object({ cnf: z.object({ jkt: z.string() }), exp: z.number() }).parse(JSON.parse(new TextDecoder().decode(payload)));
    // Other tokens of the same issuer hold thumbprints of keys too, for other purposes.
    return protectedHeader.typ === ATTESTATION_TYPE && claims.cnf.jkt === thumbprint && claims.exp > nowSeconds;
  } catch {
    return false;
  }
}
