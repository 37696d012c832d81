import { applicationsOf, edge, holdersOf } from './graph.js';
import { changeSet, type EdgeChange } from './group-routes.js';
import type { FakeJumpCloud } from './jumpcloud.js';
import { NOT_FOUND, olderPage, refusal } from './replies.js';
import type { FakeApplication } from './world.js';

/** Applications and who has them. https://docs.jumpcloud.com/api/2.0/index.html#tag/Applications */
export function applicationRoutes(fake: FakeJumpCloud): void {
  const { world, vendor } = fake;
  vendor.on('GET', '/api/applications', (call) => olderPage(call, [...world.applications.values()].map(applicationShape)));
  vendor.on('GET', '/api/applications/:application', ({ params }) =>
    fake.require(world.applications, params['application'], (application) => ({ status: 200, body: applicationShape(application) })),
  );

  const associations = '/api/v2/applications/:application/associations';
  vendor.on('GET', associations, (call) =>
    fake.require(world.applications, call.params['application'], (application) => {
      const targets = call.query.get('targets');
      return targets === 'user' || targets === 'user_group'
        ? fake.page(call, holdersOf(application, targets))
        : refusal(400, 'Invalid targets');
    }),
  );
  vendor.on('POST', associations, ({ params, body }) =>
    fake.require(world.applications, params['application'], (application) => {
      const { op, type, id = '' } = body as EdgeChange;
      if (type !== 'user' && type !== 'user_group') return refusal(400, 'Invalid type');
      if (!(type === 'user' ? world.users : world.groups).has(id)) return NOT_FOUND;
      return changeSet(application[type], op, id);
    }),
  );

  vendor.on('GET', '/api/v2/users/:user/applications', (call) =>
    fake.require(world.users, call.params['user'], ({ id }) => fake.page(call, applicationsOf(world, id))),
  );
  for (const [holder, type, things] of [
    ['users', 'user', world.users],
    ['usergroups', 'user_group', world.groups],
  ] as const) {
    vendor.on('GET', `/api/v2/${holder}/:holder/associations`, (call) =>
      fake.require<{ readonly id: string }>(things, call.params['holder'], ({ id }) => {
        const held = [...world.applications.values()].filter((application) => application[type].has(id));
        return fake.page(
          call,
          call.query.get('targets') === 'application' ? held.map((application) => edge('application', application.id)) : [],
        );
      }),
    );
  }
}

function applicationShape({ id, label, active }: FakeApplication) {
  return { _id: id, name: 'saml', displayName: 'SAML', displayLabel: label, active, config: {}, ssoUrl: `https://sso.example.com/${id}` };
}
