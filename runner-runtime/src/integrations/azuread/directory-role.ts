import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { type Access, type Graph, openGraph } from './graph.js';
import { quoted } from './ids.js';
import { readAll } from './odata.js';
import { principalPath, type Resolved, resolvePrincipal } from './principals.js';
import { requireRight } from './rights.js';
import { assign, type RoleHolder, schedule, standingOf, TENANT_SCOPE, unassign } from './role-assignments.js';
import { findRole } from './role-definitions.js';
import { requireHarmless } from './role-protection.js';
import type { AzureadSecret } from './secret.js';
import { GIVEN, partsOf, planOf } from './slots.js';
import type { AzureadState } from './state.js';

/** A role in the whole directory; slot: principal, role definition. */
const kind: SlotKind<AzureadSecret> = {
  lattice: SETS,
  expires: true,
  read: async (access, slot) => ((await standingOf(await openGraph(access), holderOf(slot))).assigned ? GIVEN : []),
  write: async (access, slot, { from, to, until }) => {
    const graph = await openGraph(access);
    const holder = holderOf(slot);
    if (to.length === 0) return unassign(access, graph, holder);
    const isScheduled = await schedule(graph, holder, access.now(), until);
    if (!isScheduled && from.length === 0) await assign(graph, holder);
  },
  describe: (value) => (value.length > 0 ? 'the role' : 'no role'),
  otherWays: async (access, { state }) => {
    const graph = await openGraph(access);
    const { activated } = await standingOf(graph, holderOf(state.slot));
    const groups = await groupsWith(graph, state.slot);
    return [...(activated ? ['its own activation of a role that it is eligible for'] : []), ...groups.map((id) => `the group ${id}`)];
  },
};

/** How a directory role is given. */
export const directoryRole: AccessWay<AzureadSecret, AzureadState> = {
  ...slotLife(kind),
  plan: async (access: Access, request) => {
    const graph = await openGraph(access);
    const [tenant = ''] = request.target.path;
    if (![graph.token.tenantId, access.secret.tenant.toLowerCase()].includes(tenant.toLowerCase())) {
      throw new RunnerError('TARGET_NOT_FOUND', 'The secret opens another directory.', {
        object: tenant,
        mend: 'Use the id of the tenant.',
      });
    }
    const role = await findRole(graph, request.permission);
    requireHarmless(role);
    const principal = await resolvePrincipal(graph, request);
    requireRoleHolder(principal);
    requireRight(graph.token, 'schedule directory roles', 'assign directory roles');
    return planOf('directory-role', principal, [role.id]);
  },
};

/** https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept */
function requireRoleHolder({ kind: principalKind, assignableToRole, asked }: Resolved): void {
  if (principalKind !== 'group' || assignableToRole) return;
  throw new RunnerError('UNSUPPORTED', 'This group can hold no directory roles.', {
    object: asked.id,
    mend: 'Name a user, or a group that was made as assignable to roles.',
  });
}

const principalSchema = z.object({
  principalId: z.string(),
  directoryScopeId: z.string().nullish(),
  principal: z.object({ '@odata.type': z.string().optional() }).nullish(),
});
/** https://learn.microsoft.com/graph/api/directoryobject-checkmembergroups */
const MOST_GROUPS = 20;

/** Groups that hold the role, and that the principal is in. */
async function groupsWith(graph: Graph, slot: readonly string[]): Promise<readonly string[]> {
  const { kind: principalKind, principalId } = partsOf(slot);
  const holders = await readAll(graph, {
    path: path`/roleManagement/directory/roleAssignments`,
    query: { $filter: `roleDefinitionId eq ${quoted(holderOf(slot).roleId)}`, $expand: 'principal' },
    element: principalSchema,
  });
  const groupIds = holders
    .filter(
      ({ directoryScopeId, principal }) => directoryScopeId === TENANT_SCOPE && principal?.['@odata.type'] === '#microsoft.graph.group',
    )
    .map((holder) => holder.principalId);
  const found: string[] = [];
  for (let start = 0; start < groupIds.length; start += MOST_GROUPS) {
    const { value } = await graph.client.read({
      method: 'POST',
      path: `${principalPath(principalKind, principalId)}/checkMemberGroups` as SafePath,
      body: { groupIds: groupIds.slice(start, start + MOST_GROUPS) },
      schema: z.object({ value: z.array(z.string()) }),
    });
    found.push(...value);
  }
  return found;
}

function holderOf(slot: readonly string[]): RoleHolder {
  const { principalId, what } = partsOf(slot);
  return { principalId, roleId: what[0] ?? '' };
}
