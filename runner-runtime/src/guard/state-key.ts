import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** 24 characters of base32: 120 bits. */
const NAME_CHARACTERS = 24;
const DOCUMENT_TYPES = ['intent', 'ticket', 'active', 'revoked'] as const;

/** What a document is; part of what is authenticated, so that one cannot stand in for another. */
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

/**
 * The runner group's own key, unknown to the control plane: authenticates documents that travel through it
 * and makes names of objects unguessable.
 */
export class StateKey {
  readonly #keys: readonly { readonly id: string; readonly key: Buffer }[];

  /**
   * @param current  key that writes, at least 32 characters
   * @param previous keys that only read, e.g. the secret's previous version
   */
  constructor(current: string, previous: readonly string[] = []) {
    this.#keys = [current, ...previous].map((text) => {
      const key = createHash('sha256').update('axiom-runner state key\0').update(text).digest();
      return { id: createHmac('sha256', key).update('id').digest('hex').slice(0, 8), key };
    });
  }

  /** Text that only holders of the key can have written: `<type>.<key id>.<base64url of the JSON>.<base64url MAC>`. */
  seal(type: DocumentType, document: unknown): string {
    const key = this.#writing();
    const signed = `${type}.${key.id}.${Buffer.from(JSON.stringify(document)).toString('base64url')}`;
    return `${signed}.${mac(key.key, signed)}`;
  }

  /** The document in a sealed text, or `undefined` when it was not written with one of the keys. */
  open(text: string): { readonly type: DocumentType; readonly document: unknown } | undefined {
    const [type, keyId, body, given, ...rest] = text.split('.');
    const known = DOCUMENT_TYPES.find((name) => name === type);
    const key = this.#keys.find(({ id }) => id === keyId);
    if (known === undefined || key === undefined || body === undefined || given === undefined || rest.length > 0) return undefined;
    const wanted = Buffer.from(mac(key.key, `${type}.${keyId}.${body}`));
    const found = Buffer.from(given);
    if (wanted.length !== found.length || !timingSafeEqual(wanted, found)) return undefined;
    return { type: known, document: JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) };
  }

  /** Text that only holders of the key can read and can have written: a compact JWE (RFC 7516). */
  async encrypt(document: unknown): Promise<string> {
    const { id, key } = this.#writing();
    return new CompactEncrypt(Buffer.from(JSON.stringify(document)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id })
      .encrypt(encryptionKey(key));
  }

  /** The document in an encrypted text, or `undefined` when it was not written with one of the keys. */
  async decrypt(text: string): Promise<unknown> {
    try {
      const { kid } = decodeProtectedHeader(text);
      const known = this.#keys.find(({ id }) => id === kid);
      if (known === undefined) return undefined;
      const { plaintext } = await compactDecrypt(text, encryptionKey(known.key), {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return JSON.parse(Buffer.from(plaintext).toString('utf8'));
    } catch {
      return undefined;
    }
  }

  /** `axm_` and 24 characters of `a-z2-7` that nobody without the key can foretell; the same for the same parts. */
  name(...parts: readonly string[]): string {
    const digest = createHmac('sha256', this.#writing().key)
      .update(JSON.stringify(['name', ...parts]))
      .digest();
    let bits = 0n;
    for (const byte of digest.subarray(0, 15)) bits = (bits << 8n) | BigInt(byte);
    let name = '';
    for (let index = 0; index < NAME_CHARACTERS; index += 1) {
      name = (BASE32[Number(bits & 31n)] ?? '') + name;
      bits >>= 5n;
    }
    return `axm_${name}`;
  }

  #writing(): { readonly id: string; readonly key: Buffer } {
    const [first] = this.#keys;
    if (first === undefined) throw new TypeError('a state key has at least one key');
    return first;
  }
}

function encryptionKey(key: Buffer): Buffer {
  return createHmac('sha256', key).update('encryption').digest();
}

function mac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
