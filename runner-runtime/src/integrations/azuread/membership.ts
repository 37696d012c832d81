import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { MEMBER } from './declaration.js';
import { type Access, type Graph, openGraph } from './graph.js';
import { readGroup, requireOpenTo } from './groups.js';
import { quoted } from './ids.js';
import { readPiece } from './odata.js';
import { principalPath, resolvePrincipal } from './principals.js';
import { isRefusal } from './refusals.js';
import { requireRight } from './rights.js';
import type { AzureadSecret } from './secret.js';
import { GIVEN, partsOf, planOf } from './slots.js';
import type { AzureadState } from './state.js';

/** Direct membership in a group; slot: principal, group. */
const kind: SlotKind<AzureadSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, slot) => ((await isMember(await openGraph(access), slot, 'members', 'memberOf')) ? GIVEN : []),
  write: async (access, slot, { to }) => {
    const graph = await openGraph(access);
    await (to.length > 0 ? add(graph, slot) : remove(graph, slot));
  },
  describe: (value) => (value.length > 0 ? 'membership' : 'no membership'),
  otherWays: async (access, { state }) => {
    const graph = await openGraph(access);
    if (await isMember(graph, state.slot, 'members', 'memberOf')) return [];
    return (await isMember(graph, state.slot, 'transitiveMembers', 'transitiveMemberOf')) ? ['a group that is a member of it'] : [];
  },
};

/** How membership in a group is given. */
export const membership: AccessWay<AzureadSecret, AzureadState> = {
  ...slotLife(kind),
  plan: async (access: Access, request) => {
    if (request.permission !== MEMBER) {
      throw new RunnerError('PERMISSION_NOT_FOUND', 'A group has no such permission.', {
        object: request.permission,
        mend: `Use ${MEMBER}.`,
      });
    }
    const graph = await openGraph(access);
    const group = await readGroup(graph, request.target.path[0] ?? '');
    const principal = await resolvePrincipal(graph, request);
    requireOpenTo(group, principal);
    requireRight(graph.token, 'change memberships');
    return planOf('membership', principal, [group.id]);
  },
};

const idSchema = z.object({ id: z.string() });

/**
 * Asks the group for one member. Service principals are not listed as members in version 1.0, so they are asked for their groups.
 * https://learn.microsoft.com/graph/api/group-list-members
 */
async function isMember(
  graph: Graph,
  slot: readonly string[],
  ofGroup: 'members' | 'transitiveMembers',
  ofPrincipal: 'memberOf' | 'transitiveMemberOf',
): Promise<boolean> {
  const { kind: principalKind, principalId, group } = parts(slot);
  const [list, wanted] =
    principalKind === 'service-principal'
      ? [`${principalPath(principalKind, principalId)}/${ofPrincipal}/microsoft.graph.group` as SafePath, group]
      : [`${path`/groups/${group}`}/${ofGroup}` as SafePath, principalId];
  try {
    const query = { $filter: `id eq ${quoted(wanted)}`, $select: 'id' };
    const { elements } = await readPiece(graph, { path: list, query, eventual: true, element: idSchema });
    return elements.some(({ id }) => id.toLowerCase() === wanted);
  } catch (error) {
    // A group or principal that is gone has no members and no memberships.
    if (isNotFound(error)) return false;
    throw error;
  }
}

async function add(graph: Graph, slot: readonly string[]): Promise<void> {
  const { principalId, group } = parts(slot);
  try {
    await graph.client.read({
      method: 'POST',
      path: path`/groups/${group}/members/$ref`,
      body: { '@odata.id': graph.base + path`/directoryObjects/${principalId}` },
      schema: z.unknown(),
    });
  } catch (error) {
    if (isRefusal(error, 'exists')) return;
    if (!isNotFound(error)) throw error;
    // The answer is the same for both: whoever still finds the group lacks the principal.
    await readGroup(graph, group);
    throw new RunnerError('PRINCIPAL_NOT_FOUND', 'The principal has been deleted meanwhile.', { object: principalId });
  }
}

async function remove({ client }: Graph, slot: readonly string[]): Promise<void> {
  const { principalId, group } = parts(slot);
  try {
    await client.read({ method: 'DELETE', path: path`/groups/${group}/members/${principalId}/$ref`, schema: z.unknown() });
  } catch (error) {
    if (!isRefusal(error, 'gone') && !isNotFound(error)) throw error;
  }
}

function parts(slot: readonly string[]) {
  const { kind: principalKind, principalId, what } = partsOf(slot);
  return { kind: principalKind, principalId, group: what[0] ?? '' };
}
