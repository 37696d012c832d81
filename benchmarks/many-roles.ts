import type { PostgresServer } from '@axiom-runner/local-servers';
import pg from 'pg';

/** What a collection of roles and memberships delivers, for `psql` to copy in whatever order costs the server least. */
export const COPY_ROLES = `COPY (SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolvaliduntil
  FROM pg_roles) TO STDOUT`;
export const COPY_MEMBERSHIPS = `COPY (SELECT r.rolname, u.rolname, m.inherit_option OR m.set_option, m.admin_option
  FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member) TO STDOUT`;

const FIRST_OID = 1_000_000;
const MEMBERS_PER_ROLE = 100;

/**
 * Makes many roles, and a membership for each: every hundredth role has the hundred that begin with it as members.
 * Written into the catalogue as rows, because as many statements would take minutes.
 */
export async function makeManyRoles(database: PostgresServer, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: database.connectionString });
  await client.connect();
  try {
    await client.query('SET allow_system_table_mods = on');
    await client.query(`
      INSERT INTO pg_authid (oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit)
      SELECT ${FIRST_OID} + n, 'employee_' || n, false, true, false, false, n % ${MEMBERS_PER_ROLE} <> 0, false, false, -1
        FROM generate_series(0, ${count - 1}) n`);
    await client.query(`
      INSERT INTO pg_auth_members (oid, roleid, member, grantor, admin_option, inherit_option, set_option)
      SELECT ${FIRST_OID + count} + n, ${FIRST_OID} + n - n % ${MEMBERS_PER_ROLE},
             ${FIRST_OID} + (n + CASE WHEN n % ${MEMBERS_PER_ROLE} = 0 THEN ${MEMBERS_PER_ROLE + 1} ELSE 0 END) % ${count}, 10, false, true, true
        FROM generate_series(0, ${count - 1}) n`);
    await client.query('VACUUM ANALYZE pg_authid');
    await client.query('VACUUM ANALYZE pg_auth_members');
  } finally {
    await client.end();
  }
}
