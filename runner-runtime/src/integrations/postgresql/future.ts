import type { Level } from '../../integration-kit/database/vocabulary.js';
import type { Change } from './change.js';
import type { Session } from './connection.js';
import { quoted } from './identifiers.js';
import { type DataTarget, wantedPrivileges } from './target.js';

/**
 * Default privileges are kept per role that creates (https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html).
 * Who may create tables within the target: owners of what is there, of its schemas and of the database, and roles with CREATE.
 * `pg_database_owner` stands for the database's owner; temporary users are left out, what they make goes to quarantine.
 */
const CREATORS = `
  WITH schemas AS (
    SELECT oid, nspowner, nspacl FROM pg_namespace n
     WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND ($1::text IS NULL OR nspname = $1::text)
  ), creators AS (
    SELECT datdba AS oid FROM pg_database WHERE datname = current_database()
    UNION SELECT nspowner FROM schemas
    UNION SELECT a.grantee FROM schemas s, aclexplode(s.nspacl) a WHERE a.privilege_type = 'CREATE'
    UNION SELECT c.relowner FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  )
  SELECT r.rolname::text AS name, pg_has_role(r.oid, 'USAGE') AS ours
    FROM creators JOIN pg_roles r USING (oid) WHERE r.rolname !~ '^(pg|axm)_' ORDER BY r.rolname`;

/** What the defaults of a creator give the holder already, as `r SELECT`. */
const PRESENT = `
  SELECT r.rolname::text AS creator, d.defaclobjtype::text || ' ' || a.privilege_type AS given
    FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole, aclexplode(d.defaclacl) a
   WHERE a.grantee = (SELECT oid FROM pg_roles WHERE rolname = $2::text)
     AND d.defaclnamespace = coalesce((SELECT oid FROM pg_namespace WHERE nspname = $1::text), 0)`;

/** Extends a level on a schema or database to what will be made there. */
export async function giveFutureRights(change: Change, target: DataTarget, level: Level, holder: string): Promise<void> {
  if (target.relation !== null) return;
  const creators = await change.query<{ name: string; ours: boolean }>(CREATORS, [target.schema]);
  const present = await presentDefaults(change, target, holder);
  for (const { name } of creators.filter(({ ours }) => ours)) {
    for (const { type, keyword, privileges } of wantedDefaults(target, level)) {
      const missing = privileges.filter((privilege) => !present.has(`${name} ${type} ${privilege}`));
      if (missing.length === 0) continue;
      const where = target.schema === null ? '' : ` IN SCHEMA ${quoted(target.schema)}`;
      await change.run(
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoted(name)}${where} GRANT ${missing.join(', ')} ON ${keyword} TO ${quoted(holder)}`,
        `extended ${holder} to future ${keyword.toLowerCase()} of ${name}`,
      );
    }
  }
  const uncovered = creators.filter(({ ours }) => !ours).map(({ name }) => name);
  if (uncovered.length > 0) {
    change.actions.push(`not covered: future tables of ${uncovered.join(', ')}, since the runner's user is no member of these roles`);
  }
}

async function presentDefaults(session: Session, target: DataTarget, holder: string): Promise<Set<string>> {
  const rows = await session.query<{ creator: string; given: string }>(PRESENT, [target.schema, holder]);
  return new Set(rows.map(({ creator, given }) => `${creator} ${given}`));
}

function wantedDefaults(target: DataTarget, level: Level) {
  const wanted = wantedPrivileges(level, target);
  return [
    { type: 'r', keyword: 'TABLES', privileges: wanted.relation },
    { type: 'S', keyword: 'SEQUENCES', privileges: wanted.sequence },
    // A schema can't hold schemas.
    { type: 'n', keyword: 'SCHEMAS', privileges: target.schema === null ? wanted.schema : [] },
  ];
}
