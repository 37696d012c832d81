import { RunnerError } from '../../errors.js';
import { type Account, sqlAccount } from './account.js';
import type { Session } from './connection.js';
import { heldGlobally, heldOn, reachedRoles } from './held.js';
import { isSupported, productName, type ServerFacts } from './server.js';
import { type DataTarget, sqlObject } from './target.js';

/** What the runner's own account may do. */
export interface OwnRights {
  readonly account: Account;
  /** The account and its roles. */
  readonly holders: readonly Account[];
  /** Privileges on the whole server. */
  readonly global: ReadonlySet<string>;
}

/** Reads the rights of the account that a session is. */
export async function ownRights(session: Session): Promise<OwnRights> {
  const account = { user: session.facts.user, host: session.facts.host };
  const holders = [account, ...(await reachedRoles(session, account))];
  return { account, holders, global: new Set((await heldGlobally(session, holders)).flatMap(({ privileges }) => privileges)) };
}

/** What it takes to end a session of somebody else. */
export function mayKill({ global }: OwnRights): boolean {
  return ['SUPER', 'CONNECTION_ADMIN', 'CONNECTION ADMIN'].some((privilege) => global.has(privilege));
}

/** Whether the sessions of others are seen at all: without that none would be seen, which proves nothing. */
export function seesSessions({ global }: OwnRights): boolean {
  return global.has('PROCESS');
}

/** @throws {RunnerError} where the server or the runner's account can't do what every access needs */
export function requireUserMaker({ facts }: Session, { global, account }: OwnRights): void {
  if (!isSupported(facts)) {
    throw new RunnerError('UNSUPPORTED', `${productName(facts)} is not supported.`, { mend: 'Upgrade to MySQL 8.0.16 or MariaDB 10.11.' });
  }
  if (!global.has('CREATE USER'))
    throw missing('The runner may not create users.', `GRANT CREATE USER ON *.* TO ${sqlAccount(account, facts)};`);
}

/** @throws {RunnerError} where the runner could make a temporary user, but not end its sessions */
export function requireSessionControl({ facts }: Session, own: OwnRights): void {
  if (seesSessions(own) && mayKill(own)) return;
  throw missing('The runner could not end the sessions of a temporary user.', sessionControlGrant(facts, own));
}

export function sessionControlGrant(facts: ServerFacts, { account }: OwnRights): string {
  return `GRANT PROCESS, ${facts.mariadb ? 'CONNECTION ADMIN' : 'CONNECTION_ADMIN'} ON *.* TO ${sqlAccount(account, facts)};`;
}

/** @throws {RunnerError} `TARGET_PERMISSION_DENIED` where the runner's account may not pass on a privilege */
export async function requireGrantable(
  session: Session,
  own: OwnRights,
  target: DataTarget & { readonly database: string },
  privileges: readonly string[],
): Promise<void> {
  const may = new Set((await heldOn(session, own.holders, target)).flatMap((held) => held.privileges));
  const lacking = [...privileges, 'GRANT OPTION'].filter((privilege) => !may.has(privilege));
  if (lacking.length === 0) return;
  const object = sqlObject(session.facts, target.database, target.relation);
  const grant = `GRANT ${privileges.join(', ')} ON ${object} TO ${sqlAccount(own.account, session.facts)} WITH GRANT OPTION;`;
  throw missing(
    `The runner's user may not pass on: ${lacking.join(', ')}.`,
    grant,
    [target.database, target.relation].filter(Boolean).join('.'),
  );
}

function missing(message: string, mend: string, object?: string): RunnerError {
  return new RunnerError('TARGET_PERMISSION_DENIED', message, { mend, object });
}
