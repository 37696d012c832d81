import { z } from 'zod';
import { path } from '../../integration-kit/http/path.js';
import { type WorkspaceAccess, workspace } from './client.js';

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/roles */
const roleSchema = z.object({
  roleId: z.string().min(1),
  roleName: z.string().min(1),
  roleDescription: z.string().optional(),
  isSuperAdminRole: z.boolean().default(false),
});
export type Role = z.infer<typeof roleSchema>;
const rolesSchema = z.object({ items: z.array(roleSchema).default([]), nextPageToken: z.string().min(1).optional() });

/** Largest page of the interface. */
export const MOST_ROLES = 100;

/** One page of the roles of administrators. */
export async function readRoles(
  access: WorkspaceAccess,
  pageToken: string | undefined,
  maxResults: number,
): Promise<z.infer<typeof rolesSchema>> {
  const call = { path: path`/customer/${access.secret.customerId}/roles`, query: { maxResults, pageToken }, schema: rolesSchema };
  return workspace(access).directory('roles').read(call);
}

/** @param wanted id or name. @returns `undefined` for a role that does not exist */
export async function findRole(access: WorkspaceAccess, wanted: string): Promise<Role | undefined> {
  let token: string | undefined;
  do {
    const page = await readRoles(access, token, MOST_ROLES);
    const found = page.items.find(({ roleId, roleName }) => roleId === wanted || roleName === wanted);
    if (found !== undefined) return found;
    token = page.nextPageToken;
  } while (token !== undefined);
  return undefined;
}

/** Whether a role is that of super administrators, who can do everything, to the runner as well. */
export function isSuperAdmin({ isSuperAdminRole, roleName }: Role): boolean {
  return isSuperAdminRole || roleName === '_SEED_ADMIN_ROLE';
}
