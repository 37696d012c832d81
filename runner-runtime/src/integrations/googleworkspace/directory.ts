import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { type WorkspaceAccess, workspace } from './client.js';
import { isGroupKey, isOrgUnitId, isUserKey } from './names.js';

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/users */
export const userSchema = z.object({
  id: z.string().min(1),
  primaryEmail: z.string().min(1),
  name: z.object({ fullName: z.string().optional() }).optional(),
  aliases: z.array(z.string()).default([]),
  suspended: z.boolean().default(false),
  archived: z.boolean().default(false),
  isAdmin: z.boolean().default(false),
});
export type User = z.infer<typeof userSchema>;

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/groups */
export const groupSchema = z.object({ id: z.string().min(1), email: z.string().min(1), name: z.string().optional() });
export type Group = z.infer<typeof groupSchema>;

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/orgunits */
export const orgUnitSchema = z.object({ orgUnitId: z.string().min(1), orgUnitPath: z.string().min(1) });

/** @param key id, address or alias. @returns `undefined` for a user that does not exist */
export async function findUser(access: WorkspaceAccess, key: string): Promise<User | undefined> {
  if (!isUserKey(key)) return undefined;
  return ifThere(
    workspace(access)
      .directory('users')
      .read({ path: path`/users/${key}`, schema: userSchema }),
  );
}

/** @param key id, address or alias. @returns `undefined` for a group that does not exist */
export async function findGroup(access: WorkspaceAccess, key: string): Promise<Group | undefined> {
  if (!isGroupKey(key)) return undefined;
  return ifThere(
    workspace(access)
      .directory('groups')
      .read({ path: path`/groups/${key}`, schema: groupSchema }),
  );
}

/** Whether an organizational unit exists. */
export async function hasOrgUnit(access: WorkspaceAccess, id: string): Promise<boolean> {
  if (!isOrgUnitId(id)) return false;
  const { customerId } = access.secret;
  const call = { path: path`/customer/${customerId}/orgunits/${`id:${id}`}`, schema: orgUnitSchema };
  return (await ifThere(workspace(access).directory('org-units').read(call))) !== undefined;
}

/**
 * The address of a user or group, by its id.
 * @throws {RunnerError} `PRINCIPAL_NOT_FOUND`
 */
export async function emailOf(access: WorkspaceAccess, kind: string, id: string): Promise<string> {
  const email = kind === 'user' ? (await findUser(access, id))?.primaryEmail : (await findGroup(access, id))?.email;
  if (email !== undefined) return email;
  throw new RunnerError('PRINCIPAL_NOT_FOUND', 'The principal does not exist (any more).', { object: `${kind} ${id}` });
}
