import { levels } from '../../integration-kit/slots/lattice.js';

/** A role, as users know it and as PagerDuty's interface calls it. */
interface Role {
  readonly permission: string;
  readonly role: string;
}

/**
 * Base roles, lowest first; those of stakeholders are on licenses of their own.
 * https://support.pagerduty.com/main/docs/user-roles#roles-in-the-rest-api-and-saml
 */
export const BASE_ROLES: readonly Role[] = [
  { permission: 'Limited Stakeholder', role: 'read_only_limited_user' },
  { permission: 'Full Stakeholder', role: 'read_only_user' },
  { permission: 'Restricted Access', role: 'restricted_access' },
  { permission: 'Observer', role: 'observer' },
  { permission: 'Responder', role: 'limited_user' },
  { permission: 'Manager', role: 'user' },
  { permission: 'Global Admin', role: 'admin' },
  { permission: 'Account Owner', role: 'owner' },
];

/** Roles in a team, lowest first. https://support.pagerduty.com/main/docs/advanced-permissions */
export const TEAM_ROLES: readonly Role[] = [
  { permission: 'Observer', role: 'observer' },
  { permission: 'Responder', role: 'responder' },
  { permission: 'Manager', role: 'manager' },
];

export const BASE_LEVELS = levels(BASE_ROLES.map(({ role }) => role));
export const TEAM_LEVELS = levels(TEAM_ROLES.map(({ role }) => role));

/** What users know a role as; a role that is not known here keeps PagerDuty's name. */
export function permissionOf(roles: readonly Role[], role: string): string {
  return roles.find((entry) => entry.role === role)?.permission ?? role;
}

/** What PagerDuty's interface calls a declared permission. */
export function roleOf(roles: readonly Role[], permission: string): string {
  return roles.find((entry) => entry.permission === permission)?.role ?? '';
}

/** Whether a base role is one of those that may look only, and be in no team and on no schedule. */
export function isStakeholder(role: string): boolean {
  return role === 'read_only_user' || role === 'read_only_limited_user';
}
