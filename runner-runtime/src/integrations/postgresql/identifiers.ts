import { escapeIdentifier, escapeLiteral } from 'pg';

/** Longest name in bytes (`NAMEDATALEN - 1`). The server cuts longer ones silently and would then mean another object. */
const MAX_NAME_BYTES = 63;

/** Prefix of every role that a runner makes. */
export const OWN_PREFIX = 'axm_';

/** Whether the server could know an object of this name. */
export function isPossibleName(name: string): boolean {
  return name !== '' && !name.includes('\0') && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** `app.public."Orders"` as SQL: every part quoted. */
export function quoted(...path: readonly string[]): string {
  return path.map((part) => escapeIdentifier(part)).join('.');
}

/** A string constant as SQL. */
export function literal(text: string): string {
  return escapeLiteral(text);
}

/** A moment (unix seconds) as a constant that any `DateStyle` reads alike. */
export function timestamp(seconds: number): string {
  return literal(new Date(seconds * 1000).toISOString());
}
