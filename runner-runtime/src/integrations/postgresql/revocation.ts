import type { Intent } from '../intent.js';
import { type Change, type ChangeOptions, inTransaction, STATEMENT_TIMEOUT_MS } from './change.js';
import type { Access, Session } from './connection.js';
import type { ServerFacts } from './server.js';
import type { PostgresqlState } from './state.js';

/** Everything that the steps of one revocation share. */
export interface Revocation {
  readonly access: Access;
  readonly intent: Intent<PostgresqlState>;
  readonly facts: ServerFacts;
  readonly actions: string[];
  readonly warnings: string[];
}

/** One transaction of a revocation; what it did counts once it is committed. */
export async function step<Result>(
  { access, actions }: Revocation,
  session: Session,
  work: (change: Change) => Promise<Result>,
  options: Pick<ChangeOptions, 'lockTimeoutMs'> = {},
): Promise<Result> {
  const take = { statementTimeoutMs: STATEMENT_TIMEOUT_MS.take, evenOutOfTurn: true, ...options };
  const [result, done] = await inTransaction(access, session, take, async (change) => [await work(change), change.actions] as const);
  actions.push(...done);
  return result;
}
