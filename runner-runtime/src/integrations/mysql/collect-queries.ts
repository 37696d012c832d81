import { z } from 'zod';
import { badCursor, list, type Source, within } from '../../integration-kit/collection/source.js';
import type { Session } from './connection.js';
import type { ServerFacts } from './server.js';
import { userDatabases } from './target.js';

/** Rows asked for at once, at most. */
const MOST_ROWS = 1000;

/** A query of the catalogue that is read by keyset. */
export interface KeyedQuery {
  /** A subquery; it is read whole, but for what `where` leaves out. */
  readonly from: string;
  /** Columns that tell rows apart, in the order of an index. */
  readonly key: readonly string[];
  readonly where?: string;
  /** Columns wanted besides, where the rest cost time. @default all */
  readonly further?: readonly string[];
  /** Whether the server has no such rows. */
  readonly isAbsent?: boolean;
}

/** Rows by keyset. @param itemsPerRow how many items a row becomes, usually: so many rows fewer are asked for */
export function byKey<Row>(query: (facts: ServerFacts) => KeyedQuery, itemsPerRow: number): Source<Session, Row> {
  return list(MOST_ROWS, async (session: Session, token, size) => {
    const { from, key, where, further, isAbsent = false } = query(session.facts);
    if (isAbsent) return { elements: [] };
    const after = token === undefined ? undefined : readKey(token, key.length);
    const conditions = [...(where === undefined ? [] : [where]), ...(after === undefined ? [] : [isAfter(key)])];
    const rows = Math.max(1, Math.floor(size / itemsPerRow));
    const elements = await session.query<Row & Record<string, unknown>>(
      `SELECT ${further === undefined ? 'q.*' : named([...key, ...further])} FROM ${from} q${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`} ORDER BY ${named(key)} LIMIT ${rows}`,
      after === undefined ? [] : valuesAfter(after),
    );
    const last = elements.at(-1);
    const isLast = last === undefined || elements.length < rows;
    return { elements, next: isLast ? undefined : JSON.stringify(key.map((column) => String(last[column]))) };
  });
}

function named(columns: readonly string[]): string {
  return columns.map((column) => `q.${column}`).join(', ');
}

/** `a > ? OR a = ? AND (b > ?)`: comparisons of rows would not use an index. */
function isAfter([first = '', ...rest]: readonly string[]): string {
  return rest.length === 0 ? `q.${first} > ?` : `(q.${first} > ? OR (q.${first} = ? AND ${isAfter(rest)}))`;
}

function valuesAfter([first = '', ...rest]: readonly string[]): string[] {
  return rest.length === 0 ? [first] : [first, first, ...valuesAfter(rest)];
}

function readKey(token: string, length: number): string[] {
  try {
    return z.array(z.string().max(MOST_ROWS)).length(length).parse(JSON.parse(token));
  } catch {
    throw badCursor();
  }
}

/** The databases of users, by name. */
export const databases: Source<Session, string> = list(MOST_ROWS, async (session: Session, token, size) => {
  const after = (await userDatabases(session)).filter((name) => token === undefined || name > token);
  const elements = after.slice(0, size);
  return { elements, next: after.length > size ? elements.at(-1) : undefined };
});

/** A table or view. */
export interface Relation {
  readonly name: string;
  /** As `information_schema` has it. */
  readonly type: string;
}

/** Tables and views, with the database of each. */
export const relations: Source<Session, readonly [string, Relation]> = within(databases, {
  key: (database) => database,
  name: (database) => `tables of ${database}`,
  most: MOST_ROWS,
  read: async (session, database, token, size) => {
    const elements = await session.query<Relation>(
      `SELECT t.TABLE_NAME AS name, t.TABLE_TYPE AS type FROM information_schema.TABLES t
        WHERE t.TABLE_SCHEMA = ? AND CAST(t.TABLE_NAME AS BINARY) > CAST(? AS BINARY) ORDER BY CAST(t.TABLE_NAME AS BINARY) LIMIT ${Math.max(1, size)}`,
      [database, token ?? ''],
    );
    return { elements, next: elements.length < size ? undefined : elements.at(-1)?.name };
  },
});

/** Which of some tables and views are views. Grants do not say it, and outlive what they are on. */
export async function viewsAmong(session: Session, named: readonly { readonly db: string; readonly name: string }[]): Promise<Set<string>> {
  const views = new Set<string>();
  for (const [db, name] of new Map(named.map((one) => [relationKey(one), [one.db, one.name] as const])).values()) {
    const rows = await session.query<Relation>(
      'SELECT t.TABLE_NAME AS name, t.TABLE_TYPE AS type FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?',
      [db, name],
    );
    if (rows.some((row) => row.name === name && row.type === 'VIEW')) views.add(relationKey({ db, name }));
  }
  return views;
}

export function relationKey({ db, name }: { readonly db: string; readonly name: string }): string {
  return JSON.stringify([db, name]);
}
