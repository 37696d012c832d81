import { RunnerError } from '../../errors.js';
import { type AccessWay, byWay } from '../../integration-kit/access-way.js';
import { readSlot } from '../../integration-kit/slots/settle.js';
import type { SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { WorkspaceAccess } from './client.js';
import { findGroup, hasOrgUnit } from './directory.js';
import { MEMBER_ROLES, membership } from './membership.js';
import { expiryOf } from './membership-expiry.js';
import { isRunnersOwn } from './names.js';
import { resolvePrincipal, runnersOwn } from './principal.js';
import { roleAssignment } from './role-assignment.js';
import { findRole, isSuperAdmin } from './roles.js';
import type { WorkspaceSecret } from './secret.js';

const WAYS: Readonly<Record<string, AccessWay<WorkspaceSecret, SlotState>>> = {
  membership: { ...slotLife(membership), plan: planMembership },
  'admin-role': { ...slotLife(roleAssignment), plan: planRole },
};
const WAY_OF_TARGET: Readonly<Record<string, string>> = { group: 'membership', customer: 'admin-role', orgunit: 'admin-role' };

/** Everything that the two ways have: a role in a group, a role of administrators. */
export const ways = byWay(WAYS, ({ target }) => {
  const way = Object.hasOwn(WAY_OF_TARGET, target.kind) ? WAY_OF_TARGET[target.kind] : undefined;
  if (way !== undefined) return way;
  throw new RunnerError('UNSUPPORTED', 'Access can be given on groups, on the customer and on organizational units.', {
    object: target.kind,
  });
});

async function planMembership(access: WorkspaceAccess, { target, permission, principal }: AccessRequest): Promise<Plan<SlotState>> {
  if (!MEMBER_ROLES.some((role) => role === permission)) throw noPermission(permission, `It is one of ${MEMBER_ROLES.join(', ')}.`);
  const [key = '', ...rest] = target.path;
  const group = rest.length === 0 ? await findGroup(access, key) : undefined;
  if (group === undefined) throw noTarget(target.path, 'Use the id that the collection shows, or the e-mail address of the group.');
  if (isRunnersOwn(group.email)) throw runnersOwn(group.email);
  const { id, asked } = await resolvePrincipal(access, principal);
  if (id === group.id) throw new RunnerError('UNSUPPORTED', 'A group cannot be a member of itself.', { object: group.email });
  const state: SlotState = { way: 'membership', slot: [group.id, asked.kind, id], value: [permission] };
  await requireLasting(access, state);
  return { principal: asked, state };
}

/** A membership that ends by itself could not be restored as it was. @throws {RunnerError} `UNSUPPORTED` for one that the runner did not give */
async function requireLasting(access: WorkspaceAccess, state: SlotState): Promise<void> {
  const entry = await readSlot(access, state);
  if (entry !== undefined && !entry.document.settled) return;
  if ((await membership.read(access, state.slot)).length === 0 || (await expiryOf(access, state.slot)) === undefined) return;
  throw new RunnerError('UNSUPPORTED', 'The principal is a member already, with an expiry that somebody else has set.', {
    object: state.slot.join('/'),
    mend: 'Remove the expiry of the membership, or the membership.',
  });
}

async function planRole(access: WorkspaceAccess, { target, permission, principal }: AccessRequest): Promise<Plan<SlotState>> {
  const { customerId } = access.secret;
  const [customer = '', unit, ...rest] = target.path;
  const isComplete = rest.length === 0 && (target.kind === 'orgunit') === (unit !== undefined);
  if (!isComplete || customer !== customerId || (unit !== undefined && !(await hasOrgUnit(access, unit)))) {
    throw noTarget(target.path, 'The path is the customer id, and for an organizational unit its id, as the collection shows them.');
  }
  const role = await findRole(access, permission);
  if (role === undefined) throw noPermission(permission, 'Use the name or the id of a role, as the collection shows them.');
  if (isSuperAdmin(role)) {
    throw new RunnerError('UNSUPPORTED', 'The runner makes nobody a super administrator: he could do everything, to the runner as well.', {
      object: role.roleName,
      mend: 'Make a role with the privileges that are needed.',
    });
  }
  const { id, asked } = await resolvePrincipal(access, principal);
  const slot = [id, target.kind, unit ?? customer, role.roleId];
  return { principal: asked, state: { way: 'admin-role', slot, value: [role.roleId] } };
}

function noPermission(permission: string, mend: string): RunnerError {
  return new RunnerError('PERMISSION_NOT_FOUND', 'There is no such permission.', { object: permission, mend });
}

function noTarget(path: readonly string[], mend: string): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', 'There is no such target.', { object: path.join('/'), mend });
}
