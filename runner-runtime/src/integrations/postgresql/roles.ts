import { RunnerError } from '../../errors.js';
import { type Intent, isOutdated } from '../intent.js';
import type { Mark, Marks } from '../marks.js';
import type { Session } from './connection.js';
import type { ServerFacts } from './server.js';
import { type PostgresqlState, stateSchema } from './state.js';

/** A role as the catalogue has it. */
export interface Role {
  readonly oid: number;
  readonly name: string;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly createDatabase: boolean;
  readonly replication: boolean;
  readonly bypassRowSecurity: boolean;
  readonly inherits: boolean;
  readonly comment: string | null;
  /** Roles that it is a direct member of. */
  readonly memberOf: readonly string[];
  /** Its direct members, without the runner's user. */
  readonly members: readonly string[];
  /** Whether the runner's user may grant and drop it. */
  readonly administered: boolean;
  /** Whether the runner's user made it; known since PostgreSQL 16. */
  readonly madeByUs: boolean;
  /** Whether the runner's user made it, as far as can be known, and nobody else may make members of it. */
  readonly ours: boolean;
}

/** A role that a user with CREATEROLE makes is his by this very membership (`createrole` chapter of the manual, PostgreSQL 16+). */
export function madeByOid(facts: ServerFacts, member: string): string {
  return facts.boundedCreateRole
    ? `m.member = ${member} AND m.admin_option AND NOT m.inherit_option AND NOT m.set_option AND m.grantor = 10`
    : 'false';
}

/** Reads a role, or nothing when there is none of the name. */
export async function readRole(session: Session, facts: ServerFacts, name: string): Promise<Role | undefined> {
  const [role] = await session.query<Omit<Role, 'ours'> & { readonly shared: boolean }>(
    `SELECT r.oid, r.rolname::text AS name, r.rolcanlogin AS login, r.rolsuper AS superuser, r.rolcreaterole AS "createRole",
            r.rolcreatedb AS "createDatabase", r.rolreplication AS replication, r.rolbypassrls AS "bypassRowSecurity",
            r.rolinherit AS inherits, shobj_description(r.oid, 'pg_authid') AS comment,
            ARRAY(SELECT DISTINCT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS "memberOf",
            ARRAY(SELECT DISTINCT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.member
                   WHERE m.roleid = r.oid AND m.member <> $2) AS members,
            EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.member
                     WHERE m.roleid = r.oid AND m.admin_option AND m.member <> $2 AND NOT g.rolsuper) AS shared,
            ${facts.boundedCreateRole ? "pg_has_role($2::oid, r.oid, 'MEMBER WITH ADMIN OPTION')" : 'true'} AS administered,
            EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid AND ${madeByOid(facts, '$2')}) AS "madeByUs"
       FROM pg_roles r WHERE r.rolname = $1::text`,
    [name, facts.userOid],
  );
  if (role === undefined) return undefined;
  // A superuser becomes no member of what it makes.
  const made = role.madeByUs || facts.superuser || !facts.boundedCreateRole;
  return { ...role, ours: made && !role.shared };
}

/** The authentic mark on the role of an access; a mark copied from another role or request is none. */
export async function markOf(role: Role, intent: Intent<PostgresqlState>, marks: Marks): Promise<Mark | undefined> {
  const mark = role.comment === null ? undefined : await marks.read(role.comment);
  const state = stateSchema.safeParse(mark?.intent.state);
  return mark?.intent.requestId === intent.requestId && state.data?.role === role.name ? mark : undefined;
}

/** @throws {RunnerError} unless a role that exists already is this very access, exactly as a runner makes it */
export async function requireOwnAccess(
  role: Role,
  intent: Intent<PostgresqlState>,
  marks: Marks,
  expected: { readonly login: boolean; readonly createRole: boolean; readonly members: readonly string[] },
): Promise<void> {
  const mark = await markOf(role, intent, marks);
  if (mark === undefined) throw foreign(role.name);
  if (mark.state === 'revoked') {
    throw new RunnerError('TASK_REJECTED', 'This request was revoked already; it is not carried out again.', { object: role.name });
  }
  if (mark.intent.plannedAt !== intent.plannedAt || isOutdated(intent, mark.intent)) {
    throw new RunnerError('TASK_REJECTED', 'The access stands already, by another plan or with an end that was moved since.', {
      object: role.name,
    });
  }
  const same = JSON.stringify(essence(mark.intent)) === JSON.stringify(essence(intent));
  const intact =
    same &&
    role.login === expected.login &&
    role.createRole === expected.createRole &&
    !isPrivileged(role) &&
    !role.createDatabase &&
    role.administered &&
    role.ours &&
    role.memberOf.every((name) => name === intent.state.memberOf) &&
    role.members.every((name) => expected.members.includes(name));
  if (!intact)
    throw foreign(role.name, 'A role of this access was changed by somebody else: attributes, members or owner are not as expected.');
}

/** What two intents of one request must have in common; the end may have been moved. */
function essence({ kind, target, permission, principal, state }: Intent): unknown {
  const { role, memberOf, holder, database } = stateSchema.parse(state);
  return [kind, target.kind, target.path, permission, principal.kind, principal.id, role, memberOf, holder, database];
}

/** Attributes that open everything. */
export function isPrivileged(role: Pick<Role, 'superuser' | 'replication' | 'bypassRowSecurity'>): boolean {
  return role.superuser || role.replication || role.bypassRowSecurity;
}

export function foreign(name: string, message = 'A role of this name exists that this runner group did not make.'): RunnerError {
  return new RunnerError('CONFLICT', message, {
    object: name,
    mend: 'Find out who made or changed the role; drop it when nobody needs it.',
  });
}
