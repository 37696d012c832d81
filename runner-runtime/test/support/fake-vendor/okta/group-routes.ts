import type { FakeOkta } from './okta.js';
import { FORBIDDEN, linkedPage } from './replies.js';
import { findUser, MADE, userShape } from './user-routes.js';
import type { FakeGroup, FakeUser } from './world.js';

/** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/ */
export function groupRoutes(fake: FakeOkta): void {
  const { world } = fake;

  fake.onList('/api/v1/groups', 'groups', (call) => linkedPage(call, world.host, [...world.groups.values()], groupShape, 10_000));

  fake.on('GET', '/api/v1/groups/:group', 'groups', (call) =>
    fake.require(world.groups, call.params['group'], (group) => ({ status: 200, body: groupShape(group) })),
  );

  fake.on('GET', '/api/v1/groups/:group/users', 'groups', (call) =>
    fake.require(world.groups, call.params['group'], ({ members }) => {
      const users = [...members].flatMap((id): FakeUser[] => [world.users.get(id)].filter((user) => user !== undefined));
      return linkedPage(call, world.host, users, userShape, 1000);
    }),
  );

  // 200 at once, though no parameter is described.
  fake.on('GET', '/api/v1/users/:user/groups', 'users', (call) => {
    const user = findUser(world, call.params['user'] ?? '');
    return fake.require(world.users, user?.id, ({ id }) => linkedPage(call, world.host, world.groupsOf(id), groupShape));
  });

  for (const method of ['PUT', 'DELETE'] as const) {
    fake.on(method, '/api/v1/groups/:group/users/:user', 'groups-manage', (call) =>
      fake.require(world.groups, call.params['group'], (group) =>
        fake.require(world.users, call.params['user'], (user) => {
          if (group.type !== 'OKTA_GROUP') return FORBIDDEN;
          const isAdmins = [...world.roles.values()].some(({ holder }) => holder.id === group.id);
          // Only super admins change who is an admin.
          if (isAdmins && !fake.may(call, 'roles-manage')) return FORBIDDEN;
          if (method === 'PUT') world.addMember(group, user.id);
          else world.removeMember(group, user.id);
          return { status: 204 };
        }),
      ),
    );
  }
}

function groupShape({ id, name, type }: FakeGroup) {
  return {
    id,
    created: MADE,
    lastUpdated: MADE,
    lastMembershipUpdated: MADE,
    objectClass: ['okta:user_group'],
    type,
    profile: { name, description: '' },
  };
}
