import { RunnerError } from '../../errors.js';
import { type Access, type Session, withSession } from './connection.js';
import { asTargetError } from './errors.js';
import { quoted } from './identifiers.js';
import type { PostgresqlState } from './state.js';

/** Connects to the database of an access, and says which right is missing where it can't. */
export async function withTargetDatabase<Result>(
  access: Access,
  database: string,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  let entered = false;
  try {
    return await withSession(access, database, (session) => {
      entered = true;
      return work(session);
    });
  } catch (error) {
    const failure = asTargetError(error);
    if (entered || failure.code !== 'TARGET_PERMISSION_DENIED') throw failure;
    throw new RunnerError('TARGET_PERMISSION_DENIED', "The runner's user may not connect to the database.", {
      object: database,
      mend: `GRANT CONNECT ON DATABASE ${quoted(database)} TO ${quoted(access.secret.username)} WITH GRANT OPTION;`,
    });
  }
}

/**
 * Connects where roles can be seen to: they are the same in every database. The secret's own one comes first, since the owner of
 * another could hinder every session in it.
 */
export async function withRoles<Result>(
  access: Access,
  state: PostgresqlState,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  return withEither(access, undefined, async () => state.database, work);
}

/** Connects to the database of an access; where that is gone or closed, to the one to which its rights were moved by a renaming. */
export async function withDatabaseOf<Result>(
  access: Access,
  state: PostgresqlState,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const renamed = () => withSession(access, undefined, async (session) => (state.holder ? findRenamed(session, state) : undefined));
  return withEither(access, state.database, renamed, work);
}

async function withEither<Result>(
  access: Access,
  database: string | undefined,
  other: () => Promise<string | undefined>,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  let entered = false;
  try {
    return await withSession(access, database, (session) => {
      entered = true;
      return work(session);
    });
  } catch (error) {
    if (entered || !isClosed(error)) throw error;
  }
  return withSession(access, await other(), work);
}

/** Whether a failure to connect is about the one database, as far as can be told. */
function isClosed(error: unknown): error is RunnerError {
  return error instanceof RunnerError && !error.retryable;
}

async function findRenamed(session: Session, { memberOf }: PostgresqlState): Promise<string | undefined> {
  const [found] = await session.query<{ name: string }>(
    `SELECT d.datname::text AS name FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
      WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1::text)
        AND d.datallowconn AND has_database_privilege(d.oid, 'CONNECT') LIMIT 1`,
    [memberOf],
  );
  return found?.name;
}
