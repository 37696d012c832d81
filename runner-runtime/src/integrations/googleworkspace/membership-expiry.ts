import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type WorkspaceAccess, workspace } from './client.js';
import { emailOf } from './directory.js';

/** A new membership is seen by the Cloud Identity API a little later than by the Directory API. */
const LOOKS = 5;
const FIRST_LOOK_MS = 200;

const groupNameSchema = z.object({ name: z.string().regex(/^groups\/[^/]+$/) });
const membershipNameSchema = z.object({ name: z.string().regex(/^groups\/[^/]+\/memberships\/[^/]+$/) });
const membershipSchema = z.object({
  roles: z
    .array(z.object({ name: z.string(), expiryDetail: z.object({ expireTime: z.iso.datetime({ offset: true }).optional() }).optional() }))
    .default([]),
});

/** What says that the organization has no use of membership expiry: API, scope, privilege or edition. */
const UNAVAILABLE = ['TARGET_PERMISSION_DENIED', 'UNSUPPORTED'];

/**
 * Sets when Google itself ends a plain membership; https://cloud.google.com/identity/docs/how-to/manage-expirations
 * Where the organization cannot use it, nothing happens but a line in the log: the runner's own revocation needs none of it.
 * @param until unix seconds; `undefined` for never
 */
export async function setExpiry(access: WorkspaceAccess, slot: readonly string[], until: number | undefined): Promise<void> {
  try {
    const name = await membershipName(access, slot, until === undefined ? 1 : LOOKS);
    // Without a membership there is nothing that could end.
    if (name === undefined && until === undefined) return;
    if (name === undefined) {
      throw new RunnerError('INTERNAL', 'The membership is not seen by the Cloud Identity API yet.', {
        object: slot.join('/'),
        retryable: true,
      });
    }
    const expiryDetail = until === undefined ? {} : { expireTime: new Date(until * 1000).toISOString() };
    const update = { fieldMask: 'expiry_detail.expire_time', membershipRole: { name: 'MEMBER', expiryDetail } };
    await workspace(access)
      .identity()
      .read({
        method: 'POST',
        path: path`/groups/${name.group}/memberships/${name.membership}:modifyMembershipRoles`,
        body: { updateRolesParams: [update] },
        schema: z.unknown(),
      });
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    access.log.warn('no expiry of the membership could be set: only the runner ends it', { code: error.code, object: slot.join('/') });
  }
}

/** When Google itself ends a membership, unix seconds; `undefined` for never, and where the organization cannot use it. */
export async function expiryOf(access: WorkspaceAccess, slot: readonly string[]): Promise<number | undefined> {
  try {
    const name = await membershipName(access, slot, 1);
    if (name === undefined) return undefined;
    const call = { path: path`/groups/${name.group}/memberships/${name.membership}`, schema: membershipSchema };
    const { roles } = await workspace(access).identity().read(call);
    const expiry = roles.find((role) => role.name === 'MEMBER')?.expiryDetail?.expireTime;
    return expiry === undefined ? undefined : Math.floor(Date.parse(expiry) / 1000);
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

interface MembershipName {
  readonly group: string;
  readonly membership: string;
}

/** The membership's name in the Cloud Identity API, which has ids of its own. */
async function membershipName(access: WorkspaceAccess, slot: readonly string[], looks: number): Promise<MembershipName | undefined> {
  const [group = '', kind = '', member = ''] = slot;
  const identity = workspace(access).identity();
  const groupEmail = await emailOf(access, 'group', group);
  const memberEmail = await emailOf(access, kind, member);
  for (let look = 0; look < looks; look += 1) {
    if (look > 0) await pause(FIRST_LOOK_MS * 2 ** look, undefined, { signal: access.signal });
    const groupName = await ifThere(
      identity.read({ path: path`/groups:lookup`, query: { 'groupKey.id': groupEmail }, schema: groupNameSchema }),
    );
    const id = groupName?.name.split('/')[1];
    if (id === undefined) continue;
    const lookup = { path: path`/groups/${id}/memberships:lookup`, query: { 'memberKey.id': memberEmail }, schema: membershipNameSchema };
    const membership = (await ifThere(identity.read(lookup)))?.name.split('/')[3];
    if (membership !== undefined) return { group: id, membership };
  }
  return undefined;
}

function isUnavailable(error: unknown): error is RunnerError {
  return error instanceof RunnerError && UNAVAILABLE.includes(error.code);
}
