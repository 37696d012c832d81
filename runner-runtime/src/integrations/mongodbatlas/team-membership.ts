import { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import type { SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type Atlas, atlasOf } from './client.js';
import { personSlot } from './person-slot.js';
import type { AtlasSecret } from './secret.js';
import { findTeam, findUser, noTarget, type User } from './subjects.js';

/** Stands in the slot of a member. */
const MEMBER = 'Member';

/** The membership of a person in a team: a slot is a user, a team and `Member`. */
const kind = personSlot({
  has: ({ teamIds }, [, team = '']) => teamIds.includes(team),
  add: (atlas, user, slot) => change(atlas, user, 'addUser', slot),
  remove: (atlas, user, slot) => change(atlas, user, 'removeUser', slot),
  otherWays: async () => [],
});

export const teamMembership: AccessWay<AtlasSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, principal = { kind: 'user', id: '' } }: AccessRequest): Promise<Plan<SlotState>> {
  const atlas = atlasOf(access);
  if (target.path.length !== 2) throw noTarget(target);
  const team = await findTeam(atlas, target);
  const user = await findUser(atlas, principal);
  return { principal, state: { way: 'team-membership', slot: [user.id, team.id, MEMBER], value: [MEMBER] } };
}

async function change(atlas: Atlas, { id }: User, what: 'addUser' | 'removeUser', [, team = '']: readonly string[]): Promise<void> {
  const where = what === 'addUser' ? path`/orgs/${atlas.org}/teams/${team}:addUser` : path`/orgs/${atlas.org}/teams/${team}:removeUser`;
  await atlas.read({ version: 'people', method: 'POST', path: where, body: { id }, schema: z.unknown() });
}
