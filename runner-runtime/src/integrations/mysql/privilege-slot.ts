import type { AccessWay } from '../../integration-kit/access-way.js';
import { isLevel } from '../../integration-kit/database/vocabulary.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { Intent } from '../intent.js';
import { type Account, accountId, isSameAccount, sqlAccount } from './account.js';
import { type Session, withSession } from './connection.js';
import { requirePrincipal, requireSeparable } from './eligibility.js';
import { failureCode } from './errors.js';
import { databaseGrants, privilegesIn, tableGrants } from './grant-tables.js';
import { countHeldWithin, type Held, heldOn, reachedRoles } from './held.js';
import { asPattern } from './identifiers.js';
import { ownRights, requireGrantable, requireUserMaker } from './own-rights.js';
import { decisivePrivileges, privilegesOf } from './privileges.js';
import type { MysqlSecret } from './secret.js';
import { sessionsInDatabase } from './sessions.js';
import { dataTarget, requireTarget, sqlObject } from './target.js';

/** What the server says of a grant that is not there: somebody else has revoked it meanwhile. */
const NO_SUCH_GRANT = ['1141', '1147'];

/** Privileges of an account on exactly one database, table or view: user, host, database and, where there is one, table or view. */
const privilegeSlot: SlotKind<MysqlSecret> = {
  lattice: SETS,
  expires: false,
  describe: (value) => (value.length === 0 ? 'no privileges' : value.join(', ')),

  read: (access, slot) => withSession(access, (session) => readPrivileges(session, placeOf(slot))),

  write: (access, slot, { from, to }) =>
    withSession(access, async (session) => {
      const place = placeOf(slot);
      const object = sqlObject(session.facts, place.database, place.relation);
      const account = sqlAccount(place.account, session.facts);
      const added = to.filter((privilege) => !from.includes(privilege));
      const gone = from.filter((privilege) => !to.includes(privilege));
      if (added.length > 0) await session.change(`GRANT ${added.join(', ')} ON ${object} TO ${account}`);
      if (gone.length > 0) {
        await session.change(`REVOKE ${gone.join(', ')} ON ${object} FROM ${account}`).catch((error: unknown) => {
          if (!NO_SUCH_GRANT.includes(failureCode(error) ?? '')) throw error;
        });
      }
    }),

  otherWays: (access, intent) => withSession(access, (session) => otherWays(session, intent)),
};

/** Privileges for an existing account. */
export const privilegesWay: AccessWay<MysqlSecret, SlotState> = {
  ...slotLife(privilegeSlot),
  plan: (access, { target: wanted, permission, principal }) =>
    withSession(access, async (session) => {
      const own = await ownRights(session);
      requireUserMaker(session, own);
      const target = dataTarget(wanted);
      const { database, relation, kind } = target;
      if (database === undefined || principal === undefined || !isLevel(permission)) throw new TypeError('not a wish of this way');
      await requireTarget(session, target);
      const value = privilegesOf(permission, kind);
      const account = await requirePrincipal(session, own, principal);
      sqlObject(session.facts, database, relation);
      await requireGrantable(session, own, { ...target, database }, value);
      await requireSeparable(session, account, target, value);
      const slot = [account.user, account.host, database, ...(relation === undefined ? [] : [relation])];
      return { principal, state: { way: 'privileges', slot, value: [...value] } };
    }),
};

interface Place {
  readonly account: Account;
  readonly database: string;
  readonly relation: string | undefined;
}

function placeOf([user = '', host = '', database = '', relation]: readonly string[]): Place {
  return { account: { user, host }, database, relation };
}

async function readPrivileges(session: Session, { account: { user, host }, database, relation }: Place): Promise<string[]> {
  const rows =
    relation === undefined
      ? await session.query<{ privileges: string }>(
          `SELECT d.privileges FROM ${databaseGrants()} d WHERE d.host = ? AND d.user = ? AND d.db = ?`,
          [host, user, asPattern(database, session.facts.partialRevokes) ?? ''],
        )
      : await session.query<{ privileges: string }>(
          `SELECT t.privileges FROM ${tableGrants()} t WHERE t.host = ? AND t.user = ? AND t.db = ? AND t.name = ?`,
          [host, user, database, relation],
        );
  return privilegesIn(rows[0]?.privileges ?? '').filter((privilege) => privilege !== 'GRANT OPTION');
}

/** Ways by which the account has the decisive privileges besides the slot, and sessions that the server lets go on. */
async function otherWays(session: Session, { target: wanted, permission, state }: Intent<SlotState>): Promise<string[]> {
  const { account, database, relation } = placeOf(state.slot);
  const target = dataTarget(wanted);
  if (!isLevel(permission)) return [];
  const decisive = decisivePrivileges(permission, target.kind);
  const roles = await reachedRoles(session, account);
  const held = await heldOn(session, [account, ...roles], target);
  const pattern = asPattern(database, session.facts.partialRevokes);
  const isSlot = ({ on, holder, name }: Held) =>
    isSameAccount(holder, account) && (relation === undefined ? on === 'database' && name === pattern : on === 'relation');
  const ways = held
    .filter((one) => !isSlot(one) && one.privileges.some((privilege) => decisive.includes(privilege)))
    .map(
      (one) => `${describeHeld(one, account, session)} (${one.privileges.filter((privilege) => decisive.includes(privilege)).join(', ')})`,
    );
  if (relation !== undefined) return ways;
  const within = await countHeldWithin(session, account, database);
  const open = await sessionsInDatabase(session, [account, ...roles], database);
  return [
    ...ways,
    ...(within > 0 ? [`privileges on ${within} tables or views of the database`] : []),
    ...(open > 0 ? [`${open} open sessions that have chosen the database: what they had they keep until they choose again or end`] : []),
  ];
}

function describeHeld({ on, holder, name }: Held, account: Account, { facts }: Session): string {
  const who = isSameAccount(holder, account) ? 'a grant of its own' : `a grant to ${accountId(holder, facts)}`;
  return on === 'server'
    ? `${who} on the whole server`
    : on === 'database'
      ? `${who} on databases like ${name}`
      : `${who} on the same ${name}`;
}
