import { bounded } from '../../integration-kit/bounded.js';
import { isLevel } from '../../integration-kit/database/vocabulary.js';
import { newPassword } from '../../integration-kit/password.js';
import { nativeExpiryOf, requireExtensible, requireInTime } from '../../integration-kit/turn.js';
import type { Applied } from '../integration.js';
import type { Intent } from '../intent.js';
import { type Change, inTransaction, STATEMENT_TIMEOUT_MS } from './change.js';
import type { Access } from './connection.js';
import { withTargetDatabase } from './database.js';
import { giveFutureRights } from './future.js';
import { ensureHolder, requireHolder } from './holder.js';
import { literal, quoted, timestamp } from './identifiers.js';
import { isRoleMaking, type Resolved, resolve, type Wish } from './plan.js';
import { giveRights } from './rights.js';
import { markOf, readRole, requireOwnAccess } from './roles.js';
import { scramVerifier } from './scram.js';
import { grantMembership, type ServerFacts, serverFacts } from './server.js';
import type { PostgresqlState } from './state.js';
import { dataTarget } from './target.js';

/** Sessions of a temporary user: no one takes all the connections of a server. */
const MAX_SESSIONS = 10;

/** Makes the access in one transaction: either all of it stands or nothing. */
export async function apply(access: Access, intent: Intent<PostgresqlState>): Promise<Applied> {
  const { state } = intent;
  const wish = wishOf(intent);
  const password = intent.kind === 'dispense' ? newPassword() : undefined;
  const verifier = password === undefined ? undefined : await scramVerifier(password);
  const inTime = () => requireInTime(access, intent);
  const actions = await withTargetDatabase(access, state.database, (session) =>
    inTransaction(access, session, { statementTimeoutMs: STATEMENT_TIMEOUT_MS.give, before: inTime }, async (change) => {
      inTime();
      const resolved = await resolve(change, wish, state);
      await makeAccess(access, change, intent, resolved, verifier);
      return change.actions;
    }),
  );
  return { actions: bounded(actions), ...(password !== undefined && { credential: credential(access, state, password) }) };
}

function wishOf({ kind, target, permission, principal }: Intent<PostgresqlState>): Wish {
  return { target, permission, principal: kind === 'dispense' ? undefined : principal };
}

async function makeAccess(
  access: Access,
  change: Change,
  intent: Intent<PostgresqlState>,
  { facts, principal, createRole, set }: Resolved,
  verifier: string | undefined,
): Promise<void> {
  const { role, memberOf, holder } = intent.state;
  const expected = { login: principal === undefined, createRole, members: principal === undefined ? [] : [principal.name] };
  const existing = await readRole(change, facts, role);
  if (existing !== undefined) await requireOwnAccess(existing, intent, access.marks, expected);
  if (holder && isLevel(intent.permission)) {
    const target = dataTarget(intent.target);
    await ensureHolder(change, facts, memberOf, `${intent.permission} on ${target.kind} ${intent.target.path.join('.')}`);
    await giveFutureRights(change, target, intent.permission, memberOf);
    await giveRights(change, target, intent.permission, memberOf);
  }
  const attributes = verifier === undefined ? 'NOLOGIN' : login(verifier, nativeExpiryOf(intent), createRole);
  const verb = existing === undefined ? 'CREATE' : 'ALTER';
  await change.run(`${verb} ROLE ${quoted(role)} ${attributes}`, describe(verb, role, verifier !== undefined, createRole));
  if (isRoleMaking(intent) && !createRole) change.actions.push('left out creating roles: before PostgreSQL 16 that is nearly a superuser');
  // Altered, the role is locked against a revocation; one that came first shows now.
  const locked = existing === undefined ? undefined : await readRole(change, facts, role);
  if (locked !== undefined) await requireOwnAccess(locked, intent, access.marks, expected);
  await change.run(`COMMENT ON ROLE ${quoted(role)} IS ${literal(await access.marks.write('active', intent))}`);
  if (!existing?.memberOf.includes(memberOf)) {
    await change.run(grantMembership(facts, memberOf, role, { set }), `granted ${memberOf} to ${role}`);
  }
  if (principal !== undefined && !existing?.members.includes(principal.name)) {
    await change.run(grantMembership(facts, role, principal.name, { set: false }), `granted ${role} to ${principal.name}`);
    if (!facts.boundedCreateRole && !principal.inherits) {
      change.actions.push(`${principal.name} does not inherit: it uses the access after SET ROLE ${quoted(role)}`);
    }
  }
  const used = holder ? await readRole(change, facts, memberOf) : undefined;
  if (used !== undefined) requireHolder(used);
}

function login(verifier: string, expiry: number, createRole: boolean): string {
  const until = timestamp(expiry);
  return `LOGIN INHERIT ${createRole ? 'CREATEROLE' : 'NOCREATEROLE'} CONNECTION LIMIT ${MAX_SESSIONS} PASSWORD ${literal(verifier)} VALID UNTIL ${until}`;
}

function describe(verb: 'CREATE' | 'ALTER', role: string, temporaryUser: boolean, createRole: boolean): string {
  if (!temporaryUser) return verb === 'CREATE' ? `created role ${role}` : `found role ${role}`;
  const what = verb === 'CREATE' ? `created temporary user ${role}` : `gave temporary user ${role} a new password`;
  return createRole ? `${what}, which may create roles` : what;
}

function credential({ secret }: Access, state: PostgresqlState, password: string): Record<string, string> {
  return { hostname: secret.host, port: String(secret.port), database: state.database, username: state.role, password };
}

/** Moves the end: the mark's, and for a temporary user the server's own. */
export async function extend(access: Access, intent: Intent<PostgresqlState>): Promise<void> {
  const { role, database } = intent.state;
  await withTargetDatabase(access, database, (session) =>
    inTransaction(access, session, { statementTimeoutMs: STATEMENT_TIMEOUT_MS.give }, async (change) => {
      const facts = await serverFacts(change);
      await requireStanding(access, change, facts, intent);
      const validUntil = intent.kind === 'dispense' ? ` VALID UNTIL ${timestamp(nativeExpiryOf(intent))}` : '';
      // Altered, even without a change, the role is locked against a revocation; one that came first shows now.
      await change.run(`ALTER ROLE ${quoted(role)}${validUntil}`);
      await requireStanding(access, change, facts, intent);
      await change.run(`COMMENT ON ROLE ${quoted(role)} IS ${literal(await access.marks.write('active', intent))}`);
    }),
  );
}

async function requireStanding(access: Access, change: Change, facts: ServerFacts, intent: Intent<PostgresqlState>): Promise<void> {
  const role = await readRole(change, facts, intent.state.role);
  requireExtensible(role === undefined ? undefined : await markOf(role, intent, access.marks), intent);
}
