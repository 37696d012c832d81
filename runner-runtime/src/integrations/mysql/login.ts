import { createHash } from 'node:crypto';
import { newPassword } from '../../integration-kit/password.js';
import type { Session } from './connection.js';
import { literal } from './identifiers.js';

/** Servers with rules for passwords want characters of all kinds. */
const ALL_KINDS = 'aA1-';

/** A new password for a temporary user. */
export function newLogin(): string {
  return `${newPassword()}${ALL_KINDS}`;
}

/**
 * How an account proves who it is, as SQL. MariaDB writes statements to its logs as they are, so it gets the hash only:
 * https://mariadb.com/kb/en/authentication-plugin-mysql_native_password/. MySQL leaves passwords out of its logs.
 */
export function identifiedBy({ facts }: Session, password: string): string {
  if (!facts.mariadb) return `IDENTIFIED WITH caching_sha2_password BY ${literal(password)}`;
  const sha1 = (data: string | Buffer) => createHash('sha1').update(data).digest();
  return `IDENTIFIED VIA mysql_native_password USING '*${sha1(sha1(password)).toString('hex').toUpperCase()}'`;
}
