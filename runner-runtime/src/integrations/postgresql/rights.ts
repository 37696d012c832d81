import { RunnerError } from '../../errors.js';
import type { Level } from '../../integration-kit/database/vocabulary.js';
import type { Change } from './change.js';
import type { Session } from './connection.js';
import { quoted } from './identifiers.js';
import { type DataTarget, wantedPrivileges } from './target.js';

/** Names in one GRANT: keeps each statement far below its time-out. */
const CHUNK = 200;

/** A privilege on an object. */
interface Right {
  readonly objectClass: 'DATABASE' | 'SCHEMA' | 'TABLE' | 'SEQUENCE';
  readonly path: readonly string[];
  readonly privilege: string;
}

/** A privilege that a holder does not have yet. */
interface MissingRight extends Right {
  /** Whether the runner's user can grant it. */
  readonly grantable: boolean;
  /** Whether everybody has it anyway, or it belongs to an extension whose objects nobody but a superuser grants. */
  readonly dispensable: boolean;
}

/** Whether an ACL names the holder ($1) for privilege p, or everybody. */
const inAcl = (acl: string, grantee: string) =>
  `EXISTS (SELECT FROM aclexplode(${acl}) a WHERE a.grantee = ${grantee} AND a.privilege_type = p)`;

/** Relations within the target: a database has no $2, a schema no $3. Partitions count as tables. */
const SCOPE = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND ($2::text IS NULL OR n.nspname = $2::text) AND ($3::text IS NULL OR c.relname = $3::text)`;
const OF_EXTENSION = `EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`;
/** For a single table only the sequences of its columns; for a view those of the tables that it reads: defaults run with the caller's rights. */
const SEQUENCE_SCOPE = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ($2::text IS NULL OR n.nspname = $2::text)
  AND ($3::text IS NULL OR EXISTS (
    SELECT FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
       AND (t.relname = $3::text AND t.relnamespace = n.oid OR EXISTS (
         SELECT FROM pg_depend u JOIN pg_rewrite w ON w.oid = u.objid JOIN pg_class v ON v.oid = w.ev_class
          WHERE u.classid = 'pg_rewrite'::regclass AND u.refclassid = 'pg_class'::regclass AND u.refobjid = t.oid
            AND v.relname = $3::text AND v.relnamespace = n.oid))))`;

/** Privileges of the level that the holder still lacks on what exists now. */
async function missingRights(session: Session, target: DataTarget, level: Level, holder: string): Promise<MissingRight[]> {
  const wanted = wantedPrivileges(level, target);
  const rows = await session.rows(
    `WITH holder AS (SELECT (SELECT oid FROM pg_roles WHERE rolname = $1::text) AS oid)
     SELECT 'DATABASE', ARRAY[d.datname::text], p, has_database_privilege(d.oid, p || ' WITH GRANT OPTION'), ${inAcl("coalesce(d.datacl, acldefault('d', d.datdba))", '0')}
       FROM pg_database d, holder h, unnest($4::text[]) p
      WHERE d.datname = current_database() AND NOT ${inAcl('d.datacl', 'h.oid')}
     UNION ALL
     SELECT 'SCHEMA', ARRAY[n.nspname::text], p, has_schema_privilege(n.oid, p || ' WITH GRANT OPTION'), ${inAcl('n.nspacl', '0')}
       FROM pg_namespace n, holder h, unnest($5::text[]) p
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ($2::text IS NULL OR n.nspname = $2::text) AND NOT ${inAcl('n.nspacl', 'h.oid')}
     UNION ALL
     SELECT 'TABLE', ARRAY[n.nspname::text, c.relname::text], p, has_table_privilege(c.oid, p || ' WITH GRANT OPTION'), ${inAcl('c.relacl', '0')} OR ${OF_EXTENSION}
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, holder h, unnest($6::text[]) p
      WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND ${SCOPE} AND NOT ${inAcl('c.relacl', 'h.oid')}
     UNION ALL
     SELECT 'SEQUENCE', ARRAY[n.nspname::text, c.relname::text], p, has_sequence_privilege(c.oid, p || ' WITH GRANT OPTION'), ${inAcl('c.relacl', '0')} OR ${OF_EXTENSION}
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, holder h, unnest($7::text[]) p
      WHERE c.relkind = 'S' AND ${SEQUENCE_SCOPE} AND NOT ${inAcl('c.relacl', 'h.oid')}`,
    [holder, target.schema, target.relation, wanted.database, wanted.schema, wanted.relation, wanted.sequence],
  );
  return rows.map(([objectClass, path, privilege, grantable, dispensable]) => ({
    objectClass: objectClass as MissingRight['objectClass'],
    path: path as string[],
    privilege: privilege as string,
    grantable: grantable as boolean,
    dispensable: dispensable as boolean,
  }));
}

