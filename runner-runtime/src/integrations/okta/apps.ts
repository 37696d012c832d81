import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { levels } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { GIVEN_BY_GROUP, oktaClient } from './client.js';
import { targetId } from './ids.js';
import type { OktaSecret } from './secret.js';
import { requireUser } from './users.js';

export const ASSIGNED = 'Assigned';
/** Gives the same; higher, so that the runner never turns it into an assignment of its own. */
const BY_GROUP = 'Assigned through a group';

export const appSchema = z.object({ id: z.string(), label: z.string(), status: z.string() });
const appUserSchema = z.object({ id: z.string(), scope: z.string() });

const assignments: SlotKind<OktaSecret> = {
  lattice: levels([ASSIGNED, BY_GROUP]),
  expires: false,
  read: async (access, [appId = '', userId = '']) => {
    const at = path`/api/v1/apps/${appId}/users/${userId}`;
    const found = await ifThere(oktaClient(access).read({ path: at, schema: appUserSchema }));
    return found === undefined ? [] : [found.scope === 'GROUP' ? BY_GROUP : ASSIGNED];
  },
  write: async (access, [appId = '', userId = ''], { to: [level] }) => {
    const client = oktaClient(access);
    if (level === ASSIGNED) await assign(client, appId, userId, 'USER');
    // Where it is a group that gives the app, what comes back by itself without an assignment of the user's own.
    else await unassign(client, appId, userId);
  },
  describe: ([level]) => (level === undefined ? 'no assignment' : level === BY_GROUP ? 'assignment through a group' : 'assignment'),
};

/** Assignment of an app to a user. */
export const appAssignment: AccessWay<OktaSecret, SlotState> = {
  ...slotLife(assignments),
  plan: async (access, { target, permission, principal: asked }) => {
    const client = oktaClient(access);
    if (permission !== ASSIGNED)
      throw new RunnerError('PERMISSION_NOT_FOUND', `An app has one permission: ${ASSIGNED}.`, { object: permission });
    const appId = targetId('app', target);
    const { principal, userId } = await requireUser(client, asked);
    await requireActive(client, appId);
    return { principal, state: { way: 'app', slot: [appId, userId], value: [ASSIGNED] } };
  },
};

async function assign(client: JsonClient, appId: string, userId: string, scope: 'USER' | 'GROUP'): Promise<void> {
  await client.read({ method: 'POST', path: path`/api/v1/apps/${appId}/users`, body: { id: userId, scope }, schema: appUserSchema });
}

async function unassign(client: JsonClient, appId: string, userId: string): Promise<void> {
  try {
    await ifThere(client.read({ method: 'DELETE', path: path`/api/v1/apps/${appId}/users/${userId}`, schema: z.unknown() }));
  } catch (error) {
    // What is left must end with the group: an assignment of the user's own would outlive it. The next try sees what came of it.
    if (error instanceof RunnerError && error.message === GIVEN_BY_GROUP) await assign(client, appId, userId, 'GROUP');
    throw error;
  }
}

async function requireActive(client: JsonClient, appId: string): Promise<void> {
  const app = await ifThere(client.read({ path: path`/api/v1/apps/${appId}`, schema: appSchema }));
  if (app === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'There is no app with this id.', { object: appId });
  if (app.status === 'ACTIVE') return;
  throw new RunnerError('UNSUPPORTED', 'The app is deactivated.', { object: appId, mend: 'Activate the app in Okta first.' });
}
