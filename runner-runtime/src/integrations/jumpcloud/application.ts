import type { Principal } from '@axiom-runner/protocol';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { type JumpCloud, jumpCloud } from './client.js';
import { isGone } from './gone.js';
import { groupById, requireGroup } from './groups.js';
import { isId, targetId } from './ids.js';
import type { JumpCloudSecret } from './secret.js';
import { requireUser, userById } from './users.js';

export const ACCESS = 'Access';

export const applicationSchema = z.object({
  _id: z.string().refine(isId),
  name: z.string().nullish(),
  displayLabel: z.string().nullish(),
  active: z.boolean().nullish(),
});

/** Association of an application with a user group or a user: the application's id, the kind of the other, its id. */
const kind: SlotKind<JumpCloudSecret> = {
  lattice: SETS,
  expires: false,
  describe: (value) => (value.length > 0 ? 'an association' : 'no association'),
  read: async (access, [applicationId = '', type = '', id = '']) =>
    (await isAssociated(jumpCloud(access), applicationId, type, id)) ? [ACCESS] : [],
  write: async (access, [applicationId = '', type = '', id = ''], { to }) => {
    const op = to.length > 0 ? 'add' : 'remove';
    await jumpCloud(access).changeEdge(path`/api/v2/applications/${applicationId}/associations`, op, { type, id });
  },
  otherWays: async (access, { state: { slot } }) => {
    const [applicationId = '', type = '', id = ''] = slot;
    return type === 'user' ? groupsBetween(jumpCloud(access), applicationId, id) : [];
  },
};

export const application: AccessWay<JumpCloudSecret, SlotState> = {
  ...slotLife(kind),
  plan: async (access, { target, principal = { kind: 'group', id: '' } }) => {
    const jc = jumpCloud(access);
    const applicationId = targetId(target);
    const found = await jc.find(path`/api/applications/${applicationId}`, applicationSchema);
    if (found === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'There is no application with this id.', { object: applicationId });
    if (found.active === false) {
      throw new RunnerError('UNSUPPORTED', 'The application is switched off.', {
        object: applicationId,
        mend: 'Switch it on in JumpCloud first.',
      });
    }
    return { principal, state: { way: 'application', slot: [applicationId, ...(await holder(jc, principal))], value: [ACCESS] } };
  },
};

async function holder(jc: JumpCloud, principal: Principal): Promise<readonly ['user' | 'user_group', string]> {
  if (principal.kind === 'group') return ['user_group', (await requireGroup(jc, principal)).id];
  return ['user', (await requireUser(jc, principal))._id];
}

/** Asked of the holder, who has fewer applications than an application has holders. */
async function isAssociated(jc: JumpCloud, applicationId: string, type: string, id: string): Promise<boolean> {
  const isUser = type === 'user';
  const associations = {
    path: isUser ? path`/api/v2/users/${id}/associations` : path`/api/v2/usergroups/${id}/associations`,
    query: { targets: 'application' },
    schema: z.object({ to: z.object({ id: z.string() }) }),
  };
  try {
    for await (const { to } of jc.each(associations)) if (to.id === applicationId) return true;
    return false;
  } catch (error) {
    if (await isGone(error, (): Promise<unknown> => (isUser ? userById(jc, id) : groupById(jc, id)))) return false;
    throw error;
  }
}

const boundSchema = z.object({
  id: z.string(),
  paths: z.array(z.array(z.object({ to: z.object({ type: z.string(), id: z.string() }) }))),
});

/** User groups through which a user has an application, in words. */
async function groupsBetween(jc: JumpCloud, applicationId: string, userId: string): Promise<readonly string[]> {
  const groups = new Set<string>();
  try {
    for await (const { id, paths } of jc.each({ path: path`/api/v2/users/${userId}/applications`, schema: boundSchema })) {
      if (id !== applicationId) continue;
      for (const { to } of paths.flat()) if (to.type === 'user_group') groups.add(`the user group ${to.id}`);
    }
  } catch (error) {
    if (!(await isGone(error, () => userById(jc, userId)))) throw error;
  }
  return [...groups];
}
