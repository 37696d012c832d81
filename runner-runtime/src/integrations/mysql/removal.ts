import type { Evidence } from '@axiom-runner/protocol';
import type { Intent } from '../intent.js';
import { type Account, accountsNamed, type KnownAccount, sqlAccount } from './account.js';
import type { Access, Session } from './connection.js';
import { failureCode } from './errors.js';
import { roleGrants } from './grant-tables.js';
import { heldGlobally } from './held.js';
import { describeLeft, type Left, leftBy } from './left.js';
import { ownRights, requireSessionControl, seesSessions } from './own-rights.js';
import { countSessions, endSessions } from './sessions.js';
import type { UserState } from './state.js';

/** Temporary users may come from anywhere: the request does not say from where. */
export const TEMPORARY_HOST = '%';

/** MySQL keeps an account that code names as its definer, unless the runner may leave such code behind. */
const NAMED_AS_DEFINER = '4006';

/** Shuts a temporary user out, ends its sessions and removes it; what it made stays, and is told. */
export async function removeUser(
  access: Access,
  session: Session,
  intent: Intent<UserState>,
): Promise<Pick<Evidence, 'actions' | 'warnings'>> {
  const user = intent.state.object;
  const own = await ownAccount(session, user);
  if (own === undefined) return { actions: [`user ${user} was gone`], warnings: [] };
  requireSessionControl(session, await ownRights(session));
  const actions: string[] = [];
  const account = sqlAccount(own, session.facts);
  if (!own.locked) await session.change(`ALTER USER ${account} ACCOUNT LOCK`);
  actions.push(`locked user ${user}`);
  const ended = await endSessions(access, session, user);
  if (ended > 0) actions.push(`ended ${ended} sessions`);
  const left = mayLeaveCode(intent) ? await leftBy(session, `${own.user}@${own.host}`) : [];
  try {
    await session.change(`DROP USER ${account}`);
    actions.push(`dropped user ${user}`);
  } catch (error) {
    if (failureCode(error) !== NAMED_AS_DEFINER) throw error;
    await disarm(session, own);
    actions.push(`took everything from user ${user}, which code names as its definer`);
  }
  return { actions, warnings: left.map(describeLeft) };
}

/** A reader can't have made anything. */
function mayLeaveCode({ permission }: Intent<UserState>): boolean {
  return permission !== 'Read' && permission !== 'Read & Write';
}

/** Code of an account that stays then fails, since it runs with the account's rights. */
async function disarm(session: Session, account: Account): Promise<void> {
  const name = sqlAccount(account, session.facts);
  await session.change(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${name}`);
  for (const role of await rolesOf(session, account)) await session.change(`REVOKE ${sqlAccount(role, session.facts)} FROM ${name}`);
}

async function rolesOf(session: Session, { user, host }: Account): Promise<Account[]> {
  const rows = await session.query<{ roleUser: string; roleHost: string }>(
    `SELECT r.roleUser, r.roleHost FROM ${roleGrants(session.facts)} r WHERE r.user = ? AND r.host = ?`,
    [user, host],
  );
  return rows.map(({ roleUser, roleHost }) => ({ user: roleUser, host: roleHost }));
}

async function ownAccount(session: Session, user: string): Promise<KnownAccount | undefined> {
  return (await accountsNamed(session, user)).find(({ host }) => host === TEMPORARY_HOST);
}

/** Reads back whether a temporary user is gone, or is of no use to anybody. */
export async function proveGone(
  access: Access,
  session: Session,
  { state }: Intent<UserState>,
): Promise<Pick<Evidence, 'observations' | 'proved' | 'warnings'>> {
  const user = state.object;
  const observations: Evidence['observations'] = [];
  const observe = (question: string, answer: string) => observations.push({ question, answer, at: new Date(access.now()).toISOString() });
  const warnings: string[] = [];

  observe('Is this the primary server?', session.facts.readOnly ? 'no' : 'yes');
  const known = await accountsNamed(session, user);
  const own = known.find(({ host }) => host === TEMPORARY_HOST);
  const dead = own === undefined || (await isDead(session, own));
  observe(
    `Does user ${user} exist?`,
    own === undefined ? 'no' : dead ? 'only locked and without any privilege, named by code as its definer' : 'yes',
  );
  if (own !== undefined && dead) {
    const left: Left[] = await leftBy(session, `${own.user}@${own.host}`);
    warnings.push(
      `user ${user} stays, locked and without rights, until the code that names it is dropped: then DROP USER`,
      ...left.map(describeLeft),
    );
  }
  for (const { host } of known) {
    if (host !== TEMPORARY_HOST) warnings.push(`${user}@${host} is an account that somebody else made by the same name: review it`);
  }
  const isSeen = seesSessions(await ownRights(session));
  const live = await countSessions(session, user);
  observe(`How many sessions has ${user}?`, isSeen ? String(live) : "not known: the runner's user lacks PROCESS");
  return { observations, proved: dead && isSeen && live === 0 && !session.facts.readOnly, warnings };
}

/** Nobody can log in as it, and what runs in its name can do nothing. */
async function isDead(session: Session, account: KnownAccount): Promise<boolean> {
  if (!account.locked || (await heldGlobally(session, [account])).length > 0 || (await rolesOf(session, account)).length > 0) return false;
  const { user, host } = account;
  const rows = await session.query(
    `SELECT 1 AS found FROM mysql.db WHERE User = ? AND Host = ? UNION ALL SELECT 1 FROM mysql.tables_priv WHERE User = ? AND Host = ?
     UNION ALL SELECT 1 FROM mysql.procs_priv WHERE User = ? AND Host = ?`,
    [user, host, user, host, user, host],
  );
  return rows.length === 0;
}
