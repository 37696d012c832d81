import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type PagerDuty, pagerDuty } from './client.js';
import { BASE_LEVELS, BASE_ROLES, permissionOf, roleOf } from './roles.js';
import type { PagerdutySecret } from './secret.js';
import { findUser, gone, requireAccount, type User, userById } from './subjects.js';

const licenseSchema = z.object({ license: z.object({ name: z.string(), valid_roles: z.array(z.string()) }) });

/** A user's role in the account, of which there is always one. https://github.com/PagerDuty/api-schema (updateUser) */
const kind: SlotKind<PagerdutySecret> = {
  lattice: BASE_LEVELS,
  expires: false,
  describe: ([role]) => (role === undefined ? 'no role, since the user is gone' : `the base role ${permissionOf(BASE_ROLES, role)}`),

  read: async (access, [id = '']) => {
    const user = await userById(pagerDuty(access), id);
    return user === undefined ? [] : [user.role];
  },

  write: async (access, slot, { to: [role] }) => {
    const pd = pagerDuty(access);
    const user = await userById(pd, slot[0] ?? '');
    if (user === undefined && role !== undefined) throw gone(slot);
    if (user === undefined || role === undefined) return;
    // PagerDuty wants name and e-mail with every change. Without a license it keeps the one that the user has.
    const body = { user: { type: 'user', name: user.name, email: user.email, role } };
    await pd.api.read({ method: 'PUT', path: path`/users/${user.id}`, body, schema: z.unknown() });
  },
};

export const baseRole: AccessWay<PagerdutySecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, principal = { kind: 'user', id: '' }, permission }: AccessRequest): Promise<Plan<SlotState>> {
  const pd = pagerDuty(access);
  requireAccount(pd, target);
  const user = await findUser(pd, principal);
  requireRestorable(user, principal.id);
  const role = roleOf(BASE_ROLES, permission);
  await requireLicense(pd, user, role, principal.id);
  return { principal, state: { way: 'base-role', slot: [user.id], value: [role] } };
}

/** PagerDuty's interface does not change the Account Owner: https://github.com/PagerDuty/terraform-provider-pagerduty/pull/379 */
function requireRestorable({ role }: User, principal: string): void {
  if (role === 'owner') {
    throw new RunnerError('UNSUPPORTED', 'The Account Owner has every access already.', { object: principal, mend: 'Use it as it is.' });
  }
  if (BASE_ROLES.some((entry) => entry.role === role)) return;
  throw new RunnerError('UNSUPPORTED', 'The user has a base role that this version of the runner does not know, and could not restore.', {
    object: principal,
    mend: 'Give the access through a team.',
  });
}

/** Roles go with licenses, and a license costs money: the runner never changes it. */
async function requireLicense(pd: PagerDuty, { id }: User, role: string, principal: string): Promise<void> {
  const license = await licenseOf(pd, id);
  if (license === undefined || license.valid_roles.includes(role)) return;
  throw new RunnerError('UNSUPPORTED', 'The license of the user does not allow this role.', {
    object: principal,
    mend: 'Let an administrator give the user a license that does.',
  });
}

/** @returns undefined where the account has no licenses, or the key may not see them: then PagerDuty judges the role itself */
async function licenseOf(pd: PagerDuty, id: string) {
  try {
    return (await pd.api.read({ path: path`/users/${id}/license`, schema: licenseSchema })).license;
  } catch (error) {
    if (error instanceof RunnerError && (error.code === 'TARGET_NOT_FOUND' || error.code === 'TARGET_PERMISSION_DENIED')) return undefined;
    throw error;
  }
}
