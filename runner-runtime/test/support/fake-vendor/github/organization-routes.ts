import type { FakeCall, FakeReply } from '../fake-vendor.js';
import { NOT_FOUND } from './credentials.js';
import type { FakeGithub } from './github.js';
import { fullUserShape, organizationMembershipShape, organizationShape, repositoryShape, userShape } from './shapes.js';
import { same, type User } from './state.js';

/** The organization and people. https://docs.github.com/en/rest/orgs/members */
export function organizationRoutes(fake: FakeGithub): void {
  const { world } = fake;
  const inOrganization = (route: (call: FakeCall) => FakeReply) => (call: FakeCall) =>
    same(call.params['org'] ?? '', world.org.login) ? route(call) : NOT_FOUND;
  const users = (ids: Iterable<number>) => [...ids].map((id) => world.users.get(id)).filter((user): user is User => user !== undefined);
  const answer = (user: User | undefined): FakeReply => (user === undefined ? NOT_FOUND : { status: 200, body: fullUserShape(user) });

  fake.on(
    'GET',
    '/orgs/:org',
    ['metadata', 'read'],
    inOrganization(() => ({ status: 200, body: organizationShape(world) })),
  );

  fake.on(
    'GET',
    '/orgs/:org/members',
    ['members', 'read'],
    inOrganization((call) => {
      const role = call.query.get('role') ?? 'all';
      const wanted = [...world.members].filter(([, has]) => role === 'all' || role === has).map(([id]) => id);
      return fake.page(call, users(wanted).map(userShape));
    }),
  );

  fake.on(
    'GET',
    '/orgs/:org/memberships/:user',
    ['members', 'read'],
    inOrganization(({ params }) => {
      const user = world.userOf(params['user'] ?? '');
      return user === undefined || !world.members.has(user.id)
        ? NOT_FOUND
        : { status: 200, body: organizationMembershipShape(world, user) };
    }),
  );

  fake.on(
    'GET',
    '/orgs/:org/outside_collaborators',
    ['members', 'read'],
    inOrganization((call) => {
      const direct = new Set([...world.repositories.values()].flatMap((repository) => [...repository.direct.keys()]));
      return fake.page(call, users([...direct].filter((id) => !world.members.has(id))).map(userShape));
    }),
  );

  fake.on(
    'GET',
    '/orgs/:org/repos',
    ['metadata', 'read'],
    inOrganization((call) =>
      fake.page(
        call,
        [...world.repositories.values()].map((repository) => repositoryShape(world, repository)),
      ),
    ),
  );

  fake.on('GET', '/users/:user', undefined, ({ params }) => answer(world.userOf(params['user'] ?? '')));
  fake.on('GET', '/user/:id', undefined, ({ params }) => answer(world.users.get(Number(params['id']))));

  fake.on('GET', '/search/users', undefined, (call) => {
    const wanted = /^"?([^"\s]+)"? in:email$/.exec(call.query.get('q') ?? '')?.[1] ?? '';
    const items = [...world.users.values()].filter(({ email }) => email?.toLowerCase().includes(wanted.toLowerCase()) === true);
    return fake.page(call, items, (page) => ({
      total_count: items.length,
      incomplete_results: false,
      items: page.map((user) => ({ ...userShape(user), score: 1 })),
    }));
  });
}
