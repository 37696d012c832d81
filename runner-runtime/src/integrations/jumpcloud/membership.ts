import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { type JumpCloud, jumpCloud } from './client.js';
import { isGone } from './gone.js';
import { type Group, groupById } from './groups.js';
import { targetId } from './ids.js';
import type { JumpCloudSecret } from './secret.js';
import { requireUser, userById } from './users.js';

export const MEMBER = 'Member';
/** https://jumpcloud.com/support/use-dynamic-groups: their members are made by a rule. */
const KEPT_BY_HAND = ['STATIC', 'NOTSET'];

/** Membership of a user in a user group: the ids of the group and of the user. */
const kind: SlotKind<JumpCloudSecret> = {
  lattice: SETS,
  expires: false,
  describe: (value) => (value.length > 0 ? 'membership' : 'no membership'),
  read: async (access, [groupId = '', userId = '']) => ((await isMember(jumpCloud(access), groupId, userId)) ? [MEMBER] : []),
  write: async (access, [groupId = '', userId = ''], { to }) => {
    const op = to.length > 0 ? 'add' : 'remove';
    await jumpCloud(access).changeEdge(path`/api/v2/usergroups/${groupId}/members`, op, { type: 'user', id: userId });
  },
};

export const membership: AccessWay<JumpCloudSecret, SlotState> = {
  ...slotLife(kind),
  plan: async (access, { target, principal = { kind: 'user', id: '' } }) => {
    const jc = jumpCloud(access);
    const groupId = targetId(target);
    const group = await groupById(jc, groupId);
    if (group === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'There is no user group with this id.', { object: groupId });
    requireKeptByHand(group);
    const { _id: userId } = await requireUser(jc, principal);
    return { principal, state: { way: 'membership', slot: [groupId, userId], value: [MEMBER] } };
  },
};

function requireKeptByHand({ id, membershipMethod }: Group): void {
  if (membershipMethod == null || KEPT_BY_HAND.includes(membershipMethod)) return;
  throw new RunnerError('UNSUPPORTED', 'The members of this group are chosen by a rule.', {
    object: id,
    mend: 'Name a group with static membership.',
  });
}

/** A user is in fewer groups than a group has users. */
async function isMember(jc: JumpCloud, groupId: string, userId: string): Promise<boolean> {
  const groups = { path: path`/api/v2/users/${userId}/memberof`, schema: z.object({ id: z.string() }) };
  try {
    for await (const { id } of jc.each(groups)) if (id === groupId) return true;
    return false;
  } catch (error) {
    if (await isGone(error, () => userById(jc, userId))) return false;
    throw error;
  }
}
