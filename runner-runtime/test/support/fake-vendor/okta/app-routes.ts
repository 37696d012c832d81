import type { FakeOkta } from './okta.js';
import { INVALID, linkedPage, NOT_FOUND, refusal } from './replies.js';
import { MADE } from './user-routes.js';
import type { FakeApp, OktaWorld } from './world.js';

const GIVEN_BY_GROUP = refusal(403, 'E0000046', 'Deactivate application for user forbidden.');

/** https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationUsers/ */
export function appRoutes(fake: FakeOkta): void {
  const { world } = fake;

  fake.onList('/api/v1/apps', 'apps', (call) => linkedPage(call, world.host, [...world.apps.values()], appShape));

  fake.on('GET', '/api/v1/apps/:app', 'apps', (call) =>
    fake.require(world.apps, call.params['app'], (app) => ({ status: 200, body: appShape(app) })),
  );

  fake.on('GET', '/api/v1/apps/:app/users', 'apps', (call) =>
    fake.require(world.apps, call.params['app'], (app) => {
      const assigned = [...app.users.keys()].map((id) => ({ id }));
      return linkedPage(call, world.host, assigned, ({ id }) => appUserShape(world, app, id), 500);
    }),
  );

  fake.on('GET', '/api/v1/apps/:app/users/:user', 'apps', (call) =>
    fake.require(world.apps, call.params['app'], (app) => {
      const id = call.params['user'] ?? '';
      return app.users.has(id) ? { status: 200, body: appUserShape(world, app, id) } : NOT_FOUND;
    }),
  );

  fake.on('GET', '/api/v1/apps/:app/groups', 'apps', (call) =>
    fake.require(world.apps, call.params['app'], ({ groups }) => {
      if (Number(call.query.get('limit') ?? 20) < 20) return INVALID;
      return linkedPage(
        call,
        world.host,
        [...groups].map((id) => ({ id })),
        ({ id }) => ({ id, priority: 0, lastUpdated: MADE, profile: {} }),
      );
    }),
  );

  fake.on('POST', '/api/v1/apps/:app/users', 'apps-manage', (call) =>
    fake.require(world.apps, call.params['app'], (app) => {
      const { id = '', scope = 'USER' } = (call.body ?? {}) as { id?: string; scope?: 'USER' | 'GROUP' };
      if (!world.users.has(id)) return NOT_FOUND;
      if (app.wantsPassword || (scope === 'GROUP' && !world.isGivenByGroup(app, id))) return INVALID;
      app.users.set(id, scope);
      return { status: 200, body: appUserShape(world, app, id) };
    }),
  );

  fake.on('DELETE', '/api/v1/apps/:app/users/:user', 'apps-manage', (call) =>
    fake.require(world.apps, call.params['app'], (app) => {
      const id = call.params['user'] ?? '';
      if (!app.users.has(id)) return NOT_FOUND;
      if (world.isGivenByGroup(app, id)) return GIVEN_BY_GROUP;
      app.users.delete(id);
      return { status: 204 };
    }),
  );
}

function appShape({ id, label, status }: FakeApp) {
  return {
    id,
    label,
    status,
    name: 'bookmark',
    signOnMode: 'BOOKMARK',
    created: MADE,
    lastUpdated: MADE,
    features: [],
    settings: { app: { requestIntegration: false, url: 'https://app.example.com' } },
  };
}

function appUserShape(world: OktaWorld, app: FakeApp, id: string) {
  const scope = app.users.get(id) ?? 'USER';
  const group = world.groupsOf(id).find((one) => app.groups.has(one.id));
  const to = (kind: string, of: string) => ({ href: `https://${world.host}/api/v1/${kind}/${of}` });
  return {
    id,
    scope,
    status: 'ACTIVE',
    syncState: 'DISABLED',
    created: MADE,
    lastUpdated: MADE,
    statusChanged: MADE,
    credentials: { userName: world.users.get(id)?.login ?? '' },
    profile: {},
    _links: {
      app: to('apps', app.id),
      user: to('users', id),
      ...(scope === 'GROUP' && group !== undefined && { group: to('groups', group.id) }),
    },
  };
}
