import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { type RecipientJwk, recipientThumbprint } from './recipient.js';

/** A dispensed credential as the recipient finds it inside the seal: what the integration says is needed to log in. */
export const credentialSchema = z.strictObject({
  requestId: z.string(),
  /** `postgresql/db.example.com`. */
  system: z.string(),
  /** Named values, e.g. `{username, password, host, port}`. */
  values: z.record(z.string(), z.string()),
  /** When it stops working at the latest, unix seconds. */
  expiresAt: z.int(),
});
export type Credential = z.infer<typeof credentialSchema>;

const TYPE = 'axiom-credential+jwe';

/** Seals a credential to a recipient: compact JWE, ECDH-ES with A256GCM (RFC 7516, RFC 7518 4.6). */
export async function sealCredential(credential: Credential, recipient: RecipientJwk): Promise<string> {
  const key = await importJWK(recipient as JWK, 'ECDH-ES');
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(credentialSchema.parse(credential))))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', typ: TYPE, kid: await recipientThumbprint(recipient) })
    .encrypt(key);
}

/** Whether anything can be sealed to a recipient: a key of the right shape may still be no point of its curve. */
export async function canSealTo(recipient: RecipientJwk): Promise<boolean> {
  try {
    await sealCredential({ requestId: '', system: '', values: {}, expiresAt: 0 }, recipient);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a sealed credential.
 * @param privateJwk the recipient's private key
 * @throws {Error} of `jose` when the seal is broken or was made for another key
 */
export async function openCredential(sealed: string, privateJwk: JWK): Promise<Credential> {
  const key = await importJWK(privateJwk, 'ECDH-ES');
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: ['ECDH-ES'],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  if (protectedHeader.typ !== TYPE) throw new Error(`not a sealed credential: typ is ${String(protectedHeader.typ)}, expected ${TYPE}`);
  return credentialSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)));
}
