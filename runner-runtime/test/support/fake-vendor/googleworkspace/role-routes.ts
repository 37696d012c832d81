import { type Domain, etag, type FakeAssignment } from './domain.js';
import { badPageToken, forbidden, notFound, page, refusal } from './replies.js';
import type { Router } from './router.js';

const SCOPE = 'https://www.googleapis.com/auth/admin.directory.rolemanagement';
const READ = [SCOPE, `${SCOPE}.readonly`];

/** https://developers.google.com/workspace/admin/directory/reference/rest/v1/roleAssignments */
export function roleRoutes(router: Router, domain: Domain): void {
  router.directory('GET', '/customer/:customer/roles', READ, (call) => {
    const found = page(call, [...domain.roles.values()], ({ roleId }) => roleId, { usual: 100, most: 100 });
    if (found === undefined) return badPageToken();
    const items = found.found.map((role) => ({ kind: 'admin#directory#role', etag: etag(), ...role, rolePrivileges: [] }));
    return { status: 200, body: { kind: 'admin#directory#roles', etag: etag(), ...(items.length > 0 && { items }), ...found.more } };
  });

  router.directory('GET', '/customer/:customer/roleassignments', READ, (call) => {
    const userKey = call.query.get('userKey');
    const roleId = call.query.get('roleId');
    const assignee = userKey === null ? undefined : (domain.user(userKey) ?? domain.group(userKey));
    if (userKey !== null && assignee === undefined) return notFound('userKey');
    const indirect = call.query.get('includeIndirectRoleAssignments') === 'true';
    const isOf = ({ assignedTo }: FakeAssignment) =>
      assignee === undefined ||
      assignedTo === assignee.id ||
      (indirect && domain.groups.has(assignedTo) && domain.isMember(assignedTo, assignee.id));
    const wanted = [...domain.assignments.values()].filter((entry) => isOf(entry) && (roleId === null || entry.roleId === roleId));
    const found = page(call, wanted, ({ roleAssignmentId }) => roleAssignmentId, { usual: 100, most: 200 });
    if (found === undefined) return badPageToken();
    const items = found.found.map(assignmentBody);
    return {
      status: 200,
      body: { kind: 'admin#directory#roleAssignments', etag: etag(), ...(items.length > 0 && { items }), ...found.more },
    };
  });

  router.directory('POST', '/customer/:customer/roleassignments', [SCOPE], ({ body }, subject) => {
    if (!isSuperAdmin(subject)) return forbidden();
    const { roleId = '', assignedTo = '', scopeType = '', orgUnitId } = body as Readonly<Record<string, string | undefined>>;
    const group = domain.groups.get(assignedTo);
    if (!domain.roles.has(roleId)) return notFound('roleId');
    if (group === undefined && !domain.users.has(assignedTo)) return notFound('assignedTo');
    if (group?.security === false) return refusal(412, 'conditionNotMet', 'The group is not eligible for role assignments.');
    if (scopeType !== 'CUSTOMER' && !(scopeType === 'ORG_UNIT' && domain.orgUnits.has(orgUnitId ?? ''))) {
      return refusal(400, 'invalid', 'Invalid Input: scopeType');
    }
    const wanted = { roleId, assignedTo, scopeType, ...(orgUnitId !== undefined && { orgUnitId }), byInterface: true };
    const same = (entry: FakeAssignment) =>
      entry.roleId === roleId && entry.assignedTo === assignedTo && entry.scopeType === scopeType && entry.orgUnitId === orgUnitId;
    if ([...domain.assignments.values()].some(same)) return refusal(409, 'duplicate', 'Entity already exists.');
    return { status: 200, body: assignmentBody(domain.assign(wanted)) };
  });

  router.directory('DELETE', '/customer/:customer/roleassignments/:id', [SCOPE], ({ params }, subject) => {
    if (!isSuperAdmin(subject)) return forbidden();
    return domain.assignments.delete(params['id'] ?? '') ? { status: 204 } : notFound('roleAssignmentId');
  });

  function isSuperAdmin(user: string): boolean {
    return domain.users.get(user)?.isAdmin === true;
  }
}

function assignmentBody({ byInterface: _, ...assignment }: FakeAssignment) {
  return { kind: 'admin#directory#roleAssignment', etag: etag(), ...assignment };
}
