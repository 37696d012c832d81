import { RunnerError } from '../../errors.js';
import type { RoleDefinition } from './role-definitions.js';

/**
 * Built-in roles whose holder can become anybody, the runner's application included, by template.
 * https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
 */
const PROTECTED: ReadonlySet<string> = new Set([
  '62e90394-69f5-4237-9190-012177145e10', // Global Administrator
  'e8611ab8-c189-46e8-94e1-60213ab1f814', // Privileged Role Administrator
  '7be44c8a-adaf-4e2a-84d6-ab2649e08a13', // Privileged Authentication Administrator
  '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3', // Application Administrator
  '158c047a-c907-4556-b7ef-446551a6b5f7', // Cloud Application Administrator
  '8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2', // Hybrid Identity Administrator
  '8329153b-31d0-4727-b945-745eb3bc5f31', // Domain Name Administrator
  'be2f45a1-457d-42af-a067-6ec1fa63bc45', // External Identity Provider Administrator
  'd29b2b05-8046-44ba-8758-1e26182fcf32', // Directory Synchronization Accounts
  'a92aed5d-d78a-4d16-b381-09adb37eb3b0', // On Premises Directory Sync Account
  '4ba39ca4-527c-499a-b93d-d9b492c50246', // Partner Tier1 Support
  'e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8', // Partner Tier2 Support
]);

/** The same in any role, a custom one too: credentials, owners and consent of applications, roles, and whom the tenant trusts to sign users in. */
const TAKEOVER = [
  /^microsoft\.directory\/(applications|servicePrincipals)(\.[^/]+)?\/(credentials|owners|allProperties)\//,
  /^microsoft\.directory\/servicePrincipals\/managePermissionGrantsForAll\./,
  /^microsoft\.directory\/(roleAssignments|roleDefinitions|directoryRoles|roleEligibilityScheduleRequest|roleAssignmentScheduleRequest|groupsAssignableToRoles)\//,
  /^microsoft\.directory\/domains\/(allProperties|federation|federationConfiguration)\//,
];
const READS = /\/read$/i;

/** @throws {RunnerError} `UNSUPPORTED` for a role whose holder could take over the tenant or the runner */
export function requireHarmless(role: RoleDefinition): void {
  if (isHarmless(role)) return;
  throw new RunnerError('UNSUPPORTED', 'The runner does not give roles whose holder could take over the tenant or the runner itself.', {
    object: role.displayName,
    mend: 'Ask for a narrower role, or let an administrator assign this one.',
  });
}

/** Whether a role lets nobody become somebody else. */
export function isHarmless({ id, templateId, rolePermissions }: RoleDefinition): boolean {
  if (PROTECTED.has(id) || PROTECTED.has((templateId ?? '').toLowerCase())) return false;
  return !rolePermissions.some(({ allowedResourceActions }) => allowedResourceActions.some(isTakeover));
}

function isTakeover(action: string): boolean {
  return !READS.test(action) && TAKEOVER.some((pattern) => pattern.test(action));
}
