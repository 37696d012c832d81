import type { Item } from '@axiom-runner/protocol';
import { z } from 'zod';
import { type App, appRoleName, DEFAULT_ROLE, isMicrosofts } from './apps.js';
import { MEMBER } from './declaration.js';
import type { PrincipalKind } from './principals.js';
import { TENANT_SCOPE } from './role-assignments.js';
import type { RoleDefinition } from './role-definitions.js';
import { isHarmless } from './role-protection.js';

export const userSchema = z.object({
  id: z.guid().toLowerCase(),
  userPrincipalName: z.string(),
  displayName: z.string().nullish(),
  accountEnabled: z.boolean().nullish(),
  userType: z.string().nullish(),
});
export const groupSchema = z.object({
  id: z.guid().toLowerCase(),
  displayName: z.string().nullish(),
  groupTypes: z.array(z.string()).default([]),
  isAssignableToRole: z.boolean().nullish(),
});
/** A member or holder: Graph names its type where there may be several. */
export const objectSchema = z.object({ id: z.guid().toLowerCase(), '@odata.type': z.string().optional() });
export const holderSchema = z.object({ directoryScopeId: z.string().nullish(), principal: objectSchema.nullish() });
export const assigneeSchema = z.object({
  principalId: z.guid().toLowerCase(),
  principalType: z.string(),
  appRoleId: z.guid().toLowerCase(),
});

type User = z.infer<typeof userSchema>;
type Group = z.infer<typeof groupSchema>;

const KINDS: Readonly<Record<string, PrincipalKind>> = { user: 'user', group: 'group', serviceprincipal: 'service-principal' };

/** The kind of a principal by Graph's type of it: `#microsoft.graph.user`, `User`; nothing for devices and contacts. */
function kindOf(type: string | undefined): PrincipalKind | undefined {
  const name = (type ?? '').replace(/^#microsoft\.graph\./, '').toLowerCase();
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

export function directoryItem(tenantId: string): Item {
  return { item: 'target', target: { kind: 'directory', path: [tenantId] } };
}

export function userItem({ id, userPrincipalName, displayName, accountEnabled, userType }: User): Item {
  return {
    item: 'principal',
    principal: { kind: 'user', id },
    displayName: userPrincipalName,
    ...(accountEnabled != null && { enabled: accountEnabled }),
    attributes: { ...(displayName != null && { name: displayName }), ...(userType != null && { userType }) },
  };
}

export function groupItems({ id, displayName, groupTypes, isAssignableToRole }: Group): readonly Item[] {
  const name = displayName == null ? {} : { displayName };
  const attributes = { dynamic: groupTypes.includes('DynamicMembership'), assignableToRole: isAssignableToRole === true };
  return [
    { item: 'principal', principal: { kind: 'group', id }, ...name, attributes },
    { item: 'target', target: { kind: 'group', path: [id] }, ...name },
  ];
}

/** Service principals come from a list of their own. */
export function memberItems(group: Group, { id, '@odata.type': type }: z.infer<typeof objectSchema>): readonly Item[] {
  const kind = kindOf(type);
  return kind === undefined || kind === 'service-principal' ? [] : [membershipItem(group.id, kind, id)];
}

export function membershipItem(group: string, kind: PrincipalKind, id: string): Item {
  return { item: 'assignment', principal: { kind, id }, permission: MEMBER, target: { kind: 'group', path: [group] } };
}

/** What the runner refuses to grant is not offered. */
export function roleItems(role: RoleDefinition): readonly Item[] {
  const { displayName, description, isEnabled } = role;
  if (isEnabled === false || !isHarmless(role)) return [];
  return [{ item: 'permission', permission: displayName, targetKind: 'directory', ...(description != null && { description }) }];
}

export function holderItems(
  tenantId: string,
  role: RoleDefinition,
  { directoryScopeId, principal }: z.infer<typeof holderSchema>,
): readonly Item[] {
  const kind = kindOf(principal?.['@odata.type']);
  // In an administrative unit a role reaches a part of the directory, which is no target here.
  if (kind === undefined || principal == null || directoryScopeId !== TENANT_SCOPE) return [];
  return [
    {
      item: 'assignment',
      principal: { kind, id: principal.id },
      permission: role.displayName,
      target: { kind: 'directory', path: [tenantId] },
    },
  ];
}

export function appItems(app: App): readonly Item[] {
  const { id, appId, displayName, accountEnabled, servicePrincipalType } = app;
  const target = { kind: 'app', path: [id] };
  const name = displayName == null ? {} : { displayName };
  const declared = app.appRoles.filter(({ isEnabled }) => isEnabled !== false);
  const permissions = declared.length === 0 ? [DEFAULT_ROLE] : declared.map((role) => appRoleName(app, role.id));
  return [
    {
      item: 'principal',
      principal: { kind: 'service-principal', id },
      ...name,
      ...(accountEnabled != null && { enabled: accountEnabled }),
      attributes: { appId, ...(servicePrincipalType != null && { servicePrincipalType }) },
    },
    { item: 'target', target, ...name },
    // What the runner refuses to grant is not offered.
    ...(isMicrosofts(app) ? [] : permissions).map((permission): Item => ({ item: 'permission', permission, targetKind: 'app', target })),
  ];
}

export function assigneeItems(app: App, { principalId, principalType, appRoleId }: z.infer<typeof assigneeSchema>): readonly Item[] {
  const kind = kindOf(principalType);
  if (kind === undefined) return [];
  return [
    {
      item: 'assignment',
      principal: { kind, id: principalId },
      permission: appRoleName(app, appRoleId),
      target: { kind: 'app', path: [app.id] },
    },
  ];
}
