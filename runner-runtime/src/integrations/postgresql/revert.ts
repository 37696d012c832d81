import type { Evidence } from '@axiom-runner/protocol';
import type { Intent } from '../intent.js';
import { type Change, inTransaction, STATEMENT_TIMEOUT_MS } from './change.js';
import { type Access, type Session, withSession } from './connection.js';
import { isClosed, withDatabaseOf } from './database.js';
import { dropIdleHolder } from './holder.js';
import { literal, quoted } from './identifiers.js';
import { rollBackPrepared } from './prepared.js';
import { databasesWith, emptyRole, ensureQuarantine } from './quarantine.js';
import { foreign, madeByOid, markOf, type Role, readRole } from './roles.js';
import { grantMembership, requireRoleMaker, type ServerFacts, serverFacts } from './server.js';
import { countSessions, endSessions } from './sessions.js';
import type { PostgresqlState } from './state.js';

type Report = Pick<Evidence, 'actions' | 'warnings'>;
const TAKE = { statementTimeoutMs: STATEMENT_TIMEOUT_MS.take, evenOutOfTurn: true };

/** A role that is to go. */
interface Doomed {
  readonly oid: number;
  readonly name: string;
}

/** Everything that the steps of one revocation share. */
interface Revocation {
  readonly access: Access;
  readonly intent: Intent<PostgresqlState>;
  readonly facts: ServerFacts;
  readonly actions: string[];
  readonly warnings: string[];
}

/** Blocks, ends sessions, empties, drops: each step may be repeated, and each leaves the access no stronger than before. */
export async function revert(access: Access, intent: Intent<PostgresqlState>): Promise<Report> {
  return withDatabaseOf(access, intent.state, async (session) => {
    const facts = await serverFacts(session);
    requireRoleMaker(facts);
    const revocation: Revocation = { access, intent, facts, actions: [], warnings: [] };
    const doomed = await step(revocation, session, (change) => block(revocation, change));
    if (doomed.length > 0) {
      if (intent.kind === 'dispense') await disconnect(revocation, session, doomed);
      else await warnOfLiveSessions(revocation, session);
      await empty(revocation, session, doomed);
    }
    await step(revocation, session, (change) => remove(revocation, change, doomed));
    return { actions: revocation.actions, warnings: revocation.warnings };
  });
}

async function step<Result>({ access, actions }: Revocation, session: Session, work: (change: Change) => Promise<Result>): Promise<Result> {
  const [result, done] = await inTransaction(access, session, TAKE, async (change) => [await work(change), change.actions] as const);
  actions.push(...done);
  return result;
}

/** Nobody gets in any more, and the mark says so: a replay of the request is refused from here on. */
async function block({ access, intent, facts, warnings }: Revocation, change: Change): Promise<Doomed[]> {
  const { role: name, memberOf } = intent.state;
  const tombstone = literal(await access.marks.write('revoked', intent));
  const role = await readRole(change, facts, name);
  if (role === undefined) {
    if (access.now() / 1000 >= intent.applyUntil) return [];
    await change.run(`CREATE ROLE ${quoted(name)} NOLOGIN`, `left tombstone ${name}, so that the request is not carried out later`);
    await change.run(`COMMENT ON ROLE ${quoted(name)} IS ${tombstone}`);
    return [];
  }
  if ((await markOf(role, intent, access.marks)) === undefined) {
    if (!isRecognised(role, intent.state)) throw foreign(name);
    warnings.push(`the mark of ${name} had been removed or changed by somebody else`);
  }
  if (intent.kind === 'dispense') {
    // A member may end the sessions of a role, and sees to what the role owns.
    await change.run(grantMembership(facts, name, facts.user, { set: true }));
  }
  const made = await rolesMadeBy(change, facts, role);
  for (const one of [{ name, oid: role.oid }, ...made]) {
    await change.run(
      `ALTER ROLE ${quoted(one.name)} NOLOGIN NOCREATEROLE PASSWORD NULL VALID UNTIL '-infinity'`,
      intent.kind === 'dispense' ? `blocked ${one.name}` : undefined,
    );
  }
  await change.run(`COMMENT ON ROLE ${quoted(name)} IS ${tombstone}`);
  for (const member of role.members) await change.attempt([`REVOKE ${quoted(name)} FROM ${quoted(member)}`]);
  if (role.members.length > 0) change.actions.push(`revoked ${name} from ${role.members.join(', ')}`);
  if (role.memberOf.includes(memberOf))
    await change.run(`REVOKE ${quoted(memberOf)} FROM ${quoted(name)}`, `revoked ${memberOf} from ${name}`);
  return [{ name, oid: role.oid }, ...made];
}

/** Ours even without its mark: it has our holder, or we made it. */
function isRecognised(role: Role, state: PostgresqlState): boolean {
  return role.madeByUs || (state.holder && role.memberOf.includes(state.memberOf));
}

