import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { oktaClient } from './client.js';
import { targetId } from './ids.js';
import { readPage, readWhole } from './lists.js';
import { heldRoles } from './role-assignments.js';
import type { OktaSecret } from './secret.js';
import { requireUser } from './users.js';

export const MEMBER = 'Member';

export const groupSchema = z.object({ id: z.string(), type: z.string(), profile: z.object({ name: z.string().nullish() }) });
export type OktaGroup = z.infer<typeof groupSchema>;

const memberships: SlotKind<OktaSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, [groupId = '', userId = '']) => {
    const client = oktaClient(access);
    if ((await groupsOf(client, userId)).includes(groupId)) return [MEMBER];
    // An admin whose role is limited to some groups sees no others in the list: only one who sees the group knows that the user is not in it.
    await findGroup(client, groupId);
    return [];
  },
  write: async (access, [groupId = '', userId = ''], { to }) => {
    const client = oktaClient(access);
    const call = { path: path`/api/v1/groups/${groupId}/users/${userId}`, schema: z.unknown() };
    if (to.length > 0) await client.read({ ...call, method: 'PUT' });
    else await ifThere(client.read({ ...call, method: 'DELETE' }));
  },
  describe: (value) => (value.length > 0 ? 'membership' : 'no membership'),
};

/** Membership of a user in a group that Okta itself keeps. */
export const groupMembership: AccessWay<OktaSecret, SlotState> = {
  ...slotLife(memberships),
  plan: async (access, { target, permission, principal: asked }) => {
    const client = oktaClient(access);
    if (permission !== MEMBER)
      throw new RunnerError('PERMISSION_NOT_FOUND', `A group has one permission: ${MEMBER}.`, { object: permission });
    const groupId = targetId('group', target);
    const { principal, userId } = await requireUser(client, asked);
    const group = await findGroup(client, groupId);
    if (group === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'There is no group with this id.', { object: groupId });
    requireKeptByOkta(group);
    await requireNoSuperAdmins(client, groupId);
    return { principal, state: { way: 'group', slot: [groupId, userId], value: [MEMBER] } };
  },
};

/**
 * Ids of all groups of a user; none for one that is gone. The list comes in pages of 200, though the description of the interface shows no way
 * to ask for the next: https://github.com/okta/okta-sdk-java/issues/1291
 */
export async function groupsOf(client: JsonClient, userId: string): Promise<readonly string[]> {
  const list = { path: path`/api/v1/users/${userId}/groups`, element: z.object({ id: z.string() }) };
  const groups = await ifThere(readWhole((after) => readPage(client, list, after)));
  return (groups ?? []).map(({ id }) => id);
}

function findGroup(client: JsonClient, groupId: string): Promise<OktaGroup | undefined> {
  return ifThere(client.read({ path: path`/api/v1/groups/${groupId}`, schema: groupSchema }));
}

function requireKeptByOkta({ id, type }: OktaGroup): void {
  if (type === 'OKTA_GROUP') return;
  throw new RunnerError('UNSUPPORTED', 'The members of this group are not kept by Okta, or are everyone.', {
    object: id,
    mend: 'Name a group of type OKTA_GROUP; change an imported group where it comes from.',
  });
}

/** Members of such a group could take over the runner. Whoever may not look at roles may not change the members of such groups either. */
async function requireNoSuperAdmins(client: JsonClient, groupId: string): Promise<void> {
  const roles = await heldRoles(client, path`/api/v1/groups/${groupId}/roles`).catch((error: unknown) => {
    if (error instanceof RunnerError && error.code === 'TARGET_PERMISSION_DENIED') return [];
    throw error;
  });
  if (!roles.some(({ type }) => type === 'SUPER_ADMIN')) return;
  throw new RunnerError('UNSUPPORTED', 'Members of this group are super admins, who could take over the runner.', {
    object: groupId,
    mend: 'Name a group without the role SUPER_ADMIN.',
  });
}
