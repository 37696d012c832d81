import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { Entra } from './entra.js';
import { collection, DENIED, entity, equalities, failure, notFound } from './odata.js';
import type { Directory, RoleAssignment } from './state.js';

const READ = ['RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory', 'Directory.Read.All'];
const SCHEDULE = ['RoleAssignmentSchedule.ReadWrite.Directory', 'RoleManagement.ReadWrite.Directory'];
const ASSIGN = 'RoleManagement.ReadWrite.Directory';
/** Lists of role management are short and take no page size. */
const PIECE = 100;
const UNLICENSED = failure(
  400,
  'AadPremiumLicenseRequired',
  'The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.',
);
const TYPES = { User: '#microsoft.graph.user', Group: '#microsoft.graph.group', ServicePrincipal: '#microsoft.graph.servicePrincipal' };

/** Directory roles, assigned plainly and by Privileged Identity Management. https://learn.microsoft.com/graph/api/resources/rolemanagement */
export function roleRoutes({ vendor, directory, signIn }: Entra): void {
  const root = '/v1.0/roleManagement/directory';
  const list = (call: FakeCall, objects: readonly { readonly id: string }[]) =>
    call.query.has('$top') ? failure(400, 'BadRequest', 'The query $top is not supported.') : collection(call, vendor.url, objects, PIECE);

  vendor.on('GET', `${root}/roleDefinitions`, (call) => {
    if (!signIn.may(call, ...READ)) return DENIED;
    const name = equalities(call.query.get('$filter') ?? '')?.get('displayName');
    return list(
      call,
      [...directory.roleDefinitions.values()].filter(({ displayName }) => name === undefined || displayName === name),
    );
  });
  vendor.on('GET', `${root}/roleDefinitions/:id`, (call) => {
    if (!signIn.may(call, ...READ)) return DENIED;
    const role = directory.roleDefinitions.get(call.params['id'] ?? '');
    return role === undefined ? notFound(call.params['id'] ?? '') : entity(call, role);
  });

  vendor.on('GET', `${root}/roleAssignments`, (call) => {
    if (!signIn.may(call, ...READ)) return DENIED;
    const found = matching(directory, call);
    const expanded = call.query.get('$expand') === 'principal';
    return list(
      call,
      distinct(found).map(({ id, principalId, roleDefinitionId, directoryScopeId }) => ({
        id,
        principalId,
        roleDefinitionId,
        directoryScopeId,
        ...(expanded && { principal: { '@odata.type': TYPES[directory.typeOf(principalId) ?? 'User'], id: principalId } }),
      })),
    );
  });
  vendor.on('POST', `${root}/roleAssignments`, (call): FakeReply => {
    if (!signIn.may(call, ASSIGN)) return DENIED;
    const { principalId, roleDefinitionId, directoryScopeId } = call.body as RoleAssignment;
    const wanted = { principalId, roleDefinitionId, directoryScopeId };
    const made = directory.addRoleAssignment({ ...wanted, assignmentType: 'Assigned', endDateTime: null, origin: 'interface' });
    if (made === undefined) {
      return failure(
        400,
        'Request_BadRequest',
        'A conflicting object with one or more of the specified property values is present in the directory.',
      );
    }
    return { status: 201, body: { id: made.id, ...wanted } };
  });
  vendor.on('DELETE', `${root}/roleAssignments/:id`, (call): FakeReply => {
    if (!signIn.may(call, ASSIGN)) return DENIED;
    return directory.removeRoleAssignment(call.params['id'] ?? '') ? { status: 204 } : notFound(call.params['id'] ?? '');
  });

  vendor.on('GET', `${root}/roleAssignmentSchedules`, (call) => {
    if (!signIn.may(call, ...SCHEDULE)) return DENIED;
    return directory.isLicensed ? list(call, []) : UNLICENSED;
  });
  vendor.on('GET', `${root}/roleAssignmentScheduleInstances`, (call) => {
    if (!signIn.may(call, ...SCHEDULE, ...READ)) return DENIED;
    if (!directory.isLicensed) return UNLICENSED;
    return list(
      call,
      matching(directory, call).map(({ origin: _, ...instance }) => ({
        ...instance,
        appScopeId: null,
        memberType: 'Direct',
        startDateTime: null,
      })),
    );
  });
  vendor.on('POST', `${root}/roleAssignmentScheduleRequests`, (call): FakeReply => {
    if (!signIn.may(call, ...SCHEDULE)) return failure(403, 'UnknownError', '{"errorCode":"PermissionScopeNotGranted"}');
    return directory.isLicensed ? scheduleRequest(directory, call.body as ScheduleRequest) : UNLICENSED;
  });
}

