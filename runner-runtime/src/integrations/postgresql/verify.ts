import type { Evidence } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { bounded } from '../../integration-kit/bounded.js';
import { MEMBER } from '../../integration-kit/database/vocabulary.js';
import type { Intent } from '../intent.js';
import type { Access, Session } from './connection.js';
import { withDatabaseOf, withRoles } from './database.js';
import { type Remaining, remainingAccess, remainingMemberships, remainingTriggers } from './effective.js';
import { findAccess } from './marked.js';
import { markOf, type Role } from './roles.js';
import { serverFacts } from './server.js';
import { countSessions } from './sessions.js';
import type { PostgresqlState } from './state.js';
import { dataTarget } from './target.js';

type Proof = Pick<Evidence, 'observations' | 'proved' | 'warnings'>;

/** Reads back on fresh connections: this access's own role is gone or dead, and what the principal can do without it. */
export async function verify(access: Access, intent: Intent<PostgresqlState>): Promise<Proof> {
  const proof: Proof = { observations: [], proved: true, warnings: [] };
  const observe = (question: string, answer: string) => {
    proof.observations.push({ question, answer, at: new Date(access.now()).toISOString() });
  };
  const warnings: string[] = [];
  await withRoles(access, intent.state, async (session) => {
    const facts = await serverFacts(session);
    observe('Is this the primary server?', facts.standby ? 'no' : 'yes');
    const found = await findAccess(access, session, facts, intent);
    const role = found?.role;
    const dead = role === undefined || (await isTombstone(access, session, intent, role));
    observe(`Does role ${intent.state.role} exist?`, describe(role, dead));
    if (role !== undefined && (await isNamedInAcls(session, role))) {
      warnings.push(`${role.name} cannot go yet: others granted it something on what is theirs, which nobody can use`);
    }
    const live = role === undefined ? 0 : await countSessions(session, [role.oid]);
    observe(`How many sessions has ${intent.state.role}?`, String(live));
    proof.proved = !facts.standby && dead && live === 0;
  });
  if (intent.kind === 'provision') warnings.push(...(await observeRemaining(access, intent, observe)));
  return { ...proof, warnings: bounded(warnings) };
}

/** A role that only keeps the request from being replayed: nobody can be it, and it has and owns nothing. */
async function isTombstone(access: Access, session: Session, intent: Intent<PostgresqlState>, role: Role): Promise<boolean> {
  if (role.login || role.superuser || role.createRole || role.members.length > 0 || role.memberOf.length > 0) return false;
  if ((await markOf(role, intent, access.marks))?.state !== 'revoked') return false;
  return !(await hasDependency(session, role, "= 'o'"));
}

/** Anybody may grant on what is his own, and only he can take it back: without login and members it is of no use. */
function isNamedInAcls(session: Session, role: Role): Promise<boolean> {
  return hasDependency(session, role, "<> 'o'");
}

async function hasDependency(session: Session, { oid }: Role, kind: string): Promise<boolean> {
  const found = await session.query(
    `SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1 AND deptype ${kind} LIMIT 1`,
    [oid],
  );
  return found.length > 0;
}

function describe(role: Role | undefined, dead: boolean): string {
  if (role === undefined) return 'no';
  if (dead) return 'only as a tombstone: it cannot log in, has no members, belongs to nothing and owns nothing';
  const can = role.login ? 'it can log in' : 'it cannot log in';
  return `yes: ${can}, has ${role.members.length} members, belongs to ${role.memberOf.length} roles`;
}

/**
 * Access by other ways is legitimate, so it proves nothing against the revocation; a person should know of it all the same.
 * @returns warnings
 */
async function observeRemaining(
  access: Access,
  intent: Intent<PostgresqlState>,
  observe: (question: string, answer: string) => void,
): Promise<string[]> {
  const { target, permission, principal, state } = intent;
  const question = `Does ${principal.id} still have ${permission} on ${target.kind} ${target.path.join('.')}?`;
  try {
    return await withDatabaseOf(access, state, async (session) => {
      if (session.database !== state.database) throw new RunnerError('TARGET_NOT_FOUND', 'The database is gone, or was renamed.');
      const ways =
        permission === MEMBER
          ? (await remainingMemberships(session, principal.id, state.memberOf)).map((way) => `role ${way}`)
          : summarise(await remainingAccess(session, principal.id, dataTarget(target), permission));
      observe(question, ways.length === 0 ? 'no' : `yes, through ${ways.join('; ')}`);
      const code = permission === 'Admin' ? await remainingTriggers(session, principal.id, dataTarget(target)) : [];
      return [
        ...ways.map((way) => `${principal.id} still has access through ${way}`),
        ...code.map((trigger) => `trigger ${trigger} runs a function of ${principal.id} for whoever writes to the table: review it`),
      ];
    });
  } catch (error) {
    if (access.signal.aborted || !(error instanceof RunnerError)) throw error;
    observe(question, 'not known: the database cannot be entered');
    return [`what ${principal.id} can still do in database ${state.database} is not known: it is gone, or cannot be entered`];
  }
}

function summarise(remaining: readonly Remaining[]): string[] {
  const ways = new Map<string, string[]>();
  for (const { privilege, way } of remaining) ways.set(way, [...(ways.get(way) ?? []), privilege]);
  return [...ways].map(([way, privileges]) => `${way} (${privileges.join(', ')})`);
}
