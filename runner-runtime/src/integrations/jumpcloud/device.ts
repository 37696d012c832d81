import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { levels } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { DEVICE_LEVELS, type DeviceAccess, grantedOn, levelOf, makeRequest, PASSWORDLESS, prolong, revoke } from './access-requests.js';
import { type JumpCloud, jumpCloud } from './client.js';
import { isGone } from './gone.js';
import { isId, targetId } from './ids.js';
import type { JumpCloudSecret } from './secret.js';
import { requireUser, userById } from './users.js';

export const deviceSchema = z.object({
  _id: z.string().refine(isId),
  displayName: z.string().nullish(),
  hostname: z.string().nullish(),
});
export const DEVICE_FIELDS = 'displayName hostname';

const LEVELS = levels(DEVICE_LEVELS);
const asValue = (level: string | undefined) => (level === undefined ? [] : [level]);

/**
 * The runner's own access request for a user on a device: the ids of both, and the remarks by which it is found again. Requests that others
 * made are other ways to the same privileges, and are left alone.
 * https://jumpcloud.com/support/set-temporary-elevated-device-privileges-using-the-api
 */
const kind: SlotKind<JumpCloudSecret> = {
  // Whatever somebody makes of the runner's request, it is the runner's to end.
  lattice: { ...LEVELS, without: () => [] },
  expires: true,
  describe: ([level]) => (level === undefined ? 'no access request of the runner' : `an access request for ${level}`),

  read: async (access, slot) =>
    // One whose level somebody changed to what cannot be read may give everything.
    LEVELS.join((await ownRequests(jumpCloud(access), slot)).map(({ level = PASSWORDLESS }) => [level])),

  write: async (access, slot, { to: [level], until }) => {
    const jc = jumpCloud(access);
    const [deviceId = '', userId = '', remarks = ''] = slot;
    const own = await ownRequests(jc, slot);
    const kept = level === undefined || until === undefined ? undefined : own.find((request) => request.level === level);
    for (const request of own) if (request !== kept) await revokeIfThere(jc, request);
    if (level === undefined || until === undefined) return;
    if (kept !== undefined) await prolong(jc, kept, until);
    else await makeRequest(jc, { deviceId, userId, level, until, remarks });
  },

  otherWays: async (access, { state: { slot, value } }) => {
    const jc = jumpCloud(access);
    const [deviceId = '', userId = '', remarks = ''] = slot;
    const gives = (level: string | undefined) => LEVELS.covers(asValue(level), value);
    const granted = await grantedOn(jc, deviceId, userId);
    const foreign = granted.filter((request) => request.remarks !== remarks && gives(request.level));
    const user = await userById(jc, userId);
    if (user === undefined) return [];
    const permanent = levelOf((await bindOf(jc, deviceId, userId))?.compiledAttributes);
    return [
      ...foreign.map(({ accessId }) => `the access request ${accessId}`),
      ...(user.sudo === true ? ['being an administrator of all devices'] : []),
      // While a request stands, the bind shows what that gives.
      ...(gives(permanent) && granted.length === 0 ? ['the bind to the device'] : []),
    ];
  },
};

/** Temporary privileges of a user on a device that he is bound to. */
export const device: AccessWay<JumpCloudSecret, SlotState> = {
  ...slotLife(kind),
  plan: async (access, { target, permission, principal = { kind: 'user', id: '' } }) => {
    const jc = jumpCloud(access);
    const deviceId = targetId(target);
    const found = await jc.find(path`/api/systems/${deviceId}`, deviceSchema, { fields: DEVICE_FIELDS });
    if (found === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'There is no device with this id.', { object: deviceId });
    const { _id: userId } = await requireUser(jc, principal);
    if ((await bindOf(jc, deviceId, userId)) === undefined) {
      throw new RunnerError('UNSUPPORTED', 'The user is not bound to the device: JumpCloud raises the privileges of users who are.', {
        object: principal.id,
        mend: 'Bind the user to the device first.',
      });
    }
    // Nobody else can foretell it, so nobody's request is taken for the runner's.
    const remarks = access.marks.sharedName(`access request ${deviceId} ${userId}`);
    return { principal, state: { way: 'device', slot: [deviceId, userId, remarks], value: [permission] } };
  },
};

async function ownRequests(jc: JumpCloud, [deviceId = '', userId = '', remarks = '']: readonly string[]): Promise<readonly DeviceAccess[]> {
  return (await grantedOn(jc, deviceId, userId)).filter((request) => request.remarks === remarks);
}

/** One that has ended by itself meanwhile is done. */
async function revokeIfThere(jc: JumpCloud, request: DeviceAccess): Promise<void> {
  try {
    await revoke(jc, request);
  } catch (error) {
    if (!isNotFound(error) && !(error instanceof RunnerError && error.code === 'CONFLICT')) throw error;
  }
}

const bindSchema = z.object({ id: z.string(), compiledAttributes: z.unknown().optional() });

/** How a user is bound to a device, directly or through groups. */
async function bindOf(jc: JumpCloud, deviceId: string, userId: string): Promise<z.infer<typeof bindSchema> | undefined> {
  try {
    for await (const bind of jc.each({ path: path`/api/v2/users/${userId}/systems`, schema: bindSchema })) {
      if (bind.id === deviceId) return bind;
    }
    return undefined;
  } catch (error) {
    if (await isGone(error, () => userById(jc, userId))) return undefined;
    throw error;
  }
}
