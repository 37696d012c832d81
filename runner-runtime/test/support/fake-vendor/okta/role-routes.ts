import type { FakeOkta } from './okta.js';
import { embeddedPage, FORBIDDEN, INVALID, NOT_FOUND, refusal } from './replies.js';
import { MADE } from './user-routes.js';
import type { FakeRole, Holder, OktaWorld } from './world.js';

/** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/RoleAssignmentAUser/ */
export function roleRoutes(fake: FakeOkta): void {
  const { world } = fake;

  fake.on('GET', '/api/v1/users/:user/roles', undefined, (call) => {
    const isOwn = call.params['user'] === fake.callerOf(call) && fake.showsOwnRoles;
    if (!isOwn && !fake.may(call, 'roles')) return FORBIDDEN;
    return fake.require(world.users, call.params['user'], ({ id }) => ({
      status: 200,
      body: [...world.rolesOf(id).map((role) => roleShape(world, role, call.query.get('expand'))), ...customShapes(world, id)],
    }));
  });

  fake.on('POST', '/api/v1/users/:user/roles', 'roles-manage', (call) =>
    fake.require(world.users, call.params['user'], ({ id }) => {
      const { type } = (call.body ?? {}) as { type?: string };
      if (type === undefined) return INVALID;
      const holder: Holder = { kind: 'user', id };
      if ([...world.roles.values()].some((role) => role.type === type && role.holder.id === id)) {
        return refusal(409, 'E0000090', 'The role specified is already assigned to the user.');
      }
      return { status: 201, body: roleShape(world, world.addRole(holder, type), null) };
    }),
  );

  fake.on('DELETE', '/api/v1/users/:user/roles/:role', 'roles-manage', (call) =>
    fake.require(world.roles, call.params['role'], ({ id, holder }) => {
      if (holder.id !== call.params['user']) return NOT_FOUND;
      world.roles.delete(id);
      return { status: 204 };
    }),
  );

  fake.on('GET', '/api/v1/groups/:group/roles', 'roles', (call) =>
    fake.require(world.groups, call.params['group'], ({ id }) => {
      const held = [...world.roles.values()].filter(({ holder }) => holder.id === id);
      return { status: 200, body: held.map((role) => roleShape(world, role, null)) };
    }),
  );

  fake.on('GET', '/api/v1/iam/assignees/users', 'roles', (call) => {
    const admins = [...world.users.values()].filter(({ id }) => world.rolesOf(id).length + world.bindingsOf(id).length > 0);
    return embeddedPage(call, world.host, 'value', admins, ({ id }) => ({ id, _links: { self: link(world, { kind: 'user', id }) } }));
  });
}

export function link({ host }: OktaWorld, { kind, id }: Holder) {
  return { href: `https://${host}/api/v1/${kind}s/${id}` };
}

function roleShape(world: OktaWorld, { id, type, holder, groups }: FakeRole, expand: string | null) {
  const targets = { groups: groups.map((group) => ({ id: group, type: 'OKTA_GROUP' })) };
  return {
    id,
    label: type,
    type,
    status: 'ACTIVE',
    created: MADE,
    lastUpdated: MADE,
    assignmentType: holder.kind === 'user' ? 'USER' : 'GROUP',
    ...(expand === 'targets/groups' && { _embedded: { targets } }),
    _links: { assignee: link(world, holder) },
  };
}

function customShapes(world: OktaWorld, userId: string) {
  return world.bindingsOf(userId).map(({ binding, member, holder }) => ({
    id: member,
    label: world.customRoles.get(binding.role)?.label ?? '',
    type: 'CUSTOM',
    status: 'ACTIVE',
    created: MADE,
    lastUpdated: MADE,
    assignmentType: holder.kind === 'user' ? 'USER' : 'GROUP',
    role: binding.role,
    'resource-set': binding.set,
    _links: { assignee: link(world, holder) },
  }));
}
