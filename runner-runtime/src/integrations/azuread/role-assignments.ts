import { z } from 'zod';
import { CLOCK_TOLERANCE_SECONDS } from '../../../../contract/tasks.js';
import { RunnerError } from '../../errors.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { Access, Graph } from './graph.js';
import { quoted } from './ids.js';
import { lookFor } from './lag.js';
import { readAll } from './odata.js';
import { isRefusal } from './refusals.js';
import { mayDo } from './rights.js';

/** A principal in a directory role of the whole tenant. */
export interface RoleHolder {
  readonly principalId: string;
  readonly roleId: string;
}

/** The whole tenant; what is assigned in an administrative unit only is another thing. */
export const TENANT_SCOPE = '/';

const assignmentSchema = z.object({ id: z.string(), directoryScopeId: z.string().nullish() });
const instanceSchema = z.object({
  directoryScopeId: z.string().nullish(),
  assignmentType: z.string().nullish(),
  memberType: z.string().nullish(),
});

/** How a principal has a role, as far as the tenant tells. */
export interface Standing {
  /** Ids of assignments in the whole tenant. */
  readonly assignments: readonly string[];
  /** Whether it was assigned, rather than activated by an eligible principal for itself. */
  readonly assigned: boolean;
  readonly activated: boolean;
}

/**
 * https://learn.microsoft.com/graph/api/rbacapplication-list-roleassignments: these include what Privileged Identity Management made; only its
 * instances tell an assignment from an activation.
 */
export async function standingOf(graph: Graph, holder: RoleHolder): Promise<Standing> {
  const $filter = `principalId eq ${quoted(holder.principalId)} and roleDefinitionId eq ${quoted(holder.roleId)}`;
  const found = await readAll(graph, {
    path: path`/roleManagement/directory/roleAssignments`,
    query: { $filter },
    element: assignmentSchema,
  });
  const assignments = found.filter(({ directoryScopeId }) => directoryScopeId === TENANT_SCOPE).map(({ id }) => id);
  if (assignments.length === 0) return { assignments, assigned: false, activated: false };
  const types = await instanceTypes(graph, $filter);
  const activated = types.includes('Activated');
  return { assignments, assigned: !activated || types.includes('Assigned'), activated };
}

/** Empty where the tenant has no licence, or the application may not read schedules. */
async function instanceTypes(graph: Graph, $filter: string): Promise<readonly string[]> {
  try {
    const instances = await readAll(graph, {
      path: path`/roleManagement/directory/roleAssignmentScheduleInstances`,
      query: { $filter },
      element: instanceSchema,
    });
    return instances
      .filter(({ directoryScopeId, memberType }) => directoryScopeId === TENANT_SCOPE && memberType !== 'Group')
      .map(({ assignmentType }) => assignmentType ?? '');
  } catch (error) {
    if (isRefusal(error, 'unlicensed') || (error instanceof RunnerError && error.code === 'TARGET_PERMISSION_DENIED')) return [];
    throw error;
  }
}

/**
 * Assigns a role that ends by itself.
 * https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests
 * @param until unix seconds; absent for one that does not end
 * @returns whether the tenant has the licence for that
 */
export async function schedule(graph: Graph, holder: RoleHolder, now: number, until: number | undefined): Promise<boolean> {
  if (!mayDo(graph.token, 'schedule directory roles')) return false;
  const { assigned } = await standingOf(graph, holder);
  const expiration = until === undefined ? { type: 'noExpiration' } : { type: 'afterDateTime', endDateTime: isoSeconds(until) };
  // A start that is past counts as now; one that a fast clock puts into the future would delay the access.
  const scheduleInfo = { startDateTime: isoSeconds(now / 1000 - CLOCK_TOLERANCE_SECONDS), expiration };
  try {
    return await request(graph, holder, { action: assigned ? 'adminUpdate' : 'adminAssign', scheduleInfo });
  } catch (error) {
    // The one that is there was not yet seen.
    if (isRefusal(error, 'exists')) return request(graph, holder, { action: 'adminUpdate', scheduleInfo });
    throw error;
  }
}

/** Assigns a role without end. */
export async function assign({ client }: Graph, { principalId, roleId }: RoleHolder): Promise<void> {
  try {
    await client.read({
      method: 'POST',
      path: path`/roleManagement/directory/roleAssignments`,
      body: { principalId, roleDefinitionId: roleId, directoryScopeId: TENANT_SCOPE },
      schema: z.unknown(),
    });
  } catch (error) {
    if (!isRefusal(error, 'exists')) throw error;
  }
}

/** Ends an assignment, however it was made; what the principal activated for itself stays. */
export async function unassign(access: Access, graph: Graph, holder: RoleHolder): Promise<void> {
  const outcome = await unschedule(graph, holder);
  if (outcome === 'ended' || (outcome === 'unknown' && !mayDo(graph.token, 'assign directory roles'))) return;
  const assignments = async () => {
    const { assigned, assignments: ids } = await standingOf(graph, holder);
    return assigned ? ids : [];
  };
  for (const id of outcome === 'unknown' ? await assignments() : await lookFor(access, assignments)) {
    try {
      await graph.client.read({ method: 'DELETE', path: path`/roleManagement/directory/roleAssignments/${id}`, schema: z.unknown() });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/**
 * Ends an assignment by Privileged Identity Management, one without end as well.
 * @returns `unknown` where it knows none: there is none, or one that was made otherwise and that it has not seen yet
 */
async function unschedule(graph: Graph, holder: RoleHolder): Promise<'ended' | 'unknown' | 'unlicensed'> {
  if (!mayDo(graph.token, 'schedule directory roles')) return 'unlicensed';
  try {
    return (await request(graph, holder, { action: 'adminRemove' })) ? 'ended' : 'unlicensed';
  } catch (error) {
    if (isRefusal(error, 'gone')) return 'unknown';
    throw error;
  }
}

/** @returns whether the tenant has the licence */
async function request(
  { client }: Graph,
  { principalId, roleId }: RoleHolder,
  wanted: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  try {
    await client.read({
      method: 'POST',
      path: path`/roleManagement/directory/roleAssignmentScheduleRequests`,
      body: {
        ...wanted,
        principalId,
        roleDefinitionId: roleId,
        directoryScopeId: TENANT_SCOPE,
        justification: 'Temporary access by Axiom Runner',
      },
      schema: z.unknown(),
    });
    return true;
  } catch (error) {
    if (isRefusal(error, 'unlicensed')) return false;
    throw error;
  }
}

function isoSeconds(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString();
}
