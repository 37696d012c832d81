import { randomBytes } from 'node:crypto';

const PASSWORD_BYTES = 24;

/** A new password: 32 URL-safe characters from a CSPRNG. */
export function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}
