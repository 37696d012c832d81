import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * How a token looks: `axa_`, 32 random bytes as base64url, and 6 characters of checksum (base64url of the CRC-32 of all before it), so that
 * scanners of source code find it without false alarms and a typing slip is told from a revoked token.
 */
export const TOKEN_PATTERN = '^axa_[A-Za-z0-9_-]{49}$';
/** Longest text that is looked at as a token, characters. */
export const TOKEN_MAX_LENGTH = 256;

const PREFIX = 'axa_';
const CHECKSUM_LENGTH = 6;

/** A fresh token. It is shown once and kept nowhere but by its application. */
export function newToken(): string {
  const body = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  return body + checksum(body);
}

/**
 * SHA-256 of a token, hexadecimal: what is stored of it. A salt or a slow hash protects what people choose; nobody guesses or tabulates
 * 256 random bits, and each request of an application pays for this.
 */
export function tokenDigest(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Whether a text has the form of a token but not its checksum: a typing slip, or half of a token. */
export function isMistyped(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  return !new RegExp(TOKEN_PATTERN).test(text) || checksum(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH);
}

function checksum(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64url');
}
