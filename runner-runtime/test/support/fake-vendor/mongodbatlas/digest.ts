import { createHash, randomBytes } from 'node:crypto';
import type { FakeCall } from '../fake-vendor.js';
import type { ApiKey } from './world.js';

/** Calls for which a nonce is good. */
const CALLS_OF_A_NONCE = 40;
export const REALM = 'MMS Public API';

/** The server's side of HTTP digest authentication, as Atlas does it: MD5, qop auth. https://datatracker.ietf.org/doc/html/rfc7616 */
export class DigestGuard {
  /** Counts of calls that were seen with a nonce. */
  readonly #nonces = new Map<string, Set<string>>();

  /** @param stale whether the credential was right, but for its nonce */
  challenge(stale = false): string {
    const nonce = randomBytes(16).toString('hex');
    this.#nonces.set(nonce, new Set());
    return `Digest realm="${REALM}", domain="", nonce="${nonce}", algorithm=MD5, qop="auth", stale=${stale}`;
  }

  /** @returns the key that the caller has, or why there is none */
  check(call: FakeCall, keys: ReadonlyMap<string, ApiKey>): ApiKey | 'none' | 'stale' | 'wrong' {
    const header = call.headers['authorization'];
    if (header === undefined || !header.startsWith('Digest ')) return 'none';
    const fields = new Map(
      [...header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name, quoted, bare]) => [name, quoted ?? bare ?? '']),
    );
    const field = (name: string) => fields.get(name) ?? '';
    const key = keys.get(field('username'));
    if (key === undefined || !isOf(call, field('uri'))) return 'wrong';
    const ha1 = md5(`${key.publicKey}:${REALM}:${key.privateKey}`);
    const ha2 = md5(`${call.method}:${field('uri')}`);
    const expected = md5([ha1, field('nonce'), field('nc'), field('cnonce'), field('qop'), ha2].join(':'));
    if (field('qop') !== 'auth' || field('response') !== expected) return 'wrong';
    const seen = this.#nonces.get(field('nonce'));
    if (seen === undefined || seen.has(field('nc')) || seen.size >= CALLS_OF_A_NONCE) return 'stale';
    seen.add(field('nc'));
    return key;
  }
}

/** Whether a digest is of this very call. */
function isOf({ path, query }: FakeCall, uri: string): boolean {
  const url = new URL(uri, 'http://atlas.example.com');
  return url.pathname === path && url.searchParams.toString() === query.toString();
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
