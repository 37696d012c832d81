import { RunnerError } from '../../errors.js';
import type { Access, Session } from './connection.js';

/** Statements of a runner that was paused must be dead when another may have taken over: each of these is well below 10 s. */
const IDLE_TIMEOUT_MS = 4_000;
const LOCK_TIMEOUT_MS = 4_000;
/** Longer than a paused runner can hold the lock. */
const TURN_TIMEOUT_MS = 20_000;
/** `AXMR`: the namespace of our advisory locks. */
const LOCK_CLASS = 0x41_58_4d_52;

/** How long one statement may take. */
export const STATEMENT_TIMEOUT_MS = {
  /** What gives access is made of small statements. */
  give: 5_000,
  /** What takes access away may have much to move, and does no harm when it is late. */
  take: 120_000,
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
  /** Stands before each effect, besides the gate. */
  readonly before?: () => void;
}

/**
 * One transaction of changes. Runners take turns in it, per database: `GRANT`s on the same object would fail each other,
 * and a holder must not go while another runner adds a member.
 */
export async function inTransaction<Result>(
  access: Access,
  session: Session,
  { statementTimeoutMs, before = () => undefined }: ChangeOptions,
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
    await session.query(
      `SELECT set_config('statement_timeout', '${TURN_TIMEOUT_MS}', true), set_config('lock_timeout', '${TURN_TIMEOUT_MS}', true),
              set_config('idle_in_transaction_session_timeout', '${IDLE_TIMEOUT_MS}', true)`,
    );
    await session.query(`SELECT pg_advisory_xact_lock(${LOCK_CLASS}, 0)`);
    await session.query(
      `SELECT set_config('statement_timeout', '${statementTimeoutMs}', true), set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)`,
    );
    const result = await work(change);
    await effect('COMMIT');
    return result;
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
