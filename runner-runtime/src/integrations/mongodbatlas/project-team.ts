import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path } from '../../integration-kit/http/path.js';
import { SETS, type SlotValue } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import { type Access, type Atlas, atlasOf } from './client.js';
import { isId } from './formats.js';
import { refuseRemovableKey } from './own-key.js';
import type { AtlasSecret } from './secret.js';
import { findProject, noTarget, teamById, teamsOf } from './subjects.js';

/** All roles of a team in a project: a slot is a project and a team, since Atlas sets them together. */
const kind: SlotKind<AtlasSecret> = {
  lattice: SETS,
  expires: false,
  describe: (roles) => (roles.length === 0 ? 'no role' : roles.join(', ')),

  read: (access, slot) => rolesOf(atlasOf(access), slot),

  write: async (access, [project = '', team = ''], { to }) => {
    const atlas = atlasOf(access);
    const standing = await rolesOf(atlas, [project, team]);
    const roles = { teamId: team, roleNames: to };
    if (to.length === 0) return atlas.remove({ path: path`/groups/${project}/teams/${team}` });
    if (standing.length === 0) {
      await atlas.read({ method: 'POST', path: path`/groups/${project}/teams`, body: [roles], schema: z.unknown() });
    } else {
      await atlas.read({ method: 'PATCH', path: path`/groups/${project}/teams/${team}`, body: roles, schema: z.unknown() });
    }
  },
};

export const projectTeam: AccessWay<AtlasSecret, SlotState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, permission, principal = { kind: 'team', id: '' } }: AccessRequest): Promise<Plan<SlotState>> {
  const atlas = atlasOf(access);
  if (target.path.length !== 2) throw noTarget(target);
  const project = await findProject(atlas, target);
  const team = isId(principal.id) ? await teamById(atlas, principal.id) : undefined;
  if (team === undefined) {
    throw new RunnerError('PRINCIPAL_NOT_FOUND', 'The organization has no such team.', {
      object: principal.id,
      mend: 'Use the id of a team as the collection shows it.',
    });
  }
  await refuseRemovableKey(atlas, permission);
  return { principal, state: { way: 'project-team', slot: [project.id, team.id], value: [permission] } };
}

async function rolesOf(atlas: Atlas, [project = '', team = '']: readonly string[]): Promise<SlotValue> {
  for await (const { teamId, roleNames } of atlas.each(teamsOf(project))) if (teamId === team) return [...roleNames].sort();
  return [];
}
