import { groupEdges } from './graph.js';
import type { FakeJumpCloud } from './jumpcloud.js';
import { fieldsOf, NOT_FOUND, olderPage } from './replies.js';
import type { FakeUser } from './world.js';

/** Organizations, the administrator of the key, and users. https://docs.jumpcloud.com/api/1.0/index.html#tag/Systemusers */
export function userRoutes(fake: FakeJumpCloud): void {
  const { world, vendor } = fake;
  vendor.on('GET', '/api/organizations', (call) => {
    const opened = fake.keyOf(call)?.organizations ?? [];
    return olderPage(
      call,
      opened.map((id) => ({ _id: id, displayName: world.organizations.get(id) ?? '', logoUrl: '' })),
    );
  });
  vendor.on('GET', '/api/users/getSelf', (call) => {
    const { email, role } = fake.keyOf(call) ?? {};
    return fake.showsSelf ? { status: 200, body: { email, roleName: role, roleNames: [role] } } : NOT_FOUND;
  });

  vendor.on('GET', '/api/systemusers', (call) => {
    const [, field, value] = /^(username|email):\$eq:(.*)$/.exec(call.query.get('filter') ?? '') ?? [];
    const found = [...world.users.values()].filter((user) => field === undefined || user[field as 'username' | 'email'] === value);
    return olderPage(
      call,
      found.map((user) => fieldsOf(call, userShape(user))),
    );
  });
  vendor.on('GET', '/api/systemusers/:user', (call) =>
    fake.require(world.users, call.params['user'], (user) => ({ status: 200, body: fieldsOf(call, userShape(user)) })),
  );

  const stale = new Map<string, { left: number; readonly groups: readonly string[] }>();
  fake.vendor.on('GET', '/api/v2/users/:user/memberof', (call) =>
    fake.require(world.users, call.params['user'], ({ id }) => {
      const current = world.groupsOf(id).map((group) => group.id);
      const seen = stale.get(id) ?? { left: fake.lag, groups: current };
      const isNew = JSON.stringify(seen.groups) !== JSON.stringify(current);
      if (isNew && seen.left > 0) {
        seen.left -= 1;
        stale.set(id, seen);
        return fake.page(call, groupEdges(seen.groups));
      }
      stale.set(id, { left: fake.lag, groups: current });
      return fake.page(call, groupEdges(current));
    }),
  );
}

function userShape({ id, username, email, suspended, sudo }: FakeUser) {
  return {
    _id: id,
    username,
    email,
    displayname: '',
    firstname: 'Example',
    lastname: username,
    activated: true,
    state: suspended ? 'SUSPENDED' : 'ACTIVATED',
    suspended,
    sudo,
  };
}
