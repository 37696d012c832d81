import { escapeId, escape as escapeText } from 'mysql2';

/** Longest name of a database, table or column, in characters. */
const MOST_CHARACTERS = 64;
/** Longest name of an account in MariaDB; MySQL takes 32. */
const MOST_ACCOUNT_CHARACTERS = 128;

/** Prefix of every account that a runner makes. */
export const OWN_PREFIX = 'axm_';

/** Whether the server could know a database, table or view of this name: https://dev.mysql.com/doc/refman/9.0/en/identifiers.html */
export function isPossibleName(name: string): boolean {
  return isText(name) && name.length <= MOST_CHARACTERS && !name.endsWith(' ');
}

/** Whether the server could know an account of this name. */
export function isPossibleAccountName(name: string): boolean {
  return isText(name) && name.length <= MOST_ACCOUNT_CHARACTERS;
}

/** The catalogue has no characters beyond the Basic Multilingual Plane. */
function isText(name: string): boolean {
  return name !== '' && !/[\0\u{10000}-\u{10ffff}]/u.test(name);
}

/** `app`.`Orders` as SQL: every part quoted. */
export function quoted(...path: readonly string[]): string {
  return path.map((part) => escapeId(part, true)).join('.');
}

/** A string constant as SQL, for sessions whose backslashes escape. */
export function literal(text: string): string {
  return escapeText(text);
}

/**
 * The name of a database as grants on it have it: `_` and `%` are wildcards there, unless the server has partial revokes.
 * https://dev.mysql.com/doc/refman/9.0/en/grant.html#grant-database-privileges
 * @returns undefined for one too long: the catalogue has 64 characters, and MariaDB cuts what does not fit, which would be another database
 */
export function asPattern(database: string, isLiteral: boolean): string | undefined {
  const pattern = isLiteral ? database : database.replace(/[\\_%]/g, '\\$&');
  return pattern.length <= MOST_CHARACTERS ? pattern : undefined;
}

/** The one database that a pattern means; undefined where it means several. */
export function databaseOfPattern(pattern: string, isLiteral: boolean): string | undefined {
  if (isLiteral) return pattern;
  if (/(?<!\\)(?:\\\\)*[_%]/.test(pattern)) return undefined;
  return pattern.replace(/\\(.)/gs, '$1');
}

/** Whether a grant on a pattern opens a database. */
export function matchesPattern(pattern: string, database: string, isLiteral: boolean): boolean {
  if (isLiteral) return pattern === database;
  const parts = [...pattern.matchAll(/\\([\s\S])|[\s\S]/g)].map(([text, escaped]) => ({
    text: escaped ?? text,
    isPlain: escaped !== undefined,
  }));
  const isAny = (at: number, wildcard: string) => parts[at]?.isPlain === false && parts[at]?.text === wildcard;
  // For each beginning of the name, whether the parts so far match it: takes no longer for hostile patterns.
  let matched = [true, ...Array.from(database, () => false)];
  const characters = [...database];
  for (let at = 0; at < parts.length; at += 1) {
    const next = [isAny(at, '%') && matched[0] === true];
    for (let end = 1; end <= characters.length; end += 1) {
      if (isAny(at, '%')) next.push(next[end - 1] === true || matched[end] === true);
      else next.push(matched[end - 1] === true && (isAny(at, '_') || parts[at]?.text === characters[end - 1]));
    }
    matched = next;
  }
  return matched.at(-1) === true;
}
