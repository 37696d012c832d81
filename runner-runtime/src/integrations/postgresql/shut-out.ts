import { RunnerError } from '../../errors.js';
import type { Change } from './change.js';
import type { Session } from './connection.js';
import { isContention } from './errors.js';
import { literal, quoted } from './identifiers.js';
import { type Revocation, step } from './revocation.js';
import { madeByOid, type Role } from './roles.js';
import { grantMembership, type ServerFacts } from './server.js';
import { endSessionsDuring } from './sessions.js';

/** A role that is to go. */
export interface Doomed {
  readonly oid: number;
  readonly name: string;
}

/** Roles in one transaction, which can hold only so many locks. */
const CHUNK = 100;
/** Whoever holds a lock for longer has it taken away when its sessions end. */
const SHORT_LOCK_TIMEOUT_MS = 500;
const MAX_ATTEMPTS = 5;

/**
 * Shuts a temporary user out, and every role that it made: each is blocked and its sessions ended, until no more of them turn up.
 * @returns all of them, makers first
 */
export async function shutOut(revocation: Revocation, session: Session, own: Role): Promise<Doomed[]> {
  const doomed: Doomed[] = [];
  for (let found: Doomed[] = [{ oid: own.oid, name: own.name }]; found.length > 0; ) {
    const joined = await join(revocation, session, found.slice(0, CHUNK));
    if (joined.length === 0) {
      throw new RunnerError('INTERNAL', 'Roles that the temporary user made are locked by another session.', { retryable: true });
    }
    await blockAndDisconnect(revocation, session, own, joined, [...doomed, ...joined]);
    doomed.push(...joined);
    const known = new Set(doomed.map(({ oid }) => oid));
    found = (await rolesMadeBy(session, revocation.facts, own)).filter(({ oid }) => !known.has(oid));
  }
  return doomed;
}

/** A member may end the sessions of a role, and sees to what the role owns. Makers come first: from them comes the right to the rest. */
async function join(revocation: Revocation, session: Session, roles: readonly Doomed[]): Promise<Doomed[]> {
  const joined: Doomed[] = [];
  await step(
    revocation,
    session,
    async (change) => {
      for (const role of roles) {
        const failure = await change.attempt([grantMembership(revocation.facts, role.name, revocation.facts.user, { set: true })]);
        if (failure === undefined) joined.push(role);
        else if (!isContention(failure)) throw failure;
      }
    },
    { lockTimeoutMs: SHORT_LOCK_TIMEOUT_MS },
  );
  return joined;
}

async function blockAndDisconnect(
  revocation: Revocation,
  session: Session,
  own: Role,
  roles: readonly Doomed[],
  everyone: readonly Doomed[],
): Promise<void> {
  const { access, actions, warnings } = revocation;
  const oids = everyone.map(({ oid }) => oid);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const ended = await endSessionsDuring(access, session.database, oids, () =>
        step(revocation, session, (change) => block(revocation, change, own, roles)),
      );
      if (ended.sessions > 0) actions.push(`ended ${ended.sessions} sessions`);
      if (ended.prepared > 0) actions.push(`rolled back ${ended.prepared} prepared transactions`);
      for (const name of ended.stuckIn) warnings.push(`a prepared transaction in database ${name} could not be rolled back`);
      return;
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isContention(error)) throw error;
      access.gate.check();
    }
  }
}

/** Nobody gets in any more by these roles; the access's own mark says so. */
export async function block(revocation: Revocation, change: Change, own: Role, roles: readonly Doomed[]): Promise<void> {
  for (const { name } of roles) {
    await change.run(
      `ALTER ROLE ${quoted(name)} NOLOGIN NOCREATEROLE PASSWORD NULL VALID UNTIL '-infinity'`,
      revocation.intent.kind === 'dispense' ? `blocked ${name}` : undefined,
    );
  }
  if (roles.some(({ oid }) => oid === own.oid)) await disarm(revocation, change, own);
}

/** From here on a replay of the request is refused, and nobody has anything by the role. */
async function disarm({ access, intent }: Revocation, change: Change, { name, members, memberOf }: Role): Promise<void> {
  await change.run(`COMMENT ON ROLE ${quoted(name)} IS ${literal(await access.marks.write('revoked', intent))}`);
  for (const member of members) await change.attempt([`REVOKE ${quoted(name)} FROM ${quoted(member)}`]);
  if (members.length > 0) change.actions.push(`revoked ${name} from ${members.join(', ')}`);
  for (const group of memberOf) {
    if (group === intent.state.memberOf) await change.run(`REVOKE ${quoted(group)} FROM ${quoted(name)}`, `revoked ${group} from ${name}`);
    else await change.attempt([`REVOKE ${quoted(group)} FROM ${quoted(name)}`]);
  }
}

/**
 * Roles that a temporary user made, then those that they made, and so on. The administration of a role can also be lent, and then
 * looks alike; but a role is younger than its maker. Object ids are given out in turn, and start again after 4 billion.
 */
async function rolesMadeBy(session: Session, facts: ServerFacts, { oid }: Doomed): Promise<Doomed[]> {
  if (!facts.boundedCreateRole) return [];
  const younger = '(m.roleid::int8 - m.member::int8 + 4294967296) % 4294967296 < 2147483648';
  return session.query<Doomed>(
    `WITH RECURSIVE made AS (
       SELECT m.roleid AS oid, 1 AS depth FROM pg_auth_members m WHERE ${madeByOid(facts, '$1::oid')} AND ${younger}
       UNION SELECT m.roleid, depth + 1 FROM made JOIN pg_auth_members m ON ${madeByOid(facts, 'made.oid')} AND ${younger}
     )
     SELECT oid, rolname::text AS name FROM made JOIN pg_roles r USING (oid) WHERE NOT rolsuper ORDER BY depth`,
    [oid],
  );
}
