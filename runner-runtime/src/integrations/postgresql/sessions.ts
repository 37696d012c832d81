import { setTimeout as sleep } from 'node:timers/promises';
import { RunnerError } from '../../errors.js';
import { type Access, type Session, withSession } from './connection.js';
import { rollBackPrepared } from './prepared.js';

const ATTEMPTS = 50;
const FIRST_PAUSE_MS = 10;
const PAUSE_MS = 200;

/** How many sessions the roles have. */
export async function countSessions(session: Session, oids: readonly number[]): Promise<number> {
  const [row] = await session.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pg_stat_activity WHERE usesysid = ANY ($1::oid[])',
    [oids],
  );
  return row?.count ?? 0;
}

/** What was ended. */
export interface Ended {
  readonly sessions: number;
  readonly prepared: number;
  /** Databases in which a prepared transaction could not be rolled back. */
  readonly stuckIn: readonly string[];
}

/**
 * Ends the sessions and prepared transactions of roles while `work` waits for locks that they may hold, and once more after it,
 * until none is left.
 * @param work what keeps new ones out
 */
export async function endSessionsDuring(
  access: Access,
  database: string,
  oids: readonly number[],
  work: () => Promise<void>,
): Promise<Ended> {
  // Settled, so that the failure of one does not leave the other running, and each keeps its own code.
  const [worked, ended] = await withSession(access, database, (session) => {
    let working = true;
    const worked = work().finally(() => {
      working = false;
    });
    return Promise.allSettled([worked, endSessions(access, session, oids, () => working)]);
  });
  if (ended.status === 'rejected') throw ended.reason;
  if (worked.status === 'rejected') throw worked.reason;
  return ended.value;
}

/** @throws {RunnerError} retryable `INTERNAL` when one does not end */
async function endSessions(access: Access, session: Session, oids: readonly number[], working: () => boolean): Promise<Ended> {
  const ended = new Set<number>();
  let prepared = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += working() ? 0 : 1) {
    const last = !working();
    const live = await session.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE usesysid = ANY ($1::oid[])', [oids]);
    for (const { pid } of live) {
      access.gate.check();
      // By pid and user: the pid may be somebody else's by now.
      await session.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usesysid = ANY ($2::oid[])', [
        pid,
        oids,
      ]);
      ended.add(pid);
    }
    const { count, stuckIn } = await rollBackPrepared(access, session, oids);
    prepared += count;
    if (last && live.length === 0) return { sessions: ended.size, prepared, stuckIn };
    await sleep(attempt === 0 ? FIRST_PAUSE_MS : PAUSE_MS, undefined, { signal: access.signal });
  }
  throw new RunnerError('INTERNAL', 'A session of the temporary user does not end.', { retryable: true });
}
