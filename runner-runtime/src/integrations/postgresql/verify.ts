import type { Evidence } from '@axiom-runner/protocol';
import type { Intent } from '../intent.js';
import type { Access, Session } from './connection.js';
import { withDatabaseOf } from './database.js';
import { type Remaining, remainingAccess, remainingMemberships } from './effective.js';
import { MEMBER } from './privileges.js';
import { markOf, type Role, readRole } from './roles.js';
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
  await withDatabaseOf(access, intent.state, async (session) => {
    const facts = await serverFacts(session);
    observe('Is this the primary server?', facts.standby ? 'no' : 'yes');
    const role = await readRole(session, facts, intent.state.role);
    const dead = role === undefined || (await isTombstone(access, session, intent, role));
    observe(`Does role ${intent.state.role} exist?`, describe(role, dead));
    const live = role === undefined ? 0 : await countSessions(session, [role.oid]);
    observe(`How many sessions has ${intent.state.role}?`, String(live));
    proof.proved = !facts.standby && dead && live === 0;
    if (intent.kind === 'provision') await observeRemaining(session, intent, proof, observe);
  });
  return proof;
}

/** A role that only keeps the request from being replayed: nobody can be it, and it has and owns nothing. */
async function isTombstone(access: Access, session: Session, intent: Intent<PostgresqlState>, role: Role): Promise<boolean> {
  if (role.login || role.superuser || role.createRole || role.members.length > 0 || role.memberOf.length > 0) return false;
  if ((await markOf(role, intent, access.marks))?.state !== 'revoked') return false;
  const left = await session.query(
    "SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1 AND deptype IN ('o', 'a') LIMIT 1",
    [role.oid],
  );
  return left.length === 0;
}

function describe(role: Role | undefined, dead: boolean): string {
  if (role === undefined) return 'no';
  if (dead) return 'only as a tombstone: it cannot log in, has no members, belongs to nothing and owns nothing';
  const can = role.login ? 'it can log in' : 'it cannot log in';
  return `yes: ${can}, has ${role.members.length} members, belongs to ${role.memberOf.length} roles`;
}

/** Access by other ways is legitimate, so it proves nothing against the revocation; a person should know of it all the same. */
async function observeRemaining(
  session: Session,
  { target, permission, principal, state }: Intent<PostgresqlState>,
  { warnings }: Proof,
  observe: (question: string, answer: string) => void,
): Promise<void> {
  const question = `Does ${principal.id} still have ${permission} on ${target.kind} ${target.path.join('.')}?`;
  if (session.database !== state.database) {
    observe(question, 'not known: the database cannot be entered');
    warnings.push(`what ${principal.id} can still do in database ${state.database} is not known: it is gone, or cannot be entered`);
    return;
  }
  const ways =
    permission === MEMBER
      ? (await remainingMemberships(session, principal.id, state.memberOf)).map((way) => `role ${way}`)
      : summarise(await remainingAccess(session, principal.id, dataTarget(target), permission));
  observe(question, ways.length === 0 ? 'no' : `yes, through ${ways.join('; ')}`);
  for (const way of ways) warnings.push(`${principal.id} still has access through ${way}`);
}

function summarise(remaining: readonly Remaining[]): string[] {
  const ways = new Map<string, string[]>();
  for (const { privilege, way } of remaining) ways.set(way, [...(ways.get(way) ?? []), privilege]);
  return [...ways].map(([way, privileges]) => `${way} (${privileges.join(', ')})`);
}
