import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { Entra } from './entra.js';
import { BAD_FILTER, collection, DENIED, entity, equalities, notFound } from './odata.js';
import { DOMAIN, TENANT } from './state.js';

/** What each list of objects may be read with. https://learn.microsoft.com/graph/permissions-reference */
export const READ_USERS = ['User.Read.All', 'Directory.Read.All'];
export const READ_GROUPS = ['GroupMember.Read.All', 'GroupMember.ReadWrite.All', 'Directory.Read.All'];
export const READ_APPS = ['Application.Read.All', 'Directory.Read.All'];

/** Users, groups, service principals and the organization. */
export function objectRoutes({ vendor, directory, signIn }: Entra): void {
  const lists = [
    { name: 'users', objects: directory.users, needs: READ_USERS },
    { name: 'groups', objects: directory.groups, needs: READ_GROUPS },
    { name: 'servicePrincipals', objects: directory.servicePrincipals, needs: READ_APPS },
  ];
  for (const { name, objects, needs } of lists) {
    vendor.on('GET', `/v1.0/${name}`, (call) => {
      if (!signIn.may(call, ...needs)) return DENIED;
      const found = filtered(call, [...objects.values()]);
      return found === undefined ? BAD_FILTER : collection(call, vendor.url, found);
    });
    vendor.on('GET', `/v1.0/${name}/:id`, (call) => {
      if (!signIn.may(call, ...needs)) return DENIED;
      const object = objects.get(call.params['id'] ?? '');
      return object === undefined ? notFound(call.params['id'] ?? '') : entity(call, object);
    });
    vendor.on('POST', `/v1.0/${name}/:id/checkMemberGroups`, ({ params, body }): FakeReply => {
      const { groupIds } = body as { groupIds: readonly string[] };
      const groups = directory.groupsOf(params['id'] ?? '', true);
      return { status: 200, body: { value: groupIds.filter((id) => groups.has(id)) } };
    });
  }
  vendor.on('GET', '/v1.0/organization', (call) => {
    if (!signIn.may(call, 'Organization.Read.All', 'Directory.Read.All')) return DENIED;
    const verifiedDomains = [{ name: DOMAIN, isDefault: true, isInitial: true, type: 'Managed', capabilities: 'Email' }];
    return collection(call, vendor.url, [{ id: TENANT, displayName: 'Contoso', verifiedDomains } as { readonly id: string }]);
  });
}

function filtered<Found extends { readonly id: string }>({ query }: FakeCall, objects: readonly Found[]): readonly Found[] | undefined {
  const filter = query.get('$filter');
  if (filter === null) return objects;
  const name = equalities(filter)?.get('userPrincipalName')?.toLowerCase();
  if (name === undefined) return undefined;
  return objects.filter((object) => String(Reflect.get(object, 'userPrincipalName')).toLowerCase() === name);
}
