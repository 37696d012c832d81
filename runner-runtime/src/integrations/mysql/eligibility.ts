import type { Principal } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { type Account, accountId, accountsOf, isSameAccount, type KnownAccount, sqlAccount } from './account.js';
import type { Session } from './connection.js';
import { databaseGrants, privilegesIn, roleGrants, tableGrants } from './grant-tables.js';
import { type Held, heldGlobally, heldOn, reachedRoles } from './held.js';
import { asPattern, matchesPattern, OWN_PREFIX } from './identifiers.js';
import type { OwnRights } from './own-rights.js';
import { ALMIGHTY, LENT_GLOBALLY, SYSTEM_DATABASES } from './privileges.js';
import type { DataTarget } from './target.js';

/** Accounts of the server itself and of its vendors. */
const SYSTEM_ACCOUNTS = ['mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'rdsadmin', 'PUBLIC'];

/** The existing account that is to have access. @throws {RunnerError} `PRINCIPAL_NOT_FOUND`, or `UNSUPPORTED` for those that must not get any */
export async function requirePrincipal(session: Session, own: OwnRights, principal: Principal): Promise<KnownAccount> {
  const [account, other] = await accountsOf(session, principal);
  const { id } = principal;
  if (account === undefined) throw new RunnerError('PRINCIPAL_NOT_FOUND', `The ${principal.kind} does not exist.`, { object: id });
  if (other !== undefined) {
    throw new RunnerError('PRINCIPAL_NOT_FOUND', 'Several accounts have this name.', {
      object: id,
      mend: `Name one with its host: ${accountId(account, session.facts)}.`,
    });
  }
  if (own.holders.some((holder) => isSameAccount(holder, account)))
    throw refused(id, "The runner's own user and its roles are given no access.");
  if (account.user.startsWith(OWN_PREFIX)) throw refused(id, 'Accounts that a runner made are given no further access.');
  if (account.user === '' || SYSTEM_ACCOUNTS.includes(account.user))
    throw refused(id, "Nobody's account and the server's own are given no access.");
  const global = await heldGlobally(session, [account, ...(await reachedRoles(session, account))]);
  if (global.some(({ privileges }) => privileges.some((privilege) => ALMIGHTY.includes(privilege)))) {
    throw refused(id, 'Who may manage accounts can give himself all access already.');
  }
  return account;
}

/**
 * Refuses what could not be taken away again without a rest, or would take away more.
 * @param wanted privileges that are to be given
 */
export async function requireSeparable(session: Session, account: Account, target: DataTarget, wanted: readonly string[]): Promise<void> {
  const id = accountId(account, session.facts);
  const held = await heldOn(session, [account, ...(await reachedRoles(session, account))], target);
  if (held.some(({ privileges }) => privileges.includes('GRANT OPTION'))) {
    throw refused(
      id,
      'It may pass on its privileges on the target: what it is lent could outlast the access.',
      'Ask for a temporary user.',
    );
  }
  const own = held.filter(({ holder }) => isSameAccount(holder, account));
  requireNoColumns(id, own, wanted);
  if (target.relation === undefined) {
    requireNothingHidden(id, held, account, asPattern(target.database ?? '', session.facts.partialRevokes), wanted);
    if (session.facts.partialRevokes) requireNothingRestricted(id, own, wanted);
  }
}

/** To revoke a privilege on a table revokes it on the columns, too. */
function requireNoColumns(id: string, own: readonly Held[], wanted: readonly string[]): void {
  const columns = own.flatMap(({ on, columnPrivileges }) => (on === 'relation' ? columnPrivileges : []));
  if (!columns.some((privilege) => wanted.includes(privilege))) return;
  throw refused(
    id,
    'It has such privileges on single columns: the end of the access would take them away as well.',
    'Ask for a temporary user.',
  );
}

/** Of all grants that match a database the server takes the most exact one alone: a new one would hide those on patterns. */
function requireNothingHidden(
  id: string,
  held: readonly Held[],
  account: Account,
  pattern: string | undefined,
  wanted: readonly string[],
): void {
  const onDatabase = held.filter(({ on, holder }) => on === 'database' && [account.user, ''].includes(holder.user));
  if (onDatabase.some(({ holder, name }) => isSameAccount(holder, account) && name === pattern)) return;
  if (onDatabase.every(({ privileges }) => privileges.every((privilege) => wanted.includes(privilege)))) return;
  throw refused(
    id,
    'It has privileges on a pattern of databases, or by another host, that a grant on this one would hide.',
    'Grant them on the database itself, or ask for a temporary user.',
  );
}

/** With partial revokes, to revoke on a database what is held on the server makes an exception of the database. */
function requireNothingRestricted(id: string, own: readonly Held[], wanted: readonly string[]): void {
  if (!own.some(({ on, privileges }) => on === 'server' && privileges.some((privilege) => wanted.includes(privilege)))) return;
  throw refused(id, 'It has such privileges on the whole server, and the server has partial revokes.', 'Ask for a temporary user.');
}

/**
 * The existing role in which membership is asked for.
 * @throws {RunnerError} `TARGET_NOT_FOUND`, `TARGET_PERMISSION_DENIED` or `UNSUPPORTED`
 */
export async function requireGrantableRole(
  session: Session,
  own: OwnRights,
  id: string,
  principal: Account | undefined,
): Promise<KnownAccount> {
  const [role, other] = await accountsOf(session, { kind: 'role', id });
  if (role === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'The role does not exist.', { object: id });
  if (other !== undefined) {
    throw new RunnerError('TARGET_NOT_FOUND', 'Several roles have this name.', {
      object: id,
      mend: `Name one with its host: ${accountId(role, session.facts)}.`,
    });
  }
  const reached = [role, ...(await reachedRoles(session, role))];
  if (reached.some(({ user }) => user.startsWith(OWN_PREFIX)))
    throw refused(id, 'Membership in accounts that a runner made is never granted.');
  if (SYSTEM_ACCOUNTS.includes(role.user)) throw refused(id, "Membership in the server's own accounts is never granted.");
  if (reached.some((one) => isSameAccount(one, own.account))) throw refused(id, "It leads to the runner's own user.");
  if (principal !== undefined && reached.some((one) => isSameAccount(one, principal))) {
    throw refused(id, 'It is a member of the principal itself: the membership would be circular.');
  }
  await requireHarmless(session, id, reached);
  const isAdministered = own.global.has('ROLE_ADMIN') || (await administers(session, own, role));
  if (isAdministered) return role;
  throw new RunnerError('TARGET_PERMISSION_DENIED', "The runner's user has no ADMIN OPTION on the role.", {
    object: id,
    mend: `GRANT ${sqlAccount(role, session.facts)} TO ${sqlAccount(own.account, session.facts)} WITH ADMIN OPTION;`,
  });
}

async function requireHarmless(session: Session, id: string, roles: readonly Account[]): Promise<void> {
  const global = (await heldGlobally(session, roles)).flatMap(({ privileges }) => privileges);
  const dangerous = global.find((privilege) => !LENT_GLOBALLY.includes(privilege));
  if (dangerous !== undefined) throw refused(id, `Membership in it is never granted: it has ${dangerous} on the whole server.`);
  const names = roles.map(({ user }) => user);
  const marks = names.map(() => '?').join(', ');
  const grants = await session.query<{ db: string; privileges: string }>(
    `SELECT d.db, d.privileges FROM ${databaseGrants()} d WHERE d.user IN (${marks})
     UNION ALL SELECT t.db, t.privileges FROM ${tableGrants()} t WHERE t.user IN (${marks})`,
    [...names, ...names],
  );
  const opening = grants.find(
    ({ db, privileges }) =>
      SYSTEM_DATABASES.some((name) => matchesPattern(db.toLowerCase(), name, session.facts.partialRevokes)) &&
      privilegesIn(privileges).some((privilege) => !LENT_GLOBALLY.includes(privilege)),
  );
  if (opening !== undefined) throw refused(id, "Membership in it is never granted: it may change the server's own databases.");
}

/** Whether the runner may pass a role on. */
export async function administers(session: Session, { holders }: OwnRights, role: Account): Promise<boolean> {
  const rows = await session.query<Account>(
    `SELECT r.user, r.host FROM ${roleGrants(session.facts)} r WHERE r.roleUser = ? AND r.roleHost = ? AND r.admin = 1`,
    [role.user, role.host],
  );
  return rows.some((row) => holders.some((holder) => isSameAccount(holder, row)));
}

function refused(object: string, message: string, mend?: string): RunnerError {
  return new RunnerError('UNSUPPORTED', message, { object, mend });
}
