import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type HeldRole, heldRoles } from './role-assignments.js';

/** What the runner may change, by the checks that ask for it. */
export type Manageable = 'groups-manage' | 'apps-manage' | 'roles-manage';

/** By standard role, https://help.okta.com/oie/en-us/content/topics/security/administrators-admin-comparison.htm */
const BY_STANDARD_ROLE: Readonly<Record<string, readonly Manageable[]>> = {
  SUPER_ADMIN: ['groups-manage', 'apps-manage', 'roles-manage'],
  ORG_ADMIN: ['groups-manage'],
  USER_ADMIN: ['groups-manage'],
  GROUP_MEMBERSHIP_ADMIN: ['groups-manage'],
  APP_ADMIN: ['apps-manage'],
};

/** By permission of a custom role: one of each list. https://developer.okta.com/docs/api/openapi/okta-management/guides/permissions */
const BY_PERMISSION: Readonly<Record<Exclude<Manageable, 'roles-manage'>, readonly (readonly string[])[]>> = {
  'groups-manage': [
    ['okta.groups.manage', 'okta.groups.members.manage'],
    ['okta.users.manage', 'okta.users.groupMembership.manage'],
  ],
  'apps-manage': [
    ['okta.apps.manage', 'okta.apps.assignment.manage'],
    ['okta.users.manage', 'okta.users.appAssignment.manage'],
  ],
};

/** What the admin roles of a user allow. */
export interface AdminRights {
  /** Types of standard roles and ids of custom ones. */
  readonly roles: readonly string[];
  readonly allows: readonly Manageable[];
}

/** Rights of a user by its roles; nothing where the token may not look at roles. */
export async function adminRights(client: JsonClient, userId: string): Promise<AdminRights | undefined> {
  try {
    const held = await heldRoles(client, path`/api/v1/users/${userId}/roles`);
    const permissions = await customPermissions(client, held);
    const standard = held.flatMap(({ type }) => (Object.hasOwn(BY_STANDARD_ROLE, type) ? (BY_STANDARD_ROLE[type] ?? []) : []));
    return { roles: held.map(nameOf), allows: [...standard, ...allowedBy(permissions)] };
  } catch (error) {
    if (error instanceof RunnerError && error.code === 'TARGET_PERMISSION_DENIED') return undefined;
    throw error;
  }
}

function nameOf({ type, role }: HeldRole): string {
  return type === 'CUSTOM' && role !== undefined ? role : type;
}

async function customPermissions(client: JsonClient, held: readonly HeldRole[]): Promise<readonly string[]> {
  const ids = new Set(held.flatMap(({ type, role }) => (type === 'CUSTOM' && role !== undefined ? [role] : [])));
  const schema = z.object({ permissions: z.array(z.object({ label: z.string() })) });
  const labels: string[] = [];
  for (const id of ids) {
    const { permissions } = await client.read({ path: path`/api/v1/iam/roles/${id}/permissions`, schema });
    labels.push(...permissions.map(({ label }) => label));
  }
  return labels;
}

function allowedBy(permissions: readonly string[]): readonly Manageable[] {
  const names = ['groups-manage', 'apps-manage'] as const;
  return names.filter((name) => BY_PERMISSION[name].every((anyOf) => anyOf.some((permission) => permissions.includes(permission))));
}
