import { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type Atlas, atlasOf } from './client.js';
import { refuseRemovableKey } from './own-key.js';
import { personSlot, thingOf } from './person-slot.js';
import { ORGANIZATION_OWNER } from './roles.js';
import type { AtlasSecret } from './secret.js';
import { findProject, findUser, noTarget, teamsOf, type User } from './subjects.js';

/** A role of a person in a project, given directly: a slot is a user, a project and a role. */
const kind = personSlot({
  has: (user, slot) => rolesIn(user, slot).includes(thingOf(slot)),

  add: async (atlas, user, slot) => {
    const role = thingOf(slot);
    if (rolesIn(user, slot).length > 0) return change(atlas, 'addRole', slot);
    // Who has no role in a project has to be added to it.
    const body = { username: user.username, roles: [role] };
    await atlas.read({ version: 'people', method: 'POST', path: path`/groups/${projectOf(slot)}/users`, body, schema: z.unknown() });
  },

  remove: async (atlas, user, slot) => {
    if (rolesIn(user, slot).length > 1) return change(atlas, 'removeRole', slot);
    // Atlas refuses to take away the only role: the person leaves the project.
    await atlas.remove({ version: 'people', path: path`/groups/${projectOf(slot)}/users/${user.id}` });
  },

  otherWays: async (atlas, user, slot) => {
    const ways = user.roles.orgRoles.includes(ORGANIZATION_OWNER) ? ['being an Organization Owner'] : [];
    for await (const { teamId, roleNames } of atlas.each(teamsOf(projectOf(slot)))) {
      if (user.teamIds.includes(teamId) && roleNames.includes(thingOf(slot))) ways.push(`the team ${teamId}`);
    }
    return ways;
  },
});

export const projectRole: AccessWay<AtlasSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, permission, principal = { kind: 'user', id: '' } }: AccessRequest): Promise<Plan<SlotState>> {
  const atlas = atlasOf(access);
  if (target.path.length !== 2) throw noTarget(target);
  const project = await findProject(atlas, target);
  const user = await findUser(atlas, principal);
  await refuseRemovableKey(atlas, permission);
  return { principal, state: { way: 'project-role', slot: [user.id, project.id, permission], value: [permission] } };
}

function rolesIn({ roles }: User, slot: readonly string[]): readonly string[] {
  return roles.groupRoleAssignments.filter(({ groupId }) => groupId === projectOf(slot)).flatMap(({ groupRoles }) => groupRoles);
}

function projectOf([, project = '']: readonly string[]): string {
  return project;
}

async function change(atlas: Atlas, what: 'addRole' | 'removeRole', slot: readonly string[]): Promise<void> {
  const [user = '', project = '', role = ''] = slot;
  const where = what === 'addRole' ? path`/groups/${project}/users/${user}:addRole` : path`/groups/${project}/users/${user}:removeRole`;
  await atlas.read({ version: 'people', method: 'POST', path: where, body: { groupRole: role }, schema: z.unknown() });
}
