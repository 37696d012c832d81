import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { ifThere } from '../../integration-kit/http/json-client.js';
import { path } from '../../integration-kit/http/path.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind, SlotState } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import { oktaClient } from './client.js';
import { isId, linkedPrincipal, targetId } from './ids.js';
import { type HeldRole, heldRoles, STANDARD_ROLES } from './role-assignments.js';
import type { OktaSecret } from './secret.js';
import { requireUser } from './users.js';

const HELD = 'Assigned';

const orgSchema = z.object({ id: z.string().refine((id) => isId('org', id)), companyName: z.string().nullish() });

/** The org of the API token. */
export function readOrg(client: JsonClient): Promise<z.infer<typeof orgSchema>> {
  return client.read({ path: path`/api/v1/org`, schema: orgSchema });
}

const assignments: SlotKind<OktaSecret> = {
  lattice: SETS,
  expires: false,
  read: async (access, [, type, userId = '']) => ((await ownRoles(oktaClient(access), userId, type)).length > 0 ? [HELD] : []),
  write: async (access, [, type, userId = ''], { to }) => {
    const client = oktaClient(access);
    if (to.length > 0)
      await client.read({ method: 'POST', path: path`/api/v1/users/${userId}/roles`, body: { type }, schema: z.unknown() });
    else for (const { id } of await ownRoles(client, userId, type)) await remove(client, userId, id);
  },
  describe: (value) => (value.length > 0 ? 'the role' : 'not the role'),
  otherWays: async (access, { state: { slot } }) => {
    const [, type, userId = ''] = slot;
    const held = await rolesOf(oktaClient(access), userId);
    return held.filter((role) => isOf(role, type) && role.assignmentType === 'GROUP').map(throughGroup);
  },
};

/** A standard admin role of a user, in the whole org. */
export const standardRole: AccessWay<OktaSecret, SlotState> = {
  ...slotLife(assignments),
  plan: async (access, { target, permission, principal: asked }) => {
    const client = oktaClient(access);
    requireGrantable(permission);
    const orgId = targetId('org', target);
    const { principal, userId } = await requireUser(client, asked);
    if ((await readOrg(client)).id !== orgId)
      throw new RunnerError('TARGET_NOT_FOUND', 'This is the id of another org.', { object: orgId });
    await requireUnlimited(client, userId, permission);
    return { principal, state: { way: 'standard-role', slot: [orgId, permission, userId], value: [HELD] } };
  },
};

function requireGrantable(permission: string): void {
  if (permission === 'SUPER_ADMIN') {
    throw new RunnerError('UNSUPPORTED', 'A super admin could take over the runner: the role is never granted.', {
      object: permission,
      mend: 'Ask for the role that the task needs.',
    });
  }
  if (Object.hasOwn(STANDARD_ROLES, permission)) return;
  throw new RunnerError('PERMISSION_NOT_FOUND', 'There is no standard admin role of this name.', {
    object: permission,
    mend: `Use one of ${Object.keys(STANDARD_ROLES).join(', ')}.`,
  });
}

/** What a role may be limited to, as the expansion of a list of roles is called. */
const LIMITS: Readonly<Record<string, string>> = {
  APP_ADMIN: 'targets/catalog/apps',
  GROUP_MEMBERSHIP_ADMIN: 'targets/groups',
  HELP_DESK_ADMIN: 'targets/groups',
  USER_ADMIN: 'targets/groups',
};

/** A user has a standard role once: one that is limited to some groups or apps would have to lose its limits, and nobody would restore them. */
async function requireUnlimited(client: JsonClient, userId: string, type: string): Promise<void> {
  const expand = Object.hasOwn(LIMITS, type) ? LIMITS[type] : undefined;
  if (expand === undefined) return;
  const held = await heldRoles(client, path`/api/v1/users/${userId}/roles`, { expand });
  if (!held.some((role) => isOf(role, type) && isDirect(role) && isLimited(role))) return;
  throw new RunnerError('CONFLICT', 'The user has this role already, limited to some groups or apps.', {
    object: type,
    mend: 'Ask for a custom role with a resource set, or remove the limited role first.',
  });
}

/** Some standard roles are kept as custom ones: https://developer.okta.com/docs/api/openapi/okta-management/guides/roles/#iam-based-standard-roles */
function isOf({ type, role }: HeldRole, wanted: string | undefined): boolean {
  return type === wanted || role === wanted;
}

function isLimited({ _embedded }: HeldRole): boolean {
  const targets = _embedded?.targets;
  return (targets?.groups ?? []).length > 0 || (targets?.catalog?.apps ?? []).length > 0;
}

function isDirect({ assignmentType }: HeldRole): boolean {
  return assignmentType !== 'GROUP';
}

function throughGroup({ _links }: HeldRole): string {
  return `the group ${linkedPrincipal(_links?.assignee?.href)?.id ?? 'that has the role'}`;
}

async function ownRoles(client: JsonClient, userId: string, type: string | undefined): Promise<readonly HeldRole[]> {
  return (await rolesOf(client, userId)).filter((role) => isOf(role, type) && isDirect(role));
}

/** Nothing for a user that is gone. */
async function rolesOf(client: JsonClient, userId: string): Promise<readonly HeldRole[]> {
  return (await ifThere(heldRoles(client, path`/api/v1/users/${userId}/roles`))) ?? [];
}

async function remove(client: JsonClient, userId: string, assignmentId: string): Promise<void> {
  await ifThere(client.read({ method: 'DELETE', path: path`/api/v1/users/${userId}/roles/${assignmentId}`, schema: z.unknown() }));
}
