import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { SIGNATURE_ENDING } from '../../contract/releases.ts';

/**
 * Signs files of a release with Ed25519 (RFC 8032), which `openssl pkeyutl -verify -rawin` verifies.
 * @param {string} pem private key, PKCS #8
 * @throws {Error} for another kind of key; the key is not in the message
 */
export function signerOf(pem) {
  const key = readKey(pem);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  return {
    publicKey,
    /** Writes the signature beside the file. */
    sign: (path) => writeFileSync(path + SIGNATURE_ENDING, sign(null, readFileSync(path), key)),
  };
}

function readKey(pem) {
  let key;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error(
      'The signing key is no private key in PEM. Allowed: PKCS #8, Ed25519. Make one: openssl genpkey -algorithm ed25519 -out key.pem',
    );
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(
      `The signing key is of type ${key.asymmetricKeyType}. Allowed: ed25519. Make one: openssl genpkey -algorithm ed25519 -out key.pem`,
    );
  }
  return key;
}