interface ScheduleRequest extends Pick<RoleAssignment, 'principalId' | 'roleDefinitionId' | 'directoryScopeId'> {
  readonly action: string;
  readonly justification?: string;
  readonly scheduleInfo?: { readonly expiration: { readonly type: string; readonly endDateTime?: string } };
}

/** https://learn.microsoft.com/graph/api/rbacapplication-post-roleassignmentschedulerequests */
function scheduleRequest(directory: Directory, request: ScheduleRequest): FakeReply {
  const { action, principalId, roleDefinitionId, directoryScopeId, justification, scheduleInfo } = request;
  const wanted = { principalId, roleDefinitionId, directoryScopeId };
  const standing = [...directory.roleAssignments.values()].find(
    (one) =>
      one.principalId === principalId &&
      one.roleDefinitionId === roleDefinitionId &&
      one.directoryScopeId === directoryScopeId &&
      one.assignmentType === 'Assigned' &&
      directory.isSynchronised,
  );
  const gone = failure(400, 'RoleAssignmentDoesNotExist', 'The Role assignment does not exist.');
  if (action === 'adminRemove') {
    if (standing === undefined) return gone;
    directory.removeRoleAssignment(standing.id);
  } else {
    const rules = [...directory.failedRules, ...(justification === undefined ? ['JustificationRule'] : [])];
    if (rules.length > 0) {
      const message = `The following policy rules failed: ${JSON.stringify(rules)}`;
      return failure(400, 'RoleAssignmentRequestPolicyValidationFailed', message);
    }
    if (action === 'adminAssign' && standing !== undefined)
      return failure(400, 'RoleAssignmentExists', 'The Role assignment already exists.');
    if (action === 'adminUpdate' && standing === undefined) return gone;
    const endDateTime = scheduleInfo?.expiration.endDateTime ?? null;
    if (standing !== undefined) directory.roleAssignments.set(standing.id, { ...standing, endDateTime });
    else directory.addRoleAssignment({ ...wanted, assignmentType: 'Assigned', endDateTime, origin: 'interface' });
  }
  const id = directory.newId();
  const status = action === 'adminRemove' ? 'Revoked' : 'Provisioned';
  return { status: 201, body: { id, status, action, ...wanted, ...(scheduleInfo !== undefined && { scheduleInfo }) } };
}

function matching(directory: Directory, { query }: FakeCall): readonly RoleAssignment[] {
  const wanted = equalities(query.get('$filter') ?? '');
  const principalId = wanted?.get('principalId');
  const roleId = wanted?.get('roleDefinitionId');
  const found = [...directory.roleAssignments.values()].filter(
    (one) => (principalId === undefined || one.principalId === principalId) && (roleId === undefined || one.roleDefinitionId === roleId),
  );
  if (principalId === undefined || roleId === undefined) return found;
  const whole = found.filter(({ directoryScopeId }) => directoryScopeId === '/');
  const parts = found.filter((one) => !whole.includes(one));
  if (!directory.replicas.shows(`${principalId}/${roleId}`, whole.length > 0)) return parts;
  return [...parts, ...(whole.length > 0 ? whole : ghost(principalId, roleId))];
}

/** What a replica still shows of an assignment that is gone. */
function ghost(principalId: string, roleDefinitionId: string): readonly RoleAssignment[] {
  const facts = { directoryScopeId: '/', assignmentType: 'Assigned', endDateTime: null, origin: 'hand' } as const;
  return [{ id: `gone-${principalId}`, principalId, roleDefinitionId, ...facts }];
}

/** An activation beside an assignment is one assignment of the directory. */
function distinct(found: readonly RoleAssignment[]): readonly RoleAssignment[] {
  const key = (one: RoleAssignment) => `${one.principalId}/${one.roleDefinitionId}/${one.directoryScopeId}`;
  return found.filter((one, index) => found.findIndex((other) => key(other) === key(one)) === index);
}
