/** What is true of a server, read once for each connection. */
export interface ServerFacts {
  readonly mariadb: boolean;
  /** `10.11.18` */
  readonly version: string;
  /** The account that the runner is, as the server knows it. */
  readonly user: string;
  readonly host: string;
  readonly readOnly: boolean;
  /** Whether `_` and `%` in the names of databases mean themselves, in grants. */
  readonly partialRevokes: boolean;
}

const OLDEST = { mysql: [8, 0], mariadb: [10, 11] } as const;

/** Whether the runner works with the version. */
export function isSupported({ mariadb, version }: ServerFacts): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = mariadb ? OLDEST.mariadb : OLDEST.mysql;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** `MariaDB 10.11.18` */
export function productName({ mariadb, version }: ServerFacts): string {
  return `${mariadb ? 'MariaDB' : 'MySQL'} ${version}`;
}

/** The facts in the answers to {@link factsQuery}. @param text as `VERSION()` says it */
export function factsOf(text: string, row: Readonly<Record<string, unknown>>): ServerFacts {
  const account = String(row['account']);
  const at = account.lastIndexOf('@');
  return {
    mariadb: isMariadb(text),
    version: /\d+\.\d+\.\d+/.exec(text)?.[0] ?? text,
    user: account.slice(0, at),
    host: account.slice(at + 1),
    readOnly: Number(row['readOnly']) === 1,
    partialRevokes: Number(row['partialRevokes'] ?? 0) === 1,
  };
}

export function isMariadb(version: string): boolean {
  return version.includes('MariaDB');
}

/** What is asked at the beginning of a session. */
export function factsQuery(mariadb: boolean): string {
  const partialRevokes = mariadb ? '0' : '@@global.partial_revokes';
  return `SELECT CURRENT_USER() AS account, @@global.read_only AS readOnly, ${partialRevokes} AS partialRevokes`;
}
