import type { Evidence } from '@axiom-runner/protocol';
import { bounded } from '../../integration-kit/bounded.js';
import { type Intent, tombstoneUntil } from '../intent.js';
import type { Change } from './change.js';
import type { Access, Session } from './connection.js';
import { withDatabaseOf, withRoles } from './database.js';
import { empty } from './empty.js';
import { asTargetError } from './errors.js';
import { dropIdleHolder } from './holder.js';
import { literal, quoted } from './identifiers.js';
import { findAccess } from './marked.js';
import { type Revocation, step } from './revocation.js';
import { foreign, type Role, readRole } from './roles.js';
import { requireRoleMaker, serverFacts } from './server.js';
import { countSessions } from './sessions.js';
import { block, type Doomed, shutOut } from './shut-out.js';
import type { PostgresqlState } from './state.js';

/** Roles that are dropped in one transaction. */
const CHUNK = 100;

/** Shuts out, empties, drops: each step may be repeated, and each leaves the access no stronger than before. */
export async function revert(access: Access, intent: Intent<PostgresqlState>): Promise<Pick<Evidence, 'actions' | 'warnings'>> {
  return withRoles(access, intent.state, async (session) => {
    const facts = await serverFacts(session);
    requireRoleMaker(facts);
    const revocation: Revocation = { access, intent, facts, actions: [], warnings: [] };
    const role = await findOwn(revocation, session);
    if (role === undefined) await leaveTombstone(revocation, session);
    else await remove(revocation, session, role);
    if (intent.state.holder) await removeHolder(revocation);
    return { actions: bounded(revocation.actions), warnings: bounded(revocation.warnings) };
  });
}

async function findOwn({ access, facts, intent, warnings }: Revocation, session: Session): Promise<Role | undefined> {
  const found = await findAccess(access, session, facts, intent);
  if (found === undefined) return undefined;
  const { role, own, marked } = found;
  if (!own) throw foreign(role.name);
  if (!marked) warnings.push(`the mark of ${role.name} had been removed or changed by somebody else`);
  if (role.name !== intent.state.role) warnings.push(`${intent.state.role} had been renamed ${role.name} by somebody else`);
  return role;
}

async function leaveTombstone(revocation: Revocation, session: Session): Promise<void> {
  const { access, intent } = revocation;
  const { role: name } = intent.state;
  if (access.now() / 1000 >= tombstoneUntil(intent)) return;
  const tombstone = literal(await access.marks.write('revoked', intent));
  await step(revocation, session, async (change) => {
    await change.run(`CREATE ROLE ${quoted(name)} NOLOGIN`, `left tombstone ${name}, so that the request is not carried out later`);
    await change.run(`COMMENT ON ROLE ${quoted(name)} IS ${tombstone}`);
  });
}

async function remove(revocation: Revocation, session: Session, role: Role): Promise<void> {
  if (revocation.intent.kind === 'provision') {
    await step(revocation, session, (change) => block(revocation, change, role, [role]));
    await warnOfLiveSessions(revocation, session);
  }
  const shut = revocation.intent.kind === 'dispense' ? await shutOut(revocation, session, role) : [role];
  const [own = role, ...made] = await nameAgain(revocation, session, shut);
  await empty(revocation, session, [own, ...made]);
  for (const bottomUp = made.reverse(); bottomUp.length > 0; ) {
    const chunk = bottomUp.splice(0, CHUNK);
    await step(revocation, session, (change) => dropMade(revocation, change, chunk));
  }
  await step(revocation, session, (change) => dropOwn(revocation, change, own));
}

/** Whatever somebody renamed gets its name again: by that it is found the next time. */
async function nameAgain(revocation: Revocation, session: Session, [own, ...made]: readonly Doomed[]): Promise<Doomed[]> {
  const { role: name } = revocation.intent.state;
  if (own === undefined || own.name === name || (await readRole(session, revocation.facts, name)) !== undefined) {
    return own === undefined ? [] : [own, ...made];
  }
  await step(revocation, session, (change) => change.run(`ALTER ROLE ${quoted(own.name)} RENAME TO ${quoted(name)}`));
  return [{ ...own, name }, ...made];
}

/** Before PostgreSQL 16 nothing keeps a member from SET ROLE, and a session that has run it keeps the role. */
async function warnOfLiveSessions({ intent, facts, warnings }: Revocation, session: Session): Promise<void> {
  if (facts.boundedCreateRole) return;
  const principal = await readRole(session, facts, intent.principal.id);
  if (principal === undefined) return;
  const live = await countSessions(session, [principal.oid]);
  if (live > 0) warnings.push(`${live} sessions of ${principal.name} are open: one that has run SET ROLE keeps that role until it ends`);
}

async function dropMade({ warnings }: Revocation, change: Change, made: readonly Doomed[]): Promise<void> {
  for (const { name } of made) {
    const failure = await change.attempt([`DROP ROLE IF EXISTS ${quoted(name)}`]);
    if (failure === undefined) warnings.push(`role ${name}, made by the temporary user, was removed`);
    else warnings.push(`role ${name}, made by the temporary user, could not be removed: it is blocked, and something still depends on it`);
  }
}

/** The role of the access stays as a tombstone as long as its request could be replayed. */
async function dropOwn({ access, intent, facts, warnings }: Revocation, change: Change, { name }: Doomed): Promise<void> {
  if (access.now() / 1000 < tombstoneUntil(intent)) {
    await change.attempt([`REVOKE ${quoted(name)} FROM ${quoted(facts.user)}`]);
    change.actions.push(`left tombstone ${name} until the request can no longer be replayed`);
    return;
  }
  const failure = await change.attempt([`DROP ROLE IF EXISTS ${quoted(name)}`]);
  if (failure === undefined) change.actions.push(`dropped ${name}`);
  else warnings.push(`${name} could not be dropped: it is blocked and has no rights through the runner, but something still depends on it`);
}

/** Without members the holder gives nobody anything, so a failure is only worth a warning. */
async function removeHolder(revocation: Revocation): Promise<void> {
  const { access, facts, intent, warnings } = revocation;
  const { memberOf, database } = intent.state;
  try {
    await withDatabaseOf(access, intent.state, (session) =>
      step(revocation, session, async (change) => {
        warnings.push(...(await dropIdleHolder(change, facts, memberOf)));
      }),
    );
  } catch (error) {
    access.signal.throwIfAborted();
    access.gate.check();
    warnings.push(`${memberOf}, which holds the rights, was not looked at: database ${database} failed with ${asTargetError(error).code}`);
  }
}
