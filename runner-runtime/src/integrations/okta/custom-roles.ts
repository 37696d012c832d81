import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { oktaClient } from './client.js';
import { groupsOf } from './groups.js';
import { isId, linkedPrincipal, targetId } from './ids.js';
import { readRolesPage, readWhole } from './lists.js';
import type { OktaSecret } from './secret.js';
import { requireUser } from './users.js';

const BOUND = 'Assigned';

/** A custom role or a resource set. */
export const labelledSchema = z.object({ id: z.string(), label: z.string(), description: z.string().nullish() });
/** Who has a role in a resource set: its link leads to the user or group itself. */
export const memberSchema = z.object({
  id: z.string(),
  _links: z
    .object({ self: z.object({ href: z.string() }) })
    .partial()
    .optional(),
});
export type BindingMember = z.infer<typeof memberSchema>;

const bindings: SlotKind<OktaSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, [setId = '', roleId = '', userId]) => {
    const members = await membersOf(oktaClient(access), setId, roleId);
    return members.some((member) => linkedPrincipal(member._links?.self?.href)?.id === userId) ? [BOUND] : [];
  },
  write: async (access, [setId = '', roleId = '', userId = ''], { to }) => {
    const client = oktaClient(access);
    if (to.length > 0) await bind(client, setId, roleId, `https://${access.secret.host}/api/v1/users/${userId}`);
    else await unbind(client, setId, roleId, userId);
  },
  describe: (value) => (value.length > 0 ? 'the role in the resource set' : 'not the role in the resource set'),
  otherWays: async (access, { state: { slot } }) => {
    const [setId = '', roleId = '', userId = ''] = slot;
    const client = oktaClient(access);
    const holders = (await membersOf(client, setId, roleId)).map((member) => linkedPrincipal(member._links?.self?.href));
    const groups = holders.filter((holder) => holder?.kind === 'group').map((holder) => holder?.id);
    if (groups.length === 0) return [];
    return (await groupsOf(client, userId)).filter((id) => groups.includes(id)).map((id) => `the group ${id}`);
  },
};

/** A custom admin role of a user, on the resources of a resource set. */
export const customRole: AccessWay<OktaSecret, SlotState> = {
  ...slotLife(bindings),
  plan: async (access, { target, permission: roleId, principal: asked }) => {
    const client = oktaClient(access);
    const setId = targetId('resource-set', target);
    const { principal, userId } = await requireUser(client, asked);
    if (!(await exists(client, path`/api/v1/iam/resource-sets/${setId}`)))
      throw new RunnerError('TARGET_NOT_FOUND', 'There is no resource set with this id.', { object: setId });
    if (!isId('role', roleId) || !(await exists(client, path`/api/v1/iam/roles/${roleId}`))) {
      throw new RunnerError('PERMISSION_NOT_FOUND', 'There is no custom role with this id.', {
        object: roleId,
        mend: 'Use the permission as the collection shows it.',
      });
    }
    return { principal, state: { way: 'custom-role', slot: [setId, roleId, userId], value: [BOUND] } };
  },
};

async function exists(client: JsonClient, at: SafePath): Promise<boolean> {
  return (await ifThere(client.read({ path: at, schema: labelledSchema }))) !== undefined;
}

/** Everybody who has a role in a resource set; nobody where the two are not bound. */
async function membersOf(client: JsonClient, setId: string, roleId: string): Promise<readonly BindingMember[]> {
  const list = { path: path`/api/v1/iam/resource-sets/${setId}/bindings/${roleId}/members`, element: memberSchema };
  return (await ifThere(readWhole((after) => readRolesPage(client, 'members', list, after)))) ?? [];
}

/** The binding comes with its first member and goes with its last. */
async function bind(client: JsonClient, setId: string, roleId: string, member: string): Promise<void> {
  const members = path`/api/v1/iam/resource-sets/${setId}/bindings/${roleId}/members`;
  const added = await ifThere(client.call({ method: 'PATCH', path: members, body: { additions: [member] }, schema: z.unknown() }));
  if (added !== undefined) return;
  const body = { role: roleId, members: [member] };
  await client.read({ method: 'POST', path: path`/api/v1/iam/resource-sets/${setId}/bindings`, body, schema: z.unknown() });
}

async function unbind(client: JsonClient, setId: string, roleId: string, userId: string): Promise<void> {
  for (const member of await membersOf(client, setId, roleId)) {
    if (linkedPrincipal(member._links?.self?.href)?.id !== userId) continue;
    const at = path`/api/v1/iam/resource-sets/${setId}/bindings/${roleId}/members/${member.id}`;
    await ifThere(client.read({ method: 'DELETE', path: at, schema: z.unknown() }));
  }
}
