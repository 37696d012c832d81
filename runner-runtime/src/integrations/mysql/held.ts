import type { Account } from './account.js';
import type { Session } from './connection.js';
import { accounts, databaseGrants, dynamicGrants, privilegesIn, roleGrants, tableGrants } from './grant-tables.js';
import { matchesPattern } from './identifiers.js';
import type { DataTarget } from './target.js';

/** Privileges that somebody has on a target, as they were granted. */
export interface Held {
  readonly holder: Account;
  readonly on: 'server' | 'database' | 'relation';
  /** The database or pattern, or the table or view, as the grant names it; empty for the server. */
  readonly name: string;
  readonly privileges: readonly string[];
  /** Privileges on single columns of the table or view. */
  readonly columnPrivileges: readonly string[];
}

type Row = Account & { readonly privileges: string };

/** Holders asked for at once. */
const CHUNK = 200;

/** The roles that an account has, directly or through others, and in MariaDB the one that everybody has. */
export async function reachedRoles(session: Session, account: Account): Promise<Account[]> {
  const everybody = session.facts.mariadb ? [{ user: 'PUBLIC', host: '' }] : [];
  const reached = new Map<string, Account>([account, ...everybody].map((one) => [key(one), one]));
  for (let level: Account[] = [...reached.values()]; level.length > 0; ) {
    const found = await among<{ roleUser: string; roleHost: string }>(session, level, (condition) => [
      `SELECT r.roleUser, r.roleHost FROM ${roleGrants(session.facts)} r WHERE ${condition('r')}`,
    ]);
    level = found.map(({ roleUser, roleHost }) => ({ user: roleUser, host: roleHost })).filter((role) => !reached.has(key(role)));
    for (const role of level) reached.set(key(role), role);
  }
  return [...reached.values()].slice(1);
}

/** What accounts have on the whole server. */
export async function heldGlobally(session: Session, holders: readonly Account[]): Promise<Held[]> {
  const rows = await among<Row>(session, holders, (condition) => [
    `SELECT a.host, a.user, a.privileges FROM ${accounts(session.facts)} a WHERE ${condition('a')}`,
    ...(session.facts.mariadb ? [] : [`SELECT d.host, d.user, d.privileges FROM ${dynamicGrants()} d WHERE ${condition('d')}`]),
  ]);
  return rows.map((row) => held(row, 'server', '')).filter(({ privileges }) => privileges.length > 0);
}

/**
 * Every privilege that accounts have on a target, on what it lies in, or in it as a whole. For databases and tables the server looks at names
 * first: what was granted to the same name with another host, or to nobody's name, opens them as well.
 */
export async function heldOn(session: Session, holders: readonly Account[], { database, relation }: DataTarget): Promise<Held[]> {
  const found = await heldGlobally(session, holders);
  if (database === undefined) return found;
  const names = [...new Set([...holders.map(({ user }) => user), ''])];
  const marks = names.map(() => '?').join(', ');
  const onDatabases = await session.query<Row & { db: string }>(
    `SELECT d.host, d.user, d.db, d.privileges FROM ${databaseGrants()} d WHERE d.user IN (${marks})`,
    names,
  );
  const matching = onDatabases.filter(({ db }) => matchesPattern(db, database, session.facts.partialRevokes));
  const onRelations =
    relation === undefined
      ? []
      : await session.query<Row & { name: string; columnPrivileges: string }>(
          `SELECT t.host, t.user, t.name, t.privileges, t.columnPrivileges FROM ${tableGrants()} t
            WHERE t.user IN (${marks}) AND t.db = ? AND t.name = ?`,
          [...names, database, relation],
        );
  return [
    ...found,
    ...matching.map((row) => held(row, 'database', row.db)),
    ...onRelations.map((row) => held(row, 'relation', row.name, row.columnPrivileges)),
  ];
}

/** How many tables and views within a database an account has privileges on. */
export async function countHeldWithin(session: Session, { user, host }: Account, database: string): Promise<number> {
  const [row] = await session.query<{ count: number }>(
    `SELECT COUNT(*) AS count FROM ${tableGrants()} t WHERE t.user = ? AND t.host = ? AND t.db = ?`,
    [user, host, database],
  );
  return Number(row?.count ?? 0);
}

function held({ user, host, privileges }: Row, on: Held['on'], name: string, columnPrivileges = ''): Held {
  return { holder: { user, host }, on, name, privileges: privilegesIn(privileges), columnPrivileges: privilegesIn(columnPrivileges) };
}

/** Runs queries for each chunk of accounts. */
async function among<Row>(
  session: Session,
  holders: readonly Account[],
  queries: (condition: (alias: string) => string) => readonly string[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < holders.length; start += CHUNK) {
    const chunk = holders.slice(start, start + CHUNK);
    const condition = (alias: string) => chunk.map(() => `(${alias}.user = ? AND ${alias}.host = ?)`).join(' OR ');
    const values = chunk.flatMap(({ user, host }) => [user, host]);
    for (const sql of queries(condition)) rows.push(...(await session.query<Row>(sql, values)));
  }
  return rows;
}

function key({ user, host }: Account): string {
  return JSON.stringify([user, host.toLowerCase()]);
}
