import { isLevel } from '../../integration-kit/database/vocabulary.js';
import type { Session } from './connection.js';
import { decisivePrivileges } from './privileges.js';
import type { DataTarget } from './target.js';

/** Most ways that are told. */
const MAX_WAYS = 10;

/** What a principal can still do on a target, and by which way. */
export interface Remaining {
  readonly privilege: string;
  /** `PUBLIC`, `ownership`, `superuser`, or the role whose right it is. */
  readonly way: string;
}

/**
 * The decisive privileges of a level that a principal has in effect, however it came to them: superuser, owner,
 * own ACL entry, a role whose rights it has, or everybody.
 */
export async function remainingAccess(session: Session, principal: string, target: DataTarget, permission: string): Promise<Remaining[]> {
  if (!isLevel(permission)) return [];
  return session.query<Remaining>(
    `WITH principal AS (SELECT oid, rolsuper FROM pg_roles WHERE rolname = $1::text),
     relations AS (
       SELECT c.oid, c.relowner, c.relacl FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND ($2::text IS NULL OR n.nspname = $2::text) AND ($3::text IS NULL OR c.relname = $3::text)
     ), ways AS (
       SELECT privilege, CASE WHEN p.rolsuper THEN 'superuser' WHEN r.relowner = p.oid THEN 'ownership' END AS way, NULL::oid AS role
         FROM principal p, relations r, unnest($4::text[]) privilege WHERE p.rolsuper OR r.relowner = p.oid
       UNION
       SELECT privilege, NULL, r.relowner FROM principal p, relations r, unnest($4::text[]) privilege
        WHERE NOT p.rolsuper AND r.relowner <> p.oid AND pg_has_role(p.oid, r.relowner, 'USAGE')
       UNION
       SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' WHEN p.oid THEN 'a grant of its own' END, nullif(nullif(a.grantee, 0), p.oid)
         FROM principal p, relations r, aclexplode(r.relacl) a
        WHERE NOT p.rolsuper AND a.grantee <> r.relowner AND a.privilege_type = ANY ($4::text[])
          AND CASE a.grantee WHEN 0 THEN true ELSE pg_has_role(p.oid, a.grantee, 'USAGE') END
          AND has_table_privilege(p.oid, r.oid, a.privilege_type)
     )
     SELECT privilege, coalesce(way, 'role ' || (SELECT rolname FROM pg_roles WHERE oid = role)) AS way
       FROM ways ORDER BY 2, 1 LIMIT ${MAX_WAYS}`,
    [principal, target.schema, target.relation, [...decisivePrivileges(permission)]],
  );
}

/** The direct memberships by which a principal still belongs to a role. */
export async function remainingMemberships(session: Session, principal: string, role: string): Promise<string[]> {
  const rows = await session.query<{ way: string }>(
    `SELECT DISTINCT g.rolname::text AS way FROM pg_auth_members m JOIN pg_roles p ON p.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
      WHERE p.rolname = $1::text AND pg_has_role(m.roleid, (SELECT oid FROM pg_roles WHERE rolname = $2::text), 'MEMBER')
      ORDER BY 1 LIMIT ${MAX_WAYS}`,
    [principal, role],
  );
  return rows.map(({ way }) => way);
}

/** Triggers on what belongs to others that run functions of a principal, with the rights of whoever writes to the table. */
export async function remainingTriggers(session: Session, principal: string, target: DataTarget): Promise<string[]> {
  const rows = await session.query<{ identity: string }>(
    `SELECT left(i.identity, 200) AS identity
       FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN LATERAL pg_identify_object('pg_trigger'::regclass, t.oid, 0) i
      WHERE NOT t.tgisinternal AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = $1::text) AND c.relowner <> p.proowner
        AND ($2::text IS NULL OR n.nspname = $2::text) AND ($3::text IS NULL OR c.relname = $3::text) ORDER BY 1 LIMIT ${MAX_WAYS}`,
    [principal, target.schema, target.relation],
  );
  return rows.map(({ identity }) => identity);
}
