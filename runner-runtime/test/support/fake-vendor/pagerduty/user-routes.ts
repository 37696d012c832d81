import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { FakePagerduty } from './pagerduty.js';
import { invalid, NOT_FOUND, page, userShape } from './replies.js';
import type { User } from './state.js';

/** Users, their licenses, and what the account can do. */
export function userRoutes(fake: FakePagerduty): void {
  const { account } = fake;
  const onUser = (route: (call: FakeCall, user: User) => FakeReply) => (call: FakeCall) => {
    const user = account.users.get(call.params['user'] ?? '');
    return user === undefined ? NOT_FOUND : route(call, user);
  };

  fake.on('GET', '/abilities', () => ({ status: 200, body: { abilities: account.abilities } }));

  fake.on('GET', '/users', (call) => {
    const wanted = (call.query.get('query') ?? '').toLowerCase();
    const found = [...account.users.values()].filter(({ name, email }) => `${name}\n${email}`.toLowerCase().includes(wanted));
    return page(call, 'users', found, (user) => userShape(account, user));
  });

  // Only a user's own key has one.
  fake.on('GET', '/users/me', (call) => {
    const user = account.users.get(fake.keyOf(call)?.user ?? '');
    return user === undefined ? invalid('Requires a user') : { status: 200, body: { user: userShape(account, user) } };
  });

  fake.on(
    'GET',
    '/users/:user',
    onUser((_, user) => ({ status: 200, body: { user: userShape(account, user) } })),
  );

  fake.on(
    'PUT',
    '/users/:user',
    onUser(({ body }, user) => {
      const { name, email, role } = (body as { user?: Partial<User> } | undefined)?.user ?? {};
      if (name === undefined || email === undefined) return invalid('Name cannot be empty');
      if (user.role === 'owner' || role === 'owner') return invalid('The account owner cannot be changed');
      if (role !== undefined && !account.validRoles(user).includes(role)) return invalid('License is not available');
      user.name = name;
      user.role = role ?? user.role;
      return { status: 200, body: { user: userShape(account, user) } };
    }),
  );

  fake.on(
    'GET',
    '/users/:user/license',
    onUser((_, user) => {
      if (!account.hasLicenses) return NOT_FOUND;
      const name = user.role.startsWith('read_only') ? 'Stakeholder' : 'Business (Full User)';
      const license = { id: 'PIP248G', name, description: '', valid_roles: account.validRoles(user), summary: name, type: 'license' };
      return { status: 200, body: { license } };
    }),
  );
}
