import type { AccessWay } from '../../integration-kit/access-way.js';
import { MEMBER } from '../../integration-kit/database/vocabulary.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { type Account, accountId, isSameAccount, sqlAccount } from './account.js';
import { type Session, withSession } from './connection.js';
import { requireGrantableRole, requirePrincipal } from './eligibility.js';
import { failureCode } from './errors.js';
import { roleGrants } from './grant-tables.js';
import { reachedRoles } from './held.js';
import { ownRights, requireUserMaker } from './own-rights.js';
import type { MysqlSecret } from './secret.js';
import { countSessions } from './sessions.js';

/** What MariaDB says of a membership that is not there. */
const NO_SUCH_MEMBERSHIP = '1962';

/** Membership of an account in a role: user, host, name and host of the role. */
const memberSlot: SlotKind<MysqlSecret> = {
  lattice: SETS,
  expires: false,
  describe: (value) => (value.length === 0 ? 'no membership' : 'membership'),

  read: (access, slot) => withSession(access, async (session) => ((await isMember(session, placeOf(slot))) ? [MEMBER] : [])),

  write: (access, slot, { to }) =>
    withSession(access, async (session) => {
      const { member, role } = placeOf(slot);
      const [granted, account] = [sqlAccount(role, session.facts), sqlAccount(member, session.facts)];
      if (to.length > 0) return session.change(`GRANT ${granted} TO ${account}`);
      await session.change(`REVOKE ${granted} FROM ${account}`).catch((error: unknown) => {
        if (failureCode(error) !== NO_SUCH_MEMBERSHIP) throw error;
      });
    }),

  otherWays: (access, { state }) => withSession(access, (session) => otherWays(session, placeOf(state.slot))),
};

/** Membership in a role for an existing account. */
export const memberWay: AccessWay<MysqlSecret, SlotState> = {
  ...slotLife(memberSlot),
  plan: (access, { target, principal }) =>
    withSession(access, async (session) => {
      if (principal === undefined) throw new TypeError('not a wish of this way');
      const own = await ownRights(session);
      requireUserMaker(session, own);
      const member = await requirePrincipal(session, own, principal);
      const role = await requireGrantableRole(session, own, target.path[0] ?? '', member);
      return { principal, state: { way: 'member', slot: [member.user, member.host, role.user, role.host], value: [MEMBER] } };
    }),
};

interface Place {
  readonly member: Account;
  readonly role: Account;
}

function placeOf([user = '', host = '', roleUser = '', roleHost = '']: readonly string[]): Place {
  return { member: { user, host }, role: { user: roleUser, host: roleHost } };
}

async function isMember(session: Session, { member, role }: Place): Promise<boolean> {
  const rows = await session.query<Account>(
    `SELECT r.user, r.host FROM ${roleGrants(session.facts)} r WHERE r.user = ? AND r.host = ? AND r.roleUser = ? AND r.roleHost = ?`,
    [member.user, member.host, role.user, role.host],
  );
  return rows.length > 0;
}

/** Roles by which the member still belongs to the role; and in MariaDB sessions, since one that has switched a role on keeps it. */
async function otherWays(session: Session, { member, role }: Place): Promise<string[]> {
  const direct = await session.query<{ roleUser: string; roleHost: string }>(
    `SELECT r.roleUser, r.roleHost FROM ${roleGrants(session.facts)} r WHERE r.user = ? AND r.host = ?`,
    [member.user, member.host],
  );
  const ways: string[] = [];
  for (const { roleUser, roleHost } of direct) {
    const between = { user: roleUser, host: roleHost };
    const reached = isSameAccount(between, role) ? [] : await reachedRoles(session, between);
    if (reached.some((one) => isSameAccount(one, role))) ways.push(`role ${accountId(between, session.facts)}`);
  }
  const open = session.facts.mariadb ? await countSessions(session, member.user) : 0;
  if (open > 0) ways.push(`${open} open sessions: one that has switched the role on keeps it until it ends`);
  return ways;
}
