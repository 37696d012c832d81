import { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { findAppRole, readApp, requireGrantable } from './apps.js';
import { type Access, type Graph, openGraph } from './graph.js';
import { lookFor } from './lag.js';
import { readAll } from './odata.js';
import { principalPath, resolvePrincipal } from './principals.js';
import { isRefusal } from './refusals.js';
import { requireRight } from './rights.js';
import type { AzureadSecret } from './secret.js';
import { GIVEN, partsOf, planOf } from './slots.js';
import type { AzureadState } from './state.js';

/** An assignment of an app role; slot: principal, service principal of the application, role. */
const kind: SlotKind<AzureadSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, slot) => {
    const { principalId } = parts(slot);
    const found = await assignmentsOf(await openGraph(access), slot);
    return found.some((assignment) => assignment.principalId === principalId) ? GIVEN : [];
  },
  write: async (access, slot, { to }) => {
    const graph = await openGraph(access);
    await (to.length > 0 ? assign(graph, slot) : unassign(access, graph, slot));
  },
  describe: (value) => (value.length > 0 ? 'the app role' : 'no app role'),
  otherWays: async (access, { state }) => {
    const { principalId } = parts(state.slot);
    const found = await assignmentsOf(await openGraph(access), state.slot);
    return found.filter((assignment) => assignment.principalId !== principalId).map((assignment) => `the group ${assignment.principalId}`);
  },
};

/** How a role of an application is given. */
export const appRole: AccessWay<AzureadSecret, AzureadState> = {
  ...slotLife(kind),
  plan: async (access: Access, request) => {
    const graph = await openGraph(access);
    const app = await readApp(graph, request.target.path[0] ?? '');
    requireGrantable(app, access.secret.clientId);
    const principal = await resolvePrincipal(graph, request);
    const roleId = findAppRole(app, request.permission, principal);
    requireRight(graph.token, 'assign app roles');
    return planOf('app-role', principal, [app.id, roleId]);
  },
};

const assignmentSchema = z.object({
  id: z.string(),
  principalId: z.guid().toLowerCase(),
  appRoleId: z.guid().toLowerCase(),
});
type Assignment = z.infer<typeof assignmentSchema>;

/**
 * The assignments by which a principal has a role: its own, and those of groups that it is a direct member of.
 * https://learn.microsoft.com/graph/api/user-list-approleassignments
 */
async function assignmentsOf(graph: Graph, slot: readonly string[]): Promise<readonly Assignment[]> {
  const { kind: principalKind, principalId, app, role } = parts(slot);
  try {
    const found = await readAll(graph, {
      path: `${principalPath(principalKind, principalId)}/appRoleAssignments` as SafePath,
      query: { $filter: `resourceId eq ${app}` },
      element: assignmentSchema,
    });
    return found.filter(({ appRoleId }) => appRoleId === role);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function assign({ client }: Graph, slot: readonly string[]): Promise<void> {
  const { principalId, app, role } = parts(slot);
  try {
    await client.read({
      method: 'POST',
      path: path`/servicePrincipals/${app}/appRoleAssignedTo`,
      body: { principalId, resourceId: app, appRoleId: role },
      schema: z.unknown(),
    });
  } catch (error) {
    if (!isRefusal(error, 'exists')) throw error;
  }
}

async function unassign(access: Access, graph: Graph, slot: readonly string[]): Promise<void> {
  const { principalId, app } = parts(slot);
  const own = async () => (await assignmentsOf(graph, slot)).filter((assignment) => assignment.principalId === principalId);
  for (const assignment of await lookFor(access, own)) {
    try {
      await graph.client.read({
        method: 'DELETE',
        path: path`/servicePrincipals/${app}/appRoleAssignedTo/${assignment.id}`,
        schema: z.unknown(),
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function parts(slot: readonly string[]) {
  const { kind: principalKind, principalId, what } = partsOf(slot);
  const [app = '', role = ''] = what;
  return { kind: principalKind, principalId, app, role };
}
