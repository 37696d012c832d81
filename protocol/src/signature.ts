import { type CompactVerifyResult, compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';

/**
 * Verifies a compact JWS with any fitting key of a set: while keys are rotated, several may fit a signature that names none.
 * @throws {Error} of `jose` when no key fits or none verifies it
 */
export async function verifySignature(jws: string, keys: JSONWebKeySet, algorithms: string[]): Promise<CompactVerifyResult> {
  try {
    return await compactVerify(jws, createLocalJWKSet(keys), { algorithms });
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const verified = await compactVerify(jws, key, { algorithms }).catch(() => undefined);
      if (verified !== undefined) return verified;
    }
    throw error;
  }
}
