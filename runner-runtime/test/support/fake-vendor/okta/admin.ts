import type { OktaWorld } from './world.js';

/** What a call needs of the admin that makes it. */
export type Need = 'org' | 'users' | 'groups' | 'groups-manage' | 'apps' | 'apps-manage' | 'roles' | 'roles-manage';

const READS: readonly Need[] = ['org', 'users', 'groups', 'apps'];

/** https://help.okta.com/oie/en-us/content/topics/security/administrators-admin-comparison.htm */
const BY_STANDARD_ROLE: Readonly<Record<string, readonly Need[]>> = {
  SUPER_ADMIN: [...READS, 'groups-manage', 'apps-manage', 'roles', 'roles-manage'],
  READ_ONLY_ADMIN: READS,
  APP_ADMIN: ['users', 'groups', 'apps', 'apps-manage'],
  GROUP_MEMBERSHIP_ADMIN: ['users', 'groups', 'groups-manage'],
};

/** https://developer.okta.com/docs/api/openapi/okta-management/guides/permissions */
const BY_PERMISSION: Readonly<Record<string, readonly Need[]>> = {
  'okta.users.read': ['users'],
  'okta.groups.read': ['groups'],
  'okta.groups.members.manage': ['groups', 'groups-manage'],
  'okta.apps.read': ['apps'],
  'okta.apps.assignment.manage': ['apps', 'apps-manage'],
  'okta.iam.read': ['roles'],
};

/** Whether a user may do what a call needs. */
export function may(world: OktaWorld, userId: string, need: Need): boolean {
  const standard = world.rolesOf(userId).flatMap(({ type }) => BY_STANDARD_ROLE[type] ?? []);
  const permissions = world.bindingsOf(userId).flatMap(({ binding }) => world.customRoles.get(binding.role)?.permissions ?? []);
  return [...standard, ...permissions.flatMap((permission) => BY_PERMISSION[permission] ?? [])].includes(need);
}
