import { RunnerError } from '../../errors.js';
import type { Token } from './token.js';

/**
 * Application permissions of Microsoft Graph that each kind of work takes, any one of them, least first.
 * https://learn.microsoft.com/graph/permissions-reference
 */
export const RIGHTS = {
  'read users': ['User.Read.All', 'Directory.Read.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All'],
  'read groups': [
    'GroupMember.Read.All',
    'Group.Read.All',
    'GroupMember.ReadWrite.All',
    'Group.ReadWrite.All',
    'Directory.Read.All',
    'Directory.ReadWrite.All',
  ],
  'change memberships': ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  'read directory roles': [
    'RoleManagement.Read.Directory',
    'RoleManagement.Read.All',
    'Directory.Read.All',
    'RoleManagement.ReadWrite.Directory',
    'Directory.ReadWrite.All',
  ],
  'schedule directory roles': ['RoleAssignmentSchedule.ReadWrite.Directory', 'RoleManagement.ReadWrite.Directory'],
  'assign directory roles': ['RoleManagement.ReadWrite.Directory'],
  'read applications': ['Application.Read.All', 'Directory.Read.All', 'Application.ReadWrite.All', 'Directory.ReadWrite.All'],
  'assign app roles': ['AppRoleAssignment.ReadWrite.All'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type Right = keyof typeof RIGHTS;

/** Whether a token gives a right; one that is judged by directory roles of the application is left to Graph to judge. */
export function mayDo({ roles, directoryRoles }: Token, right: Right): boolean {
  return directoryRoles.length > 0 || RIGHTS[right].some((permission) => roles.includes(permission));
}

/** @throws {RunnerError} `TARGET_PERMISSION_DENIED` naming the least permission that is missing, when the token gives none of the rights */
export function requireRight(token: Token, ...rights: readonly [Right, ...Right[]]): void {
  if (rights.some((right) => mayDo(token, right))) return;
  const [right] = rights;
  throw new RunnerError('TARGET_PERMISSION_DENIED', `The application of the secret may not ${right}.`, {
    object: RIGHTS[right][0],
    mend: `Grant it the application permission ${rights.map((each) => RIGHTS[each][0]).join(' or ')} of Microsoft Graph, with admin consent.`,
  });
}

/** Permissions that no work of the runner takes and that reach further than those it does take. */
const EXCESSIVE =
  /^(Application\.ReadWrite\.|Directory\.ReadWrite\.All$|Domain\.ReadWrite\.All$|Policy\.ReadWrite\.|UserAuthenticationMethod\.ReadWrite\.|User\.ReadWrite\.All$|PrivilegedAccess\.ReadWrite\.|Group\.ReadWrite\.All$|Mail\.|Files\.|Sites\.)/;

/** What of a token's permissions should be taken away. */
export function excessive({ roles }: Token): readonly string[] {
  return roles.filter((role) => EXCESSIVE.test(role)).sort();
}
