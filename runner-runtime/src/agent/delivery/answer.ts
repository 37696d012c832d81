import type { VaultSecret } from '../vaults/vault.js';

/** What an application gets, ready to be sent. */
export interface Answer {
  /** `{"secret_id","username","password","expires_at"}`: exactly these keys in this order, as the vendor's guide publishes them. */
  readonly body: string;
  /** Length of {@link body} in UTF-8. */
  readonly bytes: number;
  readonly secret: VaultSecret;
}

/**
 * Writes an answer.
 * @param usableUntil unix milliseconds; told as `expires_at` of a secret that does not expire
 */
export function answerOf(id: string, secret: VaultSecret, usableUntil: number): Answer {
  const body = JSON.stringify({
    secret_id: id,
    username: secret.username,
    password: secret.password,
    expires_at: wholeSeconds(secret.expiresAt ?? usableUntil),
  });
  return { body, bytes: Buffer.byteLength(body), secret };
}

/** `2025-05-30T18:00:00Z`: never later than the moment itself. */
function wholeSeconds(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
