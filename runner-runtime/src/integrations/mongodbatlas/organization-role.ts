import { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type Atlas, atlasOf } from './client.js';
import { personSlot, thingOf } from './person-slot.js';
import { ORGANIZATION_MEMBER, ORGANIZATION_OWNER } from './roles.js';
import type { AtlasSecret } from './secret.js';
import { findUser, noTarget, type User } from './subjects.js';

/** A role of a person in the organization: a slot is a user and a role. */
const kind = personSlot({
  has: ({ roles }, slot) => roles.orgRoles.includes(thingOf(slot)),

  add: (atlas, user, slot) => change(atlas, user, 'addRole', thingOf(slot)),

  remove: async (atlas, user, slot) => {
    // Atlas refuses to take away the only role.
    if (user.roles.orgRoles.length === 1) await change(atlas, user, 'addRole', ORGANIZATION_MEMBER);
    await change(atlas, user, 'removeRole', thingOf(slot));
  },

  otherWays: async (_, { roles }) => (roles.orgRoles.includes(ORGANIZATION_OWNER) ? ['being an Organization Owner'] : []),
});

export const organizationRole: AccessWay<AtlasSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, permission, principal = { kind: 'user', id: '' } }: AccessRequest): Promise<Plan<SlotState>> {
  const [org, ...rest] = target.path;
  if (org !== access.secret.org || rest.length > 0) throw noTarget(target);
  const user = await findUser(atlasOf(access), principal);
  return { principal, state: { way: 'organization-role', slot: [user.id, permission], value: [permission] } };
}

async function change(atlas: Atlas, { id }: User, what: 'addRole' | 'removeRole', role: string): Promise<void> {
  const where = what === 'addRole' ? path`/orgs/${atlas.org}/users/${id}:addRole` : path`/orgs/${atlas.org}/users/${id}:removeRole`;
  await atlas.read({ version: 'people', method: 'POST', path: where, body: { orgRole: role }, schema: z.unknown() });
}
