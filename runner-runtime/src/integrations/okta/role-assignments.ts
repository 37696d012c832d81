import { z } from 'zod';
import type { JsonClient, Query } from '../../integration-kit/http/json-client.js';
import type { SafePath } from '../../integration-kit/http/path.js';

/** Roles that Okta brings along, https://developer.okta.com/docs/api/openapi/okta-management/guides/roles/#standard-roles */
export const STANDARD_ROLES: Readonly<Record<string, string>> = {
  ACCESS_CERTIFICATIONS_ADMIN: 'Run access certifications.',
  ACCESS_REQUESTS_ADMIN: 'Run access requests.',
  API_ACCESS_MANAGEMENT_ADMIN: 'Manage authorization servers.',
  APP_ADMIN: 'Manage apps and who they are assigned to.',
  GROUP_MEMBERSHIP_ADMIN: 'Manage the members of groups.',
  HELP_DESK_ADMIN: 'Help users to log in: reset passwords and factors.',
  ORG_ADMIN: 'Manage everything but apps and admins.',
  READ_ONLY_ADMIN: 'See everything, change nothing.',
  REPORT_ADMIN: 'See reports and the system log.',
  USER_ADMIN: 'Manage users and groups.',
  WORKFLOWS_ADMIN: 'Manage workflows.',
};

/** An admin role as a user or a group has it. */
export const heldRoleSchema = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string().optional(),
  /** `GROUP` for one that a user has through a group. */
  assignmentType: z.string().optional(),
  /** The custom role, where the type is `CUSTOM`. */
  role: z.string().optional(),
  /** What the role is limited to, where that was asked for. */
  _embedded: z
    .object({
      targets: z.object({ groups: z.array(z.unknown()).nullish(), catalog: z.object({ apps: z.array(z.unknown()).nullish() }).nullish() }),
    })
    .partial()
    .optional(),
  _links: z
    .object({ assignee: z.object({ href: z.string() }) })
    .partial()
    .optional(),
});
export type HeldRole = z.infer<typeof heldRoleSchema>;

/** Roles of a user, those that come through its groups included, or of a group. */
export function heldRoles(client: JsonClient, path: SafePath, query: Query = {}): Promise<HeldRole[]> {
  return client.read({ path, query, schema: z.array(heldRoleSchema) });
}