/** Roles that a temporary user made, then those that they made, and so on. */
async function rolesMadeBy(session: Session, facts: ServerFacts, role: Role): Promise<Doomed[]> {
  if (!facts.boundedCreateRole) return [];
  return session.query<Doomed>(
    `WITH RECURSIVE made AS (
       SELECT m.roleid AS oid, 1 AS depth FROM pg_auth_members m WHERE ${madeByOid(facts, '$1::oid')}
       UNION SELECT m.roleid, depth + 1 FROM made JOIN pg_auth_members m ON ${madeByOid(facts, 'made.oid')}
     )
     SELECT oid, rolname::text AS name FROM made JOIN pg_roles r USING (oid) WHERE NOT rolsuper ORDER BY depth`,
    [role.oid],
  );
}

async function disconnect({ access, actions, facts }: Revocation, session: Session, [user, ...made]: readonly Doomed[]): Promise<void> {
  if (made.length > 0) {
    await inTransaction(access, session, TAKE, async (change) => {
      for (const { name } of made) await change.run(grantMembership(facts, name, facts.user, { set: true }));
    });
  }
  const oids = [user, ...made].flatMap((role) => role?.oid ?? []);
  const ended = await endSessions(access, session, oids);
  if (ended > 0) actions.push(`ended ${ended} sessions`);
  const prepared = await rollBackPrepared(
    access,
    session,
    [user, ...made].flatMap((role) => role?.name ?? []),
  );
  if (prepared > 0) actions.push(`rolled back ${prepared} prepared transactions`);
}

/** Before PostgreSQL 16 nothing keeps a member from SET ROLE, and a session that has run it keeps the role. */
async function warnOfLiveSessions({ intent, facts, warnings }: Revocation, session: Session): Promise<void> {
  if (facts.boundedCreateRole) return;
  const principal = await readRole(session, facts, intent.principal.id);
  if (principal === undefined) return;
  const live = await countSessions(session, [principal.oid]);
  if (live > 0) warnings.push(`${live} sessions of ${principal.name} are open: one that has run SET ROLE keeps that role until it ends`);
}

/** Moves what the roles own to the quarantine and takes back what they were granted, in every database. */
async function empty(revocation: Revocation, session: Session, doomed: readonly Doomed[]): Promise<void> {
  const { access, facts, warnings } = revocation;
  const databases = await databasesWith(
    session,
    doomed.map(({ oid }) => oid),
  );
  if (databases.length === 0) return;
  const quarantine = databases.some(({ owned }) => owned)
    ? await step(revocation, session, (change) => ensureQuarantine(change, facts, access.marks))
    : undefined;
  for (const { name } of databases) {
    let entered = false;
    try {
      await withSession(access, name, (inside) => {
        entered = true;
        return step(revocation, inside, (change) => emptyAll(revocation, change, doomed, quarantine));
      });
    } catch (error) {
      // This user got into another database just now: what keeps it out is about this one.
      if (entered || !isClosed(error)) throw error;
      warnings.push(
        `database ${name} cannot be entered (${error.code}): what ${doomed[0]?.name} has there stays, and the role with it, blocked`,
      );
    }
  }
}

async function emptyAll(
  { intent, facts, warnings }: Revocation,
  change: Change,
  doomed: readonly Doomed[],
  quarantine: string | undefined,
): Promise<void> {
  // Top down: the right to see to a role comes from its maker. Then bottom up: with what a role owns goes what it granted.
  for (const { name } of doomed) await change.run(grantMembership(facts, name, facts.user, { set: true }));
  const memberOf = await readRole(change, facts, intent.state.memberOf);
  for (const role of [...doomed].reverse()) {
    warnings.push(...(await emptyRole(change, facts, role.name, role === doomed[0] ? memberOf?.name : undefined, quarantine)));
  }
}

/** Drops what can be dropped; before `applyUntil` the role of the access stays as a tombstone. */
async function remove({ access, intent, facts, warnings }: Revocation, change: Change, doomed: readonly Doomed[]): Promise<void> {
  const keep = access.now() / 1000 < intent.applyUntil;
  const [own, ...made] = doomed;
  for (const { name } of made.reverse()) {
    const failure = await change.attempt([`DROP ROLE IF EXISTS ${quoted(name)}`]);
    if (failure === undefined) warnings.push(`role ${name}, made by the temporary user, was removed`);
    else warnings.push(`role ${name}, made by the temporary user, could not be removed: it is blocked, and something still depends on it`);
  }
  if (own !== undefined && (await readRole(change, facts, own.name)) !== undefined) {
    if (keep) {
      await change.attempt([`REVOKE ${quoted(own.name)} FROM ${quoted(facts.user)}`]);
      change.actions.push(`left tombstone ${own.name} until the request can no longer be replayed`);
    } else {
      const failure = await change.attempt([`DROP ROLE ${quoted(own.name)}`]);
      if (failure === undefined) change.actions.push(`dropped ${own.name}`);
      else
        warnings.push(
          `${own.name} could not be dropped: it is blocked and has no rights through the runner, but something still depends on it`,
        );
    }
  }
  if (intent.state.holder) warnings.push(...(await dropIdleHolder(change, facts, intent.state.memberOf)));
}
