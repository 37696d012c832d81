import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { levels, type SlotValue } from '../../integration-kit/slots/lattice.js';
import type { SlotChange, SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import type { Intent } from '../intent.js';
import { type WorkspaceAccess, workspace } from './client.js';
import { emailOf } from './directory.js';
import { expiryOf, setExpiry } from './membership-expiry.js';
import type { WorkspaceSecret } from './secret.js';

/** Lowest first; https://developers.google.com/workspace/admin/directory/reference/rest/v1/members */
export const MEMBER_ROLES = ['MEMBER', 'MANAGER', 'OWNER'] as const;

export const memberSchema = z.object({
  id: z.string().min(1).optional(),
  email: z.string().min(1).optional(),
  role: z.string().default('MEMBER'),
  type: z.string().default('USER'),
});
const hasMemberSchema = z.object({ isMember: z.boolean() });

/** A slot: group, kind and id of the member. */
export const memberSlot = (slot: readonly string[]): readonly [group: string, kind: string, member: string] => [
  slot[0] ?? '',
  slot[1] ?? '',
  slot[2] ?? '',
];

/** The role that a user or a group has in a group; one at a time. */
export const membership: SlotKind<WorkspaceSecret> = {
  lattice: levels(MEMBER_ROLES),
  expires: true,
  read,
  write,
  describe: ([role]) => (role === undefined ? 'no membership' : `the role ${role}`),
  otherWays,
};

async function read(access: WorkspaceAccess, slot: readonly string[]): Promise<SlotValue> {
  const [group, , member] = memberSlot(slot);
  const call = { path: path`/groups/${group}/members/${member}`, schema: memberSchema };
  const found = await ifThere(workspace(access).directory('members').read(call));
  return found === undefined ? [] : [found.role];
}

async function write(access: WorkspaceAccess, slot: readonly string[], { from, to, until }: SlotChange): Promise<void> {
  const [role] = to;
  if (role === undefined) return remove(access, slot);
  if (from.length === 0) await add(access, slot, role);
  else if (from[0] !== role) {
    // Only a plain member may have an expiry; the one that the runner set must not stand in the way of another role.
    if (from[0] === 'MEMBER' && (await expiryOf(access, slot)) !== undefined) await setExpiry(access, slot, undefined);
    await change(access, slot, role);
  }
  if (role === 'MEMBER' && until !== undefined) await setExpiry(access, slot, until);
}

async function add(access: WorkspaceAccess, slot: readonly string[], role: string): Promise<void> {
  const [group, kind, member] = memberSlot(slot);
  const body = { email: await emailOf(access, kind, member), role };
  try {
    await workspace(access)
      .directory('members')
      .read({ method: 'POST', path: path`/groups/${group}/members`, body, schema: memberSchema });
  } catch (error) {
    // Somebody was faster, or an earlier attempt is seen only now.
    if (!(error instanceof RunnerError && error.code === 'CONFLICT')) throw error;
    await change(access, slot, role);
  }
}

async function change(access: WorkspaceAccess, slot: readonly string[], role: string): Promise<void> {
  const [group, , member] = memberSlot(slot);
  const call = { method: 'PATCH', path: path`/groups/${group}/members/${member}`, body: { role }, schema: memberSchema } as const;
  await workspace(access).directory('members').read(call);
}

async function remove(access: WorkspaceAccess, slot: readonly string[]): Promise<void> {
  const [group, , member] = memberSlot(slot);
  const call = { method: 'DELETE', path: path`/groups/${group}/members/${member}`, schema: z.unknown() } as const;
  await ifThere(workspace(access).directory('members').read(call));
}

/** Through a group in the group, or as everybody of the organization. */
async function otherWays(access: WorkspaceAccess, { state }: Intent<SlotState>): Promise<readonly string[]> {
  if ((await read(access, state.slot)).length > 0) return [];
  const [group, , member] = memberSlot(state.slot);
  const call = { path: path`/groups/${group}/hasMember/${member}`, schema: hasMemberSchema };
  try {
    const answer = await ifThere(workspace(access).directory('members').read(call));
    return answer?.isMember === true ? ['a group that is a member of the group, or everybody of the organization being one'] : [];
  } catch (error) {
    // The interface refuses to look into groups of other organizations.
    if (error instanceof RunnerError && error.code === 'UNSUPPORTED') return [];
    throw error;
  }
}
