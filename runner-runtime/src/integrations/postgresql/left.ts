import type { Session } from './connection.js';
import { quoted } from './identifiers.js';

/** Enough for a person; the rest is counted. */
const MAX_REPORTED = 100;
/** Names are chosen by others, and a function is named with all its arguments. */
const MAX_NAME_LENGTH = 200;

/** An object that a role owns, or a trigger that runs a function of the role. */
interface Left {
  readonly type: string;
  readonly identity: string;
  readonly definer: boolean;
}

/** What roles leave in the connected database. */
export interface Leaving {
  readonly count: number;
  /** Code is named one by one: somebody must read it. */
  readonly named: readonly Left[];
}

/** The databases in which roles own something or are named in an ACL; the ACL of a database can be seen to from any of them. */
export async function databasesWith(session: Session, oids: readonly number[]): Promise<{ name: string; owned: boolean }[]> {
  return session.query(
    `SELECT d.datname::text AS name, bool_or(s.deptype = 'o') AS owned
       FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid OR s.dbid = 0 AND s.deptype <> 'o' AND d.datname = current_database()
      WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = ANY ($1::oid[]) GROUP BY d.datname ORDER BY d.datname`,
    [oids],
  );
}

/** Which of the roles own something in the connected database. */
export async function ownersAmong(session: Session, oids: readonly number[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT r.rolname::text AS name FROM pg_roles r WHERE r.oid = ANY ($1::oid[]) AND EXISTS (
       SELECT FROM pg_shdepend s WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND ${OWNED_HERE})`,
    [oids],
  );
  return rows.map(({ name }) => name);
}

const OWNED_HERE = "s.deptype = 'o' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";

export async function leftBehind(session: Session, oids: readonly number[]): Promise<Leaving> {
  const rows = await session.query<Left & { readonly count: number }>(
    `WITH found AS (
       SELECT s.classid, s.objid, s.objsubid, coalesce(p.prosecdef, false) AS definer, p.oid IS NULL AND w.oid IS NULL AS plain
         FROM pg_shdepend s LEFT JOIN pg_proc p ON s.classid = 'pg_proc'::regclass AND p.oid = s.objid
         LEFT JOIN pg_class w ON s.classid = 'pg_class'::regclass AND w.oid = s.objid AND w.relkind IN ('v', 'm')
        WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = ANY ($1::oid[]) AND ${OWNED_HERE}
       UNION ALL
       SELECT 'pg_trigger'::regclass, t.oid, 0, p.prosecdef, false
         FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND p.proowner = ANY ($1::oid[])
     ), first AS (SELECT *, count(*) OVER ()::int AS count FROM found ORDER BY definer DESC, plain, classid, objid LIMIT ${MAX_REPORTED})
     SELECT i.type, left(i.identity, ${MAX_NAME_LENGTH}) AS identity, definer, count
       FROM first CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid) i ORDER BY definer DESC, plain, 1, 2`,
    [oids],
  );
  return { count: rows[0]?.count ?? 0, named: rows };
}

/** What a person should know of it. */
export function describeLeft({ count, named }: Leaving, database: string, quarantine: string): string[] {
  const lines = named.map(({ type, identity, definer }) =>
    type === 'trigger'
      ? `trigger ${identity} in database ${database} runs a function of the removed user: review it`
      : `${definer ? 'SECURITY DEFINER ' : ''}${type} ${identity} in database ${database} now belongs to ${quarantine}: review it, then give it an owner or drop it`,
  );
  return count > lines.length ? [...lines, `and ${count - lines.length} more objects in database ${database}`] : lines;
}

/** Kinds of which somebody may make thousands, as `ALTER … OWNER` names them. */
const MOVABLE = ['table', 'view', 'materialized view', 'foreign table', 'sequence', 'function', 'procedure', 'aggregate', 'domain', 'type'];

/** Where a page of objects ended. */
export interface Page {
  readonly statements: readonly string[];
  readonly last: readonly [classid: number, objid: number];
}

/** One page of statements that give objects of roles another owner; none when the pages are through. */
export async function nextMoves(
  session: Session,
  oids: readonly number[],
  newOwner: string,
  after: Page['last'],
  size: number,
): Promise<Page | undefined> {
  const rows = await session.query<{ classid: number; objid: number; type: string; identity: string }>(
    `SELECT s.classid, s.objid, i.type, i.identity
       FROM (SELECT s.classid, s.objid, s.objsubid FROM pg_shdepend s
              WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = ANY ($1::oid[]) AND ${OWNED_HERE}
                AND (s.classid, s.objid) > ($2::oid, $3::oid)
                AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = s.classid AND d.objid = s.objid AND d.deptype IN ('a', 'i', 'e')
                                   AND d.refclassid = 'pg_class'::regclass)
              ORDER BY s.classid, s.objid LIMIT $4) s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) i
      ORDER BY s.classid, s.objid`,
    [oids, ...after, size],
  );
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  const statements = rows
    .filter(({ type }) => MOVABLE.includes(type))
    .map(({ type, identity }) => `ALTER ${type.toUpperCase()} ${identity} OWNER TO ${quoted(newOwner)}`);
  return { statements, last: [last.classid, last.objid] };
}
