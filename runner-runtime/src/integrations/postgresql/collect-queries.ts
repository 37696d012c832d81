import { MEMBER } from '../../integration-kit/database/vocabulary.js';
import { OWN_PREFIX } from './identifiers.js';
import { NEVER_GRANTED } from './privileges.js';

/** Each stage reads by keyset: `$1`, `$2` the key where the last page ended, `$3` the most rows. */

/** What is true of a role, as bits: one column is read faster than seven. */
export const ROLE_FLAGS = {
  login: 1,
  superuser: 2,
  createRole: 4,
  createDatabase: 8,
  replication: 16,
  bypassRowSecurity: 32,
  grantable: 64,
} as const;

/** Columns: oid, name, flags, valid until. */
export const ROLES = `
  SELECT oid, rolname,
         rolcanlogin::int * ${ROLE_FLAGS.login} + rolsuper::int * ${ROLE_FLAGS.superuser} + rolcreaterole::int * ${ROLE_FLAGS.createRole}
           + rolcreatedb::int * ${ROLE_FLAGS.createDatabase} + rolreplication::int * ${ROLE_FLAGS.replication}
           + rolbypassrls::int * ${ROLE_FLAGS.bypassRowSecurity}
           + (NOT (rolcanlogin OR rolsuper OR rolreplication OR rolbypassrls OR starts_with(rolname::text, '${OWN_PREFIX}')
                OR rolname = ANY ('{${NEVER_GRANTED.join(',')}}')))::int * ${ROLE_FLAGS.grantable},
         rolvaliduntil::text
    FROM pg_roles WHERE oid > $1::oid AND $2::int8 IS NOT NULL ORDER BY oid LIMIT $3`;

/** Columns: role's oid, member's oid, role, member, permission. */
export function memberships(boundedCreateRole: boolean): string {
  // Since PostgreSQL 16 there may be several memberships of the same two, by different grantors, and some only allow to grant.
  const membership = boundedCreateRole
    ? `SELECT roleid, member, bool_or(inherit_option OR set_option) AS used, bool_or(admin_option) AS admin
         FROM pg_auth_members WHERE (roleid, member) > ($1::oid, $2::oid) GROUP BY roleid, member ORDER BY roleid, member LIMIT $3`
    : `SELECT roleid, member, true AS used, admin_option AS admin
         FROM pg_auth_members WHERE (roleid, member) > ($1::oid, $2::oid) ORDER BY roleid, member LIMIT $3`;
  return `
    SELECT m.roleid, m.member, r.rolname, u.rolname,
           CASE WHEN NOT used THEN 'ADMIN OPTION' WHEN admin THEN '${MEMBER} WITH ADMIN OPTION' ELSE '${MEMBER}' END
      FROM (${membership}) m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member ORDER BY m.roleid, m.member`;
}

/**
 * One row for each object, then one for its owner, then one for each privilege in its ACL.
 * Columns: oid, position, kind, path, grantee (null for everybody), privilege (null for the object itself).
 */
function withAcl(source: string): string {
  return `
    SELECT s.oid, x.position, s.kind, s.path, x.grantee, x.privilege
      FROM (${source}) s(oid, kind, path, owner, acl) CROSS JOIN LATERAL (
        SELECT 0::int8 AS position, NULL::text AS grantee, NULL::text AS privilege
        UNION ALL SELECT 1, pg_get_userbyid(s.owner)::text, 'OWNER'
        UNION ALL SELECT 1 + min(a.ordinal), CASE a.grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(a.grantee)::text END,
                         a.privilege || CASE WHEN bool_or(a.grantable) THEN ' WITH GRANT OPTION' ELSE '' END
          FROM aclexplode(s.acl) WITH ORDINALITY a(grantor, grantee, privilege, grantable, ordinal)
         WHERE a.grantee <> s.owner GROUP BY a.grantee, a.privilege) x
     WHERE s.oid >= $1::oid AND (s.oid > $1::oid OR x.position > $2::int8) ORDER BY s.oid, x.position LIMIT $3`;
}

export const DATABASES = withAcl(`
  SELECT oid, 'database', ARRAY[datname::text], datdba, coalesce(datacl, acldefault('d', datdba)) FROM pg_database WHERE NOT datistemplate`);

export const SCHEMAS = withAcl(`
  SELECT oid, 'schema', ARRAY[current_database()::text, nspname::text], nspowner, nspacl
    FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`);

export const RELATIONS = withAcl(`
  SELECT c.oid, CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END, ARRAY[current_database()::text, n.nspname::text, c.relname::text],
         c.relowner, c.relacl
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`);

/** The next database to enter, by oid. */
export const NEXT_DATABASE = `
  SELECT oid, datname::text AS name FROM pg_database WHERE datallowconn AND NOT datistemplate AND oid > $1::oid ORDER BY oid LIMIT 1`;

/**
 * Keyset pages are read from the indexes. Without statistics on the catalogue, as after the creation of many roles,
 * the planner would rather sort all that is left for every page.
 */
export const PREFER_INDEXES = `SELECT ${['bitmapscan', 'hashjoin', 'mergejoin', 'seqscan', 'sort']
  .map((method) => `set_config('enable_${method}', 'off', false)`)
  .join(', ')}`;
