import { setTimeout as pause } from 'node:timers/promises';
import { RunnerError } from '../../errors.js';
import type { Account } from './account.js';
import type { Access, Session } from './connection.js';
import { failureCode } from './errors.js';
import { roleGrants } from './grant-tables.js';

const ATTEMPTS = 50;
const FIRST_PAUSE_MS = 10;
const PAUSE_MS = 200;

/** The session has ended by itself meanwhile. */
const NO_SUCH_SESSION = '1094';

/** How many sessions an account has; the server tells only their names. */
export async function countSessions(session: Session, user: string): Promise<number> {
  return (await sessionsOf(session, user)).length;
}

/** How many sessions of accounts, or of direct members of those that are roles, have chosen a database. */
export async function sessionsInDatabase(session: Session, holders: readonly Account[], database: string): Promise<number> {
  const [{ user, host } = { user: '', host: '' }] = holders;
  const [row] = await session.query<{ count: number }>(
    `SELECT COUNT(*) AS count FROM information_schema.PROCESSLIST p WHERE p.DB = ? AND p.ID <> CONNECTION_ID()
        AND (p.USER = ? OR p.USER IN (SELECT r.user FROM ${roleGrants(session.facts)} r WHERE r.roleUser = ? AND r.roleHost = ?))`,
    [database, user, user, host],
  );
  return Number(row?.count ?? 0);
}

/**
 * Ends the sessions of an account that nobody can log in as any more, until none is left.
 * @returns how many were ended
 * @throws {RunnerError} retryable `INTERNAL` when one does not end
 */
export async function endSessions(access: Access, session: Session, user: string): Promise<number> {
  const ended = new Set<number>();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const live = await sessionsOf(session, user);
    if (live.length === 0) return ended.size;
    for (const id of live) {
      await session.change(`KILL CONNECTION ${id}`).catch((error: unknown) => {
        if (failureCode(error) !== NO_SUCH_SESSION) throw error;
      });
      ended.add(id);
    }
    await pause(attempt === 0 ? FIRST_PAUSE_MS : PAUSE_MS, undefined, { signal: access.signal });
  }
  throw new RunnerError('INTERNAL', 'A session of the temporary user does not end.', { retryable: true, object: user });
}

async function sessionsOf(session: Session, user: string): Promise<number[]> {
  const rows = await session.query<{ id: number }>('SELECT p.ID AS id FROM information_schema.PROCESSLIST p WHERE p.USER = ?', [user]);
  return rows.map(({ id }) => Number(id));
}
