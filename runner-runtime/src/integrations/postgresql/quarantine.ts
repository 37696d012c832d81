import type { Marks } from '../marks.js';
import type { Change } from './change.js';
import type { Session } from './connection.js';
import { literal, quoted } from './identifiers.js';
import { foreign, isPrivileged, readRole } from './roles.js';
import { grantMembership, type ServerFacts } from './server.js';

/** Owner of what removed users leave: logs in nowhere and is a member of nothing, so that a SECURITY DEFINER function runs with no rights. */
const QUARANTINE = 'axm_quarantine';
/** Enough for a person; the rest is counted. */
const MAX_REPORTED = 100;

/** An object that a role owns, or a trigger that runs a function of the role. */
interface Left {
  readonly type: string;
  readonly identity: string;
  readonly definer: boolean;
}

/** Makes sure of the quarantine: a role of that name that others have a hand in is not used, but one of this group's own. */
export async function ensureQuarantine(change: Change, facts: ServerFacts, marks: Marks): Promise<string> {
  const names = [QUARANTINE, `${QUARANTINE}_${marks.sharedName('quarantine').slice(4, 16)}`];
  for (const name of names) {
    const role = await readRole(change, facts, name);
    if (role === undefined) {
      await change.run(`CREATE ROLE ${quoted(name)} NOLOGIN`, `created role ${name}`);
      await change.run(`COMMENT ON ROLE ${quoted(name)} IS ${literal('axiom-runner: owns what removed users left behind')}`);
      return name;
    }
    const clean = !role.login && !isPrivileged(role) && !role.createRole && !role.createDatabase;
    if (clean && role.administered && role.memberOf.length === 0 && role.members.length === 0) return name;
  }
  throw foreign(QUARANTINE, 'The role that takes over what removed users own was made or changed by somebody else.');
}

/** The databases in which roles own something or are named in an ACL; those of `owned` need the quarantine. */
export async function databasesWith(session: Session, oids: readonly number[]): Promise<{ name: string; owned: boolean }[]> {
  return session.query(
    `SELECT d.datname::text AS name, bool_or(s.deptype = 'o') AS owned
       FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
      WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = ANY ($1::oid[]) GROUP BY d.datname ORDER BY d.datname`,
    [oids],
  );
}

/**
 * Takes everything of a role, of which the runner's user is a member, out of the connected database: what it owns goes to the quarantine, what it was granted goes.
 * For the time of the transaction the quarantine is a member of the role, since a new owner must be allowed to create where the object is.
 * @returns what a person should know of
 */
export async function emptyRole(
  change: Change,
  facts: ServerFacts,
  role: string,
  memberOf: string | undefined,
  quarantine: string | undefined,
): Promise<string[]> {
  const left = await leftBehind(change, role);
  if (left.length > 0 && quarantine !== undefined) {
    await change.run(grantMembership(facts, quarantine, facts.user, { set: true }));
    if (memberOf !== undefined) await change.run(grantMembership(facts, memberOf, role, { set: false }));
    await change.run(grantMembership(facts, role, quarantine, { set: false }));
    await change.run(
      `REASSIGN OWNED BY ${quoted(role)} TO ${quoted(quarantine)}`,
      `moved ${left.length} objects of ${role} in ${change.database} to ${quarantine}`,
    );
    await change.run(`REVOKE ${quoted(role)} FROM ${quoted(quarantine)}`);
    if (memberOf !== undefined) await change.run(`REVOKE ${quoted(memberOf)} FROM ${quoted(role)}`);
    await change.run(`REVOKE ${quoted(quarantine)} FROM ${quoted(facts.user)}`);
  }
  await change.run(`DROP OWNED BY ${quoted(role)}`);
  return report(left, change.database, quarantine ?? QUARANTINE);
}

async function leftBehind(session: Session, role: string): Promise<Left[]> {
  return session.query<Left>(
    `SELECT i.type, i.identity, coalesce(p.prosecdef, false) AS definer
       FROM pg_shdepend s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) i
       LEFT JOIN pg_proc p ON s.classid = 'pg_proc'::regclass AND p.oid = s.objid
      WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1::text)
        AND s.deptype = 'o' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
     UNION ALL
     SELECT 'trigger', i.identity, p.prosecdef
       FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid CROSS JOIN LATERAL pg_identify_object('pg_trigger'::regclass, t.oid, 0) i
      WHERE NOT t.tgisinternal AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = $1::text)
      ORDER BY 1, 2`,
    [role],
  );
}

/** Code is reported one by one: somebody must read it. */
function report(left: readonly Left[], database: string, quarantine: string): string[] {
  const warnings = left
    .slice(0, MAX_REPORTED)
    .map(({ type, identity, definer }) =>
      type === 'trigger'
        ? `trigger ${identity} in database ${database} runs a function of the removed user: review it`
        : `${definer ? 'SECURITY DEFINER ' : ''}${type} ${identity} in database ${database} now belongs to ${quarantine}: review it, then give it an owner or drop it`,
    );
  const more = left.length - warnings.length;
  return more > 0 ? [...warnings, `and ${more} more objects in database ${database}`] : warnings;
}
