import type { Principal } from '@axiom-runner/protocol';
import type { Session } from './connection.js';
import { accounts } from './grant-tables.js';
import { isPossibleAccountName, literal } from './identifiers.js';
import type { ServerFacts } from './server.js';

/** An account or role. Roles of MariaDB have no host: `''`. */
export interface Account {
  readonly user: string;
  readonly host: string;
}

/** An account as the catalogue has it. */
export interface KnownAccount extends Account {
  /** Whether it is a role: in MySQL an account that was made without a password, expired and locked. */
  readonly role: boolean;
  readonly locked: boolean;
}

/** `alice@10.0.%`; a role of MariaDB `analysts`. The last `@` parts name and host. */
export function accountId({ user, host }: Account, { mariadb }: Pick<ServerFacts, 'mariadb'>): string {
  return mariadb && host === '' ? user : `${user}@${host}`;
}

/** An account as SQL. */
export function sqlAccount({ user, host }: Account, { mariadb }: Pick<ServerFacts, 'mariadb'>): string {
  return mariadb && host === '' ? literal(user) : `${literal(user)}@${literal(host)}`;
}

/** Every account of a name, whatever its host. */
export async function accountsNamed(session: Session, user: string): Promise<KnownAccount[]> {
  if (user !== '' && !isPossibleAccountName(user)) return [];
  const rows = await session.query<Account & { role: number; locked: number }>(
    `SELECT a.host, a.user, a.role, a.locked FROM ${accounts(session.facts)} a WHERE a.user = ? ORDER BY a.host`,
    [user],
  );
  return rows
    .filter((row) => row.user === user)
    .map(({ host, role, locked }) => ({ user, host, role: Number(role) === 1, locked: Number(locked) === 1 }));
}

/**
 * The accounts that an id may mean: one with the host after its last `@`; else all that have it as their name.
 * @param kind `user` or `role`
 */
export async function accountsOf(session: Session, { kind, id }: Principal): Promise<KnownAccount[]> {
  const ofKind = (found: readonly KnownAccount[]) => found.filter(({ role }) => role === (kind === 'role'));
  const at = id.lastIndexOf('@');
  if (at >= 0) {
    const host = id.slice(at + 1).toLowerCase();
    const exact = ofKind(await accountsNamed(session, id.slice(0, at))).filter((account) => account.host.toLowerCase() === host);
    if (exact.length > 0) return exact;
  }
  return ofKind(await accountsNamed(session, id));
}

export function isSameAccount(one: Account, other: Account): boolean {
  return one.user === other.user && one.host.toLowerCase() === other.host.toLowerCase();
}
