import { RunnerError } from '../../errors.js';
import type { Session } from './connection.js';
import { isPossibleName, OWN_PREFIX, quoted } from './identifiers.js';
import { NEVER_GRANTED } from './privileges.js';
import { isPrivileged, type Role, readRole } from './roles.js';
import type { ServerFacts } from './server.js';

const SYSTEM_PREFIX = 'pg_';

/** The existing role that is to have access. @throws {RunnerError} `PRINCIPAL_NOT_FOUND`, or `UNSUPPORTED` for roles that must not get any */
export async function requirePrincipal(session: Session, facts: ServerFacts, name: string): Promise<Role> {
  const role = isPossibleName(name) ? await readRole(session, facts, name) : undefined;
  if (role === undefined) throw new RunnerError('PRINCIPAL_NOT_FOUND', 'The role does not exist.', { object: name });
  if (role.oid === facts.userOid) throw refused(name, "The runner's own user is given no access.");
  if (name.startsWith(OWN_PREFIX)) throw refused(name, 'Roles that a runner made are given no further access.');
  if (name.startsWith(SYSTEM_PREFIX)) throw refused(name, "The server's own roles are given no access.");
  if (role.superuser) throw refused(name, 'A superuser has all access already.');
  return role;
}

/**
 * The existing role in which membership is asked for.
 * @returns whether SET ROLE, from there on, would lend attributes, which membership alone does not
 * @throws {RunnerError} `TARGET_NOT_FOUND`, `TARGET_PERMISSION_DENIED` or `UNSUPPORTED`
 */
export async function requireGrantableRole(
  session: Session,
  facts: ServerFacts,
  name: string,
  principal: Role | undefined,
): Promise<{ readonly lendsAttributes: boolean }> {
  const role = await readRole(session, facts, name);
  if (role === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'The role does not exist.', { object: name });
  const reached = await reachedRoles(session, facts, role.oid);
  if (reached.some((one) => one.self)) throw refused(name, "Membership in the runner's own user, or in a role above it, is never granted.");
  const dangerous = reached.find((one) => isPrivileged(one) || NEVER_GRANTED.includes(one.name));
  if (dangerous !== undefined) throw refused(name, `Membership in it is never granted: it leads to ${dangerous.name}.`);
  if (reached.some((one) => one.name.startsWith(OWN_PREFIX)))
    throw refused(name, 'Membership in roles that a runner made is never granted.');
  const maker = reached.find((one) => one.createRole);
  if (maker !== undefined && !facts.boundedCreateRole) {
    throw refused(name, `It leads to ${maker.name}, which may create roles: before PostgreSQL 16 that is nearly a superuser.`);
  }
  if (principal !== undefined && (await isMember(session, role.oid, principal.oid))) {
    throw refused(name, 'It is a member of the principal itself: the membership would be circular.');
  }
  if (!role.administered) {
    throw new RunnerError('TARGET_PERMISSION_DENIED', "The runner's user has no ADMIN OPTION on the role.", {
      object: name,
      mend: `GRANT ${quoted(name)} TO ${quoted(facts.user)} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;`,
    });
  }
  return { lendsAttributes: reached.some((one) => one.createRole || one.createDatabase) };
}

interface ReachedRole {
  readonly name: string;
  readonly superuser: boolean;
  readonly replication: boolean;
  readonly bypassRowSecurity: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  /** The runner's user itself, or a role that may grant it. */
  readonly self: boolean;
}

/** The role and every role that it is a member of, however far. */
async function reachedRoles(session: Session, facts: ServerFacts, oid: number): Promise<ReachedRole[]> {
  return session.query<ReachedRole>(
    `WITH RECURSIVE reached AS (
       SELECT $1::oid AS oid
       UNION SELECT m.roleid FROM pg_auth_members m JOIN reached ON reached.oid = m.member
     )
     SELECT r.rolname::text AS name, r.rolsuper AS superuser, r.rolreplication AS replication, r.rolbypassrls AS "bypassRowSecurity",
            r.rolcreaterole AS "createRole", r.rolcreatedb AS "createDatabase",
            r.oid = $2 OR EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = $2 AND m.member = r.oid AND m.admin_option) AS self
       FROM reached JOIN pg_roles r USING (oid)`,
    [oid, facts.userOid],
  );
}

async function isMember(session: Session, member: number, role: number): Promise<boolean> {
  const [answer] = await session.query<{ member: boolean }>("SELECT pg_has_role($1::oid, $2::oid, 'MEMBER') AS member", [member, role]);
  return answer?.member === true;
}

function refused(object: string, message: string): RunnerError {
  return new RunnerError('UNSUPPORTED', message, { object });
}
