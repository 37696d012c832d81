import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { Entra } from './entra.js';
import { READ_APPS, READ_GROUPS } from './object-routes.js';
import { BAD_FILTER, collection, DENIED, equalities, failure, isAdvanced, NOT_ADVANCED, notFound } from './odata.js';
import type { Directory } from './state.js';

const TYPES = { User: '#microsoft.graph.user', Group: '#microsoft.graph.group', ServicePrincipal: '#microsoft.graph.servicePrincipal' };

/** Members of groups. https://learn.microsoft.com/graph/api/resources/group */
export function groupRoutes({ vendor, directory, signIn }: Entra): void {
  for (const transitive of [false, true]) {
    vendor.on('GET', `/v1.0/groups/:group/${transitive ? 'transitiveMembers' : 'members'}`, (call) => {
      const group = call.params['group'] ?? '';
      if (!signIn.may(call, ...READ_GROUPS)) return DENIED;
      if (!directory.groups.has(group)) return notFound(group);
      // Version 1.0 does not list service principals as members.
      const all = [...directory.users.keys(), ...directory.groups.keys()];
      const members = transitive
        ? all.filter((id) => directory.groupsOf(id, true).has(group))
        : [...(directory.members.get(group)?.keys() ?? [])].filter((id) => directory.typeOf(id) !== 'ServicePrincipal');
      const related = { left: group, ids: members, transitive, key: (id: string) => `${group}/${id}` };
      return relation(call, vendor.url, directory, related);
    });
    vendor.on('GET', `/v1.0/servicePrincipals/:app/${transitive ? 'transitiveMemberOf' : 'memberOf'}/microsoft.graph.group`, (call) => {
      const app = call.params['app'] ?? '';
      if (!signIn.may(call, ...READ_APPS)) return DENIED;
      if (!directory.servicePrincipals.has(app)) return notFound(app);
      // A cast needs the index, with or without a filter.
      if (!isAdvanced(call)) return NOT_ADVANCED;
      const related = { left: app, ids: [...directory.groupsOf(app, transitive)], transitive, key: (id: string) => `${id}/${app}` };
      return relation(call, vendor.url, directory, related);
    });
  }

  vendor.on('POST', '/v1.0/groups/:group/members/$ref', (call): FakeReply => {
    const group = call.params['group'] ?? '';
    const reference = (call.body as Record<string, string> | undefined)?.['@odata.id'] ?? '';
    const member = /\/v1\.0\/directoryObjects\/([0-9a-f-]{36})$/.exec(reference)?.[1];
    if (!signIn.may(call, 'GroupMember.ReadWrite.All')) return DENIED;
    if (member === undefined) return failure(400, 'Request_BadRequest', 'Invalid URL format specified in @odata.id.');
    if (!directory.groups.has(group)) return notFound(group);
    if (directory.typeOf(member) === undefined) return notFound(member);
    if (directory.members.get(group)?.has(member)) {
      return failure(
        400,
        'Request_BadRequest',
        "One or more added object references already exist for the following modified properties: 'members'.",
      );
    }
    directory.setMember(group, member, 'interface');
    return { status: 204 };
  });

  vendor.on('DELETE', '/v1.0/groups/:group/members/:member/$ref', (call): FakeReply => {
    const { group = '', member = '' } = call.params;
    if (!signIn.may(call, 'GroupMember.ReadWrite.All')) return DENIED;
    if (!directory.members.get(group)?.has(member)) return notFound(directory.groups.has(group) ? member : group);
    directory.setMember(group, member, undefined);
    return { status: 204 };
  });
}

interface Related {
  readonly left: string;
  readonly ids: readonly string[];
  readonly transitive: boolean;
  /** What the replicas know a single relation by. */
  readonly key: (id: string) => string;
}

function relation(call: FakeCall, base: string, directory: Directory, { ids, transitive, key }: Related): FakeReply {
  const object = (id: string) => ({ '@odata.type': TYPES[directory.typeOf(id) ?? 'User'], id });
  const filter = call.query.get('$filter');
  if (filter === null) return collection(call, base, ids.map(object));
  if (!isAdvanced(call)) return NOT_ADVANCED;
  const wanted = equalities(filter)?.get('id');
  if (wanted === undefined) return BAD_FILTER;
  const stands = ids.includes(wanted);
  const shown = transitive ? stands : directory.replicas.shows(key(wanted), stands);
  return collection(call, base, shown ? [object(wanted)] : []);
}
