import { type Access, type Session, withSession } from './connection.js';
import { literal, quoted } from './identifiers.js';

/**
 * Rolls back what sessions of the roles left prepared: such a transaction outlives its session with all its locks.
 * Only its owner may end it, so the runner's user, a member by now, acts as the owner.
 * @returns how many there were
 */
export async function rollBackPrepared(access: Access, session: Session, roles: readonly string[]): Promise<number> {
  const prepared = await session.query<{ gid: string; owner: string; database: string }>(
    'SELECT gid, owner::text, database::text FROM pg_prepared_xacts WHERE owner = ANY ($1::text[])',
    [roles],
  );
  for (const { gid, owner, database } of prepared) {
    await withSession(access, database, async (inside) => {
      await inside.query(`SET ROLE ${quoted(owner)}`);
      access.gate.check();
      await inside.query(`ROLLBACK PREPARED ${literal(gid)}`);
    });
  }
  return prepared.length;
}
