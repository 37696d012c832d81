import { RunnerError } from '../../errors.js';
import type { Access, Session } from './connection.js';
import { failureCode } from './errors.js';

/** Statements of a runner that was paused must be dead when another may have taken over: each of these is well below 10 s. */
const IDLE_TIMEOUT_MS = 4_000;
const LOCK_TIMEOUT_MS = 4_000;
/** Longer than a paused runner can hold the lock. */
const TURN_TIMEOUT_MS = 20_000;
const LOCK_NOT_AVAILABLE = '55P03';
/** `AXMR`: the namespace of our advisory locks. */
const LOCK_CLASS = 0x41_58_4d_52;

/** How long one statement may take. */
export const STATEMENT_TIMEOUT_MS = {
  /** What gives access is made of small statements. */
  give: 5_000,
  /** What takes access away may have much to move, and does no harm when it is late. */
  take: 60_000,
};

/** An open transaction. Everything that it changes goes through {@link Change.run}. */
export interface Change extends Session {
  /** Makes one external effect. @param action what it does, for the audit; left out where it only prepares another */
  run(sql: string, action?: string): Promise<void>;
  /** As `run`, but a failure of the server undoes only this step, and is returned. */
  attempt(statements: readonly string[]): Promise<unknown>;
  readonly actions: string[];
}

/** How a transaction of changes is made. */
export interface ChangeOptions {
  readonly statementTimeoutMs: number;
  /** How long a statement waits for others. @default 4 s */
  readonly lockTimeoutMs?: number;
  /** Whether it may do without its turn: nobody must be able to keep access from being taken away. @default false */
  readonly evenOutOfTurn?: boolean;
  /** Stands before each effect, besides the gate. */
  readonly before?: () => void;
}

/**
 * One transaction of changes. Runners take turns in it, per database, since `GRANT`s on the same object would fail each other.
 * Nothing else relies on the turn: what must not happen at once is kept apart by the server's own locks.
 */
export async function inTransaction<Result>(
  access: Access,
  session: Session,
  { statementTimeoutMs, lockTimeoutMs = LOCK_TIMEOUT_MS, evenOutOfTurn = false, before = () => undefined }: ChangeOptions,
  work: (change: Change) => Promise<Result>,
): Promise<Result> {
  const effect = async (sql: string): Promise<void> => {
    access.signal.throwIfAborted();
    before();
    access.gate.check();
    await session.query(sql);
  };
  const actions: string[] = [];
  const change: Change = {
    ...session,
    actions,
    run: async (sql, action) => {
      await effect(sql);
      if (action !== undefined) actions.push(action);
    },
    attempt: async (statements) => {
      await session.query('SAVEPOINT attempt');
      try {
        for (const sql of statements) await effect(sql);
        return undefined;
      } catch (error) {
        if (error instanceof RunnerError) throw error;
        await session.query('ROLLBACK TO SAVEPOINT attempt');
        return error;
      }
    },
  };
  await session.query('BEGIN READ WRITE');
  try {
    await takeTurn(session, evenOutOfTurn);
    await session.query(
      `SELECT set_config('statement_timeout', '${statementTimeoutMs}', true), set_config('lock_timeout', '${lockTimeoutMs}', true)`,
    );
    const result = await work(change);
    await effect('COMMIT');
    return result;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Everybody who can connect can take the lock too, so it only counts while a session of the runner's own user has it. */
async function takeTurn(session: Session, evenOutOfTurn: boolean): Promise<void> {
  await session.query(
    `SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '${TURN_TIMEOUT_MS}', true),
            set_config('idle_in_transaction_session_timeout', '${IDLE_TIMEOUT_MS}', true)`,
  );
  if (await isTurnStolen(session)) return;
  await session.query('SAVEPOINT turn');
  try {
    await session.query(`SELECT pg_advisory_xact_lock(${LOCK_CLASS}, 0)`);
  } catch (error) {
    if (failureCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    await session.query('ROLLBACK TO SAVEPOINT turn');
    if (!evenOutOfTurn && !(await isTurnStolen(session))) throw error;
  }
}

async function isTurnStolen(session: Session): Promise<boolean> {
  const thieves = await session.query(
    `SELECT FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.classid = ${LOCK_CLASS} AND l.objid = 0 AND l.objsubid = 2 AND l.granted
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.pid IS NULL OR a.usename <> current_user) LIMIT 1`,
  );
  return thieves.length > 0;
}
