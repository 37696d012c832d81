import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import type { Graph } from './graph.js';
import { objectId } from './ids.js';
import type { Resolved } from './principals.js';

const roleSchema = z.object({
  id: z.guid().toLowerCase(),
  value: z.string().nullish(),
  displayName: z.string().nullish(),
  isEnabled: z.boolean().nullish(),
  allowedMemberTypes: z.array(z.string()).default([]),
});
export type AppRole = z.infer<typeof roleSchema>;

export const appSchema = z.object({
  id: z.guid().toLowerCase(),
  appId: z.string(),
  displayName: z.string().nullish(),
  accountEnabled: z.boolean().nullish(),
  servicePrincipalType: z.string().nullish(),
  appOwnerOrganizationId: z.string().nullish(),
  appRoles: z.array(roleSchema).default([]),
});
/** An application in the tenant: its service principal. */
export type App = z.infer<typeof appSchema>;

export const APP_FIELDS = 'id,appId,displayName,accountEnabled,servicePrincipalType,appOwnerOrganizationId,appRoles';

/** The role of an application that declares none. https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto */
export const DEFAULT_ROLE = 'default';
export const DEFAULT_ROLE_ID = '00000000-0000-0000-0000-000000000000';

/** Tenants of Microsoft in which its own applications are registered. */
const MICROSOFT_TENANTS = ['f8cdef31-a31e-4b4a-93e4-5f571e91255a', '72f988bf-86f1-41af-91ab-2d7cd011db47'];
/** Interfaces whose roles reach into the directory itself: Microsoft Graph and Azure AD Graph, whoever owns them in a cloud. */
const DIRECTORY_APIS = ['00000003-0000-0000-c000-000000000000', '00000002-0000-0000-c000-000000000000'];

/** Whether an application is Microsoft's own: its roles are permissions on the tenant's data and on the directory. */
export function isMicrosofts({ appId, appOwnerOrganizationId }: App): boolean {
  return DIRECTORY_APIS.includes(appId.toLowerCase()) || MICROSOFT_TENANTS.includes((appOwnerOrganizationId ?? '').toLowerCase());
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` */
export async function readApp({ client }: Graph, name: string): Promise<App> {
  const id = objectId(name);
  const missing = () =>
    new RunnerError('TARGET_NOT_FOUND', 'The tenant has no such application.', {
      object: name,
      mend: 'Use the object id of the enterprise application, not its application (client) id.',
    });
  if (id === undefined) throw missing();
  try {
    return await client.read({ path: path`/servicePrincipals/${id}`, query: { $select: APP_FIELDS }, schema: appSchema });
  } catch (error) {
    throw isNotFound(error) ? missing() : error;
  }
}

/** @throws {RunnerError} `UNSUPPORTED` for an application whose roles would lead to the directory or to the runner */
export function requireGrantable(app: App, runnersAppId: string): void {
  const refuse = (message: string): never => {
    throw new RunnerError('UNSUPPORTED', message, { object: app.displayName ?? app.id, mend: 'Name another application.' });
  };
  if (app.appId.toLowerCase() === runnersAppId.toLowerCase()) refuse('The runner gives no roles of its own application.');
  if (isMicrosofts(app)) refuse("Roles of Microsoft's own applications are permissions on the whole tenant.");
}

/**
 * Finds a role by its value or id; `default` where the application declares none.
 * @throws {RunnerError} `PERMISSION_NOT_FOUND`, `UNSUPPORTED` where the role is not for principals of the kind
 */
export function findAppRole(app: App, name: string, { kind }: Resolved): string {
  const roles = app.appRoles.filter(({ isEnabled }) => isEnabled !== false);
  const role = roles.find(({ value }) => value === name) ?? roles.find(({ id }) => id === objectId(name));
  if (role === undefined) {
    if (roles.length === 0 && [DEFAULT_ROLE, DEFAULT_ROLE_ID].includes(name)) return DEFAULT_ROLE_ID;
    throw new RunnerError('PERMISSION_NOT_FOUND', 'The application has no such role, or it is disabled.', {
      object: name,
      mend: roles.length === 0 ? `Use ${DEFAULT_ROLE}.` : 'Use the value or the id of one of its roles, as the collection shows it.',
    });
  }
  const memberType = kind === 'service-principal' ? 'Application' : 'User';
  if (role.allowedMemberTypes.includes(memberType)) return role.id;
  throw new RunnerError('UNSUPPORTED', `This role is not for a ${kind}.`, {
    object: name,
    mend: `Name another principal, or add ${memberType} to the allowed member types of the role.`,
  });
}

/** What users call a role; its id where it has no value. */
export function appRoleName({ appRoles }: App, roleId: string): string {
  if (roleId === DEFAULT_ROLE_ID) return DEFAULT_ROLE;
  const role = appRoles.find(({ id }) => id === roleId);
  return role?.value == null || role.value === '' ? roleId : role.value;
}
