import type { FakeReply } from '../fake-vendor.js';
import type { Entra } from './entra.js';
import { READ_APPS } from './object-routes.js';
import { BAD_FILTER, collection, DENIED, equalities, failure, notFound } from './odata.js';
import type { AppRoleAssignment } from './state.js';

const ASSIGN = 'AppRoleAssignment.ReadWrite.All';
const DEFAULT_ROLE = '00000000-0000-0000-0000-000000000000';

/** App roles and those who have them. https://learn.microsoft.com/graph/api/resources/approleassignment */
export function appRoutes({ vendor, directory, signIn }: Entra): void {
  const shape = ({ origin: _, ...assignment }: AppRoleAssignment) => ({
    ...assignment,
    principalType: directory.typeOf(assignment.principalId) ?? 'User',
    createdDateTime: '2030-01-01T00:00:00Z',
  });

  for (const name of ['users', 'groups', 'servicePrincipals']) {
    vendor.on('GET', `/v1.0/${name}/:id/appRoleAssignments`, (call) => {
      const id = call.params['id'] ?? '';
      if (!signIn.may(call, ASSIGN, 'Directory.Read.All')) return DENIED;
      if (directory.typeOf(id) === undefined) return notFound(id);
      const resourceId = equalities(call.query.get('$filter') ?? '')?.get('resourceId');
      if (resourceId === undefined) return BAD_FILTER;
      const roles = [DEFAULT_ROLE, ...(directory.servicePrincipals.get(resourceId)?.appRoles ?? []).map((role) => role.id)];
      // A user's list has those of its groups, too.
      const holders = name === 'users' ? [id, ...directory.groupsOf(id, false)] : [id];
      const candidates = holders.flatMap((principalId) => roles.map((appRoleId) => ({ principalId, resourceId, appRoleId })));
      const shown = candidates.flatMap((candidate): AppRoleAssignment[] => {
        const key = directory.appRoleAssignmentId(candidate);
        return directory.replicas.shows(key, directory.appRoleAssignments.has(key)) ? [{ ...candidate, id: key, origin: 'hand' }] : [];
      });
      return collection(call, vendor.url, shown.map(shape));
    });
  }

  vendor.on('GET', '/v1.0/servicePrincipals/:app/appRoleAssignedTo', (call) => {
    const app = call.params['app'] ?? '';
    if (!signIn.may(call, ...READ_APPS)) return DENIED;
    if (!directory.servicePrincipals.has(app)) return notFound(app);
    const found = [...directory.appRoleAssignments.values()].filter(({ resourceId }) => resourceId === app);
    return collection(call, vendor.url, found.map(shape));
  });

  vendor.on('POST', '/v1.0/servicePrincipals/:app/appRoleAssignedTo', (call): FakeReply => {
    const { principalId, resourceId, appRoleId } = call.body as AppRoleAssignment;
    const app = directory.servicePrincipals.get(call.params['app'] ?? '');
    if (!signIn.may(call, ASSIGN)) return DENIED;
    if (app === undefined || app.id !== resourceId) return notFound(call.params['app'] ?? '');
    if (directory.typeOf(principalId) === undefined) return notFound(principalId);
    const isDeclared = app.appRoles.length === 0 ? appRoleId === DEFAULT_ROLE : app.appRoles.some(({ id }) => id === appRoleId);
    if (!isDeclared) return failure(400, 'Request_BadRequest', 'Permission being assigned was not found on application.');
    const made = directory.addAppRoleAssignment({ principalId, resourceId, appRoleId, origin: 'interface' });
    if (made === undefined) return failure(400, 'Request_BadRequest', 'Permission being assigned already exists on the object');
    return { status: 201, body: shape(made) };
  });

  vendor.on('DELETE', '/v1.0/servicePrincipals/:app/appRoleAssignedTo/:id', (call): FakeReply => {
    if (!signIn.may(call, ASSIGN)) return DENIED;
    return directory.removeAppRoleAssignment(call.params['id'] ?? '') ? { status: 204 } : notFound(call.params['id'] ?? '');
  });
}
