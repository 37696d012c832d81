import type { DatabaseServer } from '../../../integrations/postgresql/database-server.js';

export const SECRET = 'axiom-security/postgresql/db.example.com';
export const READ = 'SELECT FROM sales.orders';

/** Roles of temporary users that can log in. */
export async function usersOf(server: DatabaseServer): Promise<string[]> {
  const rows = await server.admin('postgres', "SELECT rolname FROM pg_roles WHERE rolname ~ '^axm_' AND rolcanlogin ORDER BY 1");
  return rows.map(({ rolname }) => String(rolname));
}

/** What reapers do once the requests cannot be replayed any more. */
export async function removeTombstones(server: DatabaseServer): Promise<void> {
  for (const role of await server.ownRoles()) await server.admin('app', `DROP OWNED BY "${role}"`, `DROP ROLE "${role}"`);
}
