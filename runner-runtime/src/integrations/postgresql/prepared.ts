import { RunnerError } from '../../errors.js';
import { type Access, type Session, withSession } from './connection.js';
import { literal, quoted } from './identifiers.js';

/** What became of the prepared transactions of roles. */
export interface RolledBack {
  readonly count: number;
  /** Databases in which one stays: it keeps its locks, but nobody is left to commit it. */
  readonly stuckIn: readonly string[];
}

/**
 * Rolls back what sessions of the roles left prepared: such a transaction outlives its session with all its locks.
 * Only its owner may end it, so the runner's user, a member by now, acts as the owner.
 */
export async function rollBackPrepared(access: Access, session: Session, oids: readonly number[]): Promise<RolledBack> {
  const prepared = await session.query<{ gid: string; owner: string; database: string }>(
    `SELECT p.gid, p.owner::text, p.database::text FROM pg_prepared_xacts p JOIN pg_roles r ON r.rolname = p.owner
      WHERE r.oid = ANY ($1::oid[])`,
    [oids],
  );
  let count = 0;
  const stuckIn = new Set<string>();
  for (const { gid, owner, database } of prepared) {
    access.gate.check();
    try {
      await withSession(access, database, async (inside) => {
        await inside.query(`SET ROLE ${quoted(owner)}`);
        await inside.query(`ROLLBACK PREPARED ${literal(gid)}`);
      });
      count += 1;
    } catch (error) {
      if (access.signal.aborted || !(error instanceof RunnerError)) throw error;
      stuckIn.add(database);
    }
  }
  return { count, stuckIn: [...stuckIn] };
}
