import { RunnerError } from '../../errors.js';
import { isLevel, MEMBER } from '../../integration-kit/database/vocabulary.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Access, Session } from './connection.js';
import { withTargetDatabase } from './database.js';
import { requireGrantableRole, requirePrincipal } from './eligibility.js';
import { requireGrantable } from './rights.js';
import type { Role } from './roles.js';
import { requireRoleMaker, type ServerFacts, serverFacts } from './server.js';
import type { PostgresqlState } from './state.js';
import { dataTarget, requireShape, requireTarget } from './target.js';

/** What is wished for, as far as a plan and an intent have it in common. */
export type Wish = Omit<AccessRequest, 'requestId'>;

/** What the existence of everything involved has shown. */
export interface Resolved {
  readonly facts: ServerFacts;
  /** The existing principal; absent for a temporary user. */
  readonly principal: Role | undefined;
  /** Whether the temporary user may create roles. */
  readonly createRole: boolean;
  /** Whether the access may be switched to with SET ROLE. */
  readonly set: boolean;
}

export async function plan(access: Access, request: AccessRequest): Promise<Plan<PostgresqlState>> {
  requireWish(request);
  const temporary = request.principal === undefined;
  const role = access.marks.name(request.requestId, temporary ? 'user' : 'grant');
  const state: PostgresqlState =
    request.permission === MEMBER
      ? { role, memberOf: request.target.path[0] ?? '', holder: false, database: access.secret.database }
      : {
          role,
          memberOf: access.marks.sharedName(JSON.stringify([request.permission, request.target.kind, ...request.target.path])),
          holder: true,
          database: dataTarget(request.target).database,
        };
  await withTargetDatabase(access, state.database, (session) => resolve(session, request, state));
  return { principal: request.principal ?? { kind: 'user', id: role }, state };
}

function requireWish({ target, permission, principal }: Wish): void {
  requireShape(target);
  if (target.kind === 'role' ? permission !== MEMBER : !isLevel(permission)) {
    const known = target.kind === 'role' ? MEMBER : 'Read, Read & Write, Admin';
    throw new RunnerError('PERMISSION_NOT_FOUND', `A ${target.kind} has these permissions: ${known}.`, { object: permission });
  }
  if (principal === undefined) return;
  if (principal.kind !== 'role') {
    throw new RunnerError('UNSUPPORTED', 'An existing principal of PostgreSQL is of the kind "role".', { object: principal.kind });
  }
  if (isRoleMaking({ target, permission })) {
    throw new RunnerError('UNSUPPORTED', 'Admin on a database includes creating roles, which no existing role can be lent.', {
      object: principal.id,
      mend: 'Ask for a temporary user, or for Admin on a schema.',
    });
  }
}

/** Whether the permission includes creating and dropping roles. */
export function isRoleMaking({ target, permission }: Pick<Wish, 'target' | 'permission'>): boolean {
  return target.kind === 'database' && permission === 'Admin';
}

/** Checks everything that an access needs; changes nothing. Runs again within the transaction that makes it. */
export async function resolve(session: Session, wish: Wish, state: PostgresqlState): Promise<Resolved> {
  const facts = await serverFacts(session);
  requireRoleMaker(facts);
  const principal = wish.principal === undefined ? undefined : await requirePrincipal(session, facts, wish.principal.id);
  if (!isLevel(wish.permission)) {
    const { lendsAttributes } = await requireGrantableRole(session, facts, state.memberOf, principal);
    // A session of an existing principal that has run SET ROLE would keep the role after its membership has gone.
    return { facts, principal, createRole: false, set: principal === undefined && !lendsAttributes };
  }
  const target = dataTarget(wish.target);
  await requireTarget(session, target);
  await requireGrantable(session, target, wish.permission, state.memberOf, facts.user);
  return { facts, principal, createRole: isRoleMaking(wish) && facts.boundedCreateRole, set: false };
}