/** @throws {RunnerError} `TARGET_PERMISSION_DENIED` with the SQL that mends it, where the runner's user could not give the whole level */
export async function requireGrantable(session: Session, target: DataTarget, level: Level, holder: string, user: string): Promise<void> {
  const denied = (await missingRights(session, target, level, holder)).filter((right) => !right.grantable && !right.dispensable);
  const [first] = denied;
  if (first === undefined) return;
  const more = denied.length > 1 ? ` (and ${denied.length - 1} more rights)` : '';
  throw new RunnerError(
    'TARGET_PERMISSION_DENIED',
    `The runner's user may not grant ${first.privilege} on this ${first.objectClass.toLowerCase()}${more}.`,
    {
      object: first.path.join('.'),
      mend: `${grant([first], quoted(user))} WITH GRANT OPTION;`,
    },
  );
}

/** Gives the holder whatever it lacks, and leaves alone what it has. */
export async function giveRights(change: Change, target: DataTarget, level: Level, holder: string): Promise<void> {
  const missing = await missingRights(change, target, level, holder);
  const grantable = missing.filter((right) => right.grantable);
  // One privilege a statement: the server uses one grantor for all of them, which may hold the grant option for one only.
  for (const rights of groups(grantable)) {
    for (const chunk of chunks(rights)) await change.run(grant(chunk, quoted(holder)));
  }
  if (grantable.length > 0) change.actions.push(`granted ${grantable.length} privileges to ${holder}`);
  const left = missing.filter((right) => !right.grantable && right.objectClass === 'TABLE').length;
  if (left > 0) change.actions.push(`left out ${left} privileges on objects that everybody may use or that belong to an extension`);
}

/**
 * Statements that take back what the runner's user itself granted the holder in this database. `DROP OWNED` alone does not: for all
 * privileges at once the server prefers the owner as grantor where the user stands in for it, and on sequences it fails for others.
 */
export async function revocations(session: Session, holder: string): Promise<string[]> {
  const rows = await session.rows(
    `WITH objects AS (
       SELECT 'DATABASE' AS class, ARRAY[datname::text] AS path, datacl AS acl FROM pg_database WHERE datname = current_database()
       UNION ALL SELECT 'SCHEMA', ARRAY[nspname::text], nspacl FROM pg_namespace
       UNION ALL SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, ARRAY[n.nspname::text, c.relname::text], c.relacl
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     )
     SELECT class, path, a.privilege_type FROM objects, aclexplode(acl) a
      WHERE a.grantee = (SELECT oid FROM pg_roles WHERE rolname = $1::text) AND a.grantor = (SELECT oid FROM pg_roles WHERE rolname = current_user)`,
    [holder],
  );
  const granted = rows.map(([objectClass, path, privilege]) => ({
    objectClass: objectClass as Right['objectClass'],
    path: path as string[],
    privilege: privilege as string,
  }));
  return [...groups(granted)].flatMap((rights) => chunks(rights).map((chunk) => `REVOKE ${subject(chunk)} FROM ${quoted(holder)}`));
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, index) => items.slice(index * CHUNK, (index + 1) * CHUNK));
}

function groups<Some extends Right>(rights: readonly Some[]): Iterable<Some[]> {
  const found = new Map<string, Some[]>();
  for (const right of rights) {
    const key = `${right.objectClass} ${right.privilege}`;
    const group = found.get(key);
    if (group === undefined) found.set(key, [right]);
    else group.push(right);
  }
  return found.values();
}

function grant(rights: readonly Right[], grantee: string): string {
  return `GRANT ${subject(rights)} TO ${grantee}`;
}

/** `SELECT ON TABLE a, b` of rights that differ in the object only. */
function subject(rights: readonly Right[]): string {
  const [first] = rights;
  if (first === undefined) throw new TypeError('a GRANT names an object');
  return `${first.privilege} ON ${first.objectClass} ${rights.map(({ path }) => quoted(...path)).join(', ')}`;
}
