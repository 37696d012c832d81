import { setTimeout as sleep } from 'node:timers/promises';
import { RunnerError } from '../../errors.js';
import type { Access, Session } from './connection.js';

const ATTEMPTS = 50;
const PAUSE_MS = 200;

/** How many sessions the roles have. */
export async function countSessions(session: Session, oids: readonly number[]): Promise<number> {
  const [row] = await session.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pg_stat_activity WHERE usesysid = ANY ($1::oid[])',
    [oids],
  );
  return row?.count ?? 0;
}

/**
 * Ends the live sessions of roles, and waits until they are gone.
 * @returns how many there were
 * @throws {RunnerError} retryable `INTERNAL` when one does not end
 */
export async function endSessions(access: Access, session: Session, oids: readonly number[]): Promise<number> {
  const ended = new Set<number>();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const live = await session.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE usesysid = ANY ($1::oid[])', [oids]);
    if (live.length === 0) return ended.size;
    for (const { pid } of live) {
      access.gate.check();
      // By pid and user: the pid may be somebody else's by now.
      await session.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usesysid = ANY ($2::oid[])', [
        pid,
        oids,
      ]);
      ended.add(pid);
    }
    await sleep(attempt === 0 ? 10 : PAUSE_MS, undefined, { signal: access.signal });
  }
  throw new RunnerError('INTERNAL', 'A session of the temporary user does not end.', { retryable: true });
}
