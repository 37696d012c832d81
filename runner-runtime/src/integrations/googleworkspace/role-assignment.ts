import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { SETS, type SlotValue } from '../../integration-kit/slots/lattice.js';
import type { SlotChange, SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import type { Intent } from '../intent.js';
import { type WorkspaceAccess, workspace } from './client.js';

import type { WorkspaceSecret } from './secret.js';

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/roleAssignments */
const assignmentSchema = z.object({
  roleAssignmentId: z.string().min(1),
  roleId: z.string().min(1),
  assignedTo: z.string().min(1),
  assigneeType: z.string().optional(),
  scopeType: z.string().default('CUSTOMER'),
  orgUnitId: z.string().optional(),
  condition: z.string().optional(),
});
export type RoleAssignment = z.infer<typeof assignmentSchema>;
const assignmentsSchema = z.object({ items: z.array(assignmentSchema).default([]), nextPageToken: z.string().min(1).optional() });

/** Largest page of the interface. */
export const MOST_ASSIGNMENTS = 200;

/** One role of one principal on one scope: given or not. A slot: id of the principal, kind and id of the scope, id of the role. */
export const roleAssignment: SlotKind<WorkspaceSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, slot) => ((await standing(access, slot)).length > 0 ? [roleOf(slot)] : []),
  write,
  describe: ([role]: SlotValue) => (role === undefined ? 'no assignment of the role' : `the administrator role ${role}`),
  otherWays,
};

/** What of the assignments is wanted. */
export interface AssignmentQuery {
  readonly roleId?: string;
  /** A user or a group. */
  readonly userKey?: string;
  readonly includeIndirectRoleAssignments?: boolean;
}

/** One page of assignments. */
export async function readAssignments(
  access: WorkspaceAccess,
  wanted: AssignmentQuery,
  pageToken: string | undefined,
  maxResults: number,
): Promise<z.infer<typeof assignmentsSchema>> {
  const query = { ...wanted, maxResults, pageToken };
  const call = { path: path`/customer/${access.secret.customerId}/roleassignments`, query, schema: assignmentsSchema };
  return workspace(access).directory('roles').read(call);
}

async function write(access: WorkspaceAccess, slot: readonly string[], { to }: SlotChange): Promise<void> {
  const given = await standing(access, slot);
  if (to.length === 0) {
    for (const { roleAssignmentId } of given) await remove(access, roleAssignmentId);
  } else if (given.length === 0) await add(access, slot);
}

async function add(access: WorkspaceAccess, slot: readonly string[]): Promise<void> {
  const [assignedTo = '', kind = '', scope = ''] = slot;
  const on = kind === 'orgunit' ? { scopeType: 'ORG_UNIT', orgUnitId: scope } : { scopeType: 'CUSTOMER' };
  const { customerId } = access.secret;
  const body = { roleId: roleOf(slot), assignedTo, ...on };
  const call = { method: 'POST', path: path`/customer/${customerId}/roleassignments`, body, schema: z.unknown() } as const;
  try {
    await workspace(access).directory('roles').read(call);
  } catch (error) {
    // It is there already, and only seen now.
    if (!(error instanceof RunnerError && error.code === 'CONFLICT')) throw error;
  }
}

async function remove(access: WorkspaceAccess, id: string): Promise<void> {
  const { customerId } = access.secret;
  const call = { method: 'DELETE', path: path`/customer/${customerId}/roleassignments/${id}`, schema: z.unknown() } as const;
  await ifThere(workspace(access).directory('roles').read(call));
}

/** Assignments in the slot itself; more than one only where somebody made it twice. One under a condition is another thing. */
async function standing(access: WorkspaceAccess, slot: readonly string[]): Promise<readonly RoleAssignment[]> {
  const all = await assignmentsOf(access, slot, false);
  return all.filter((entry) => entry.assignedTo === slot[0] && isOn(entry, slot) && entry.condition === undefined);
}

async function assignmentsOf(access: WorkspaceAccess, slot: readonly string[], indirect: boolean): Promise<readonly RoleAssignment[]> {
  const [userKey = ''] = slot;
  const found: RoleAssignment[] = [];
  let token: string | undefined;
  do {
    const wanted = { userKey, ...(indirect && { includeIndirectRoleAssignments: true }) };
    const page = await ifThere(readAssignments(access, wanted, token, MOST_ASSIGNMENTS));
    found.push(...(page?.items.filter(({ roleId }) => roleId === roleOf(slot)) ?? []));
    token = page?.nextPageToken;
  } while (token !== undefined);
  return found;
}

/** Through a group, or on the whole organization. */
async function otherWays(access: WorkspaceAccess, { state: { slot } }: Intent<SlotState>): Promise<readonly string[]> {
  const all = (await assignmentsOf(access, slot, true)).filter((entry) => entry.scopeType === 'CUSTOMER' || isOn(entry, slot));
  return all.flatMap((entry) => {
    if (entry.assignedTo !== slot[0]) return [`the group ${entry.assignedTo}, which has the role`];
    if (!isOn(entry, slot)) return ['an assignment of the role on the whole organization'];
    return entry.condition === undefined ? [] : ['an assignment of the role under a condition'];
  });
}

function isOn({ scopeType, orgUnitId }: RoleAssignment, [, kind, scope]: readonly string[]): boolean {
  return kind === 'orgunit' ? scopeType === 'ORG_UNIT' && orgUnitId === scope : scopeType === 'CUSTOMER';
}

function roleOf(slot: readonly string[]): string {
  return slot[3] ?? '';
}
