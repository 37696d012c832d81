import type { FakeReply } from '../fake-vendor.js';
import type { FakeOkta } from './okta.js';
import { embeddedPage, INVALID, NOT_FOUND } from './replies.js';
import { link } from './role-routes.js';
import { MADE } from './user-routes.js';
import type { FakeBinding, Holder } from './world.js';

const SET = '/api/v1/iam/resource-sets/:set';
const MEMBERS = `${SET}/bindings/:role/members`;

/** Custom roles and resource sets: https://developer.okta.com/docs/api/openapi/okta-management/management/tag/RoleBResourceSetBindingMember/ */
export function iamRoutes(fake: FakeOkta): void {
  const { world } = fake;
  const times = { created: MADE, lastUpdated: MADE };

  fake.on('GET', '/api/v1/org', 'org', () => ({
    status: 200,
    body: { id: world.orgId, companyName: 'Example', status: 'ACTIVE', subdomain: 'example' },
  }));

  fake.on('GET', '/api/v1/iam/roles', 'roles', (call) =>
    embeddedPage(call, world.host, 'roles', [...world.customRoles.values()], ({ id, label }) => ({
      id,
      label,
      description: label,
      ...times,
    })),
  );

  fake.on('GET', '/api/v1/iam/roles/:role', 'roles', (call) =>
    fake.require(world.customRoles, call.params['role'], ({ id, label }) => ({
      status: 200,
      body: { id, label, description: label, ...times },
    })),
  );

  fake.on('GET', '/api/v1/iam/roles/:role/permissions', 'roles', (call) =>
    fake.require(world.customRoles, call.params['role'], ({ permissions }) => ({
      status: 200,
      body: { permissions: permissions.map((label) => ({ label, ...times })) },
    })),
  );

  fake.on('GET', '/api/v1/iam/resource-sets', 'roles', (call) =>
    embeddedPage(call, world.host, 'resource-sets', [...world.resourceSets.values()], ({ id, label }) => ({ id, label, ...times })),
  );

  fake.on('GET', SET, 'roles', (call) =>
    fake.require(world.resourceSets, call.params['set'], ({ id, label }) => ({ status: 200, body: { id, label, ...times } })),
  );

  fake.on('GET', `${SET}/bindings`, 'roles', (call) =>
    fake.require(world.resourceSets, call.params['set'], ({ id: set }) => {
      const bound = world.bindings.filter((binding) => binding.set === set).map(({ role }) => ({ id: role }));
      return embeddedPage(call, world.host, 'roles', bound, ({ id }) => ({ id }));
    }),
  );

  fake.on('POST', `${SET}/bindings`, 'roles-manage', (call) =>
    fake.require(world.resourceSets, call.params['set'], ({ id: set }) => {
      const { role = '', members = [] } = (call.body ?? {}) as { role?: string; members?: string[] };
      if (!world.customRoles.has(role) || world.bindingOf(set, role) !== undefined) return INVALID;
      return bindAll(set, role, members);
    }),
  );

  fake.on('GET', MEMBERS, 'roles', (call) =>
    binding(call.params, ({ members }) => {
      const listed = [...members].map(([id, holder]) => ({ id, holder }));
      return embeddedPage(call, world.host, 'members', listed, ({ id, holder }) => ({
        id,
        ...times,
        _links: { self: link(world, holder) },
      }));
    }),
  );

  fake.on('PATCH', MEMBERS, 'roles-manage', (call) =>
    binding(call.params, ({ set, role }) => bindAll(set, role, ((call.body ?? {}) as { additions?: string[] }).additions ?? [])),
  );

  fake.on('DELETE', `${MEMBERS}/:member`, 'roles-manage', (call) =>
    binding(call.params, (found) => {
      const member = call.params['member'] ?? '';
      if (!found.members.has(member)) return NOT_FOUND;
      world.unbind(found, member);
      return { status: 204 };
    }),
  );

  function binding({ set = '', role = '' }: Readonly<Record<string, string>>, then: (found: FakeBinding) => FakeReply): FakeReply {
    const found = world.bindingOf(set, role);
    return found === undefined ? NOT_FOUND : then(found);
  }

  function bindAll(set: string, role: string, urls: readonly string[]): FakeReply {
    const holders = urls.map((url) => holderAt(url));
    if (holders.some((holder) => holder === undefined)) return INVALID;
    for (const holder of holders) if (holder !== undefined) world.bind(set, role, holder);
    return { status: 200, body: { _links: { self: { href: `https://${world.host}/api/v1/iam/resource-sets/${set}/bindings/${role}` } } } };
  }

  /** Members are named by their URLs in this org. */
  function holderAt(url: string): Holder | undefined {
    const prefix = `https://${world.host}/api/v1/`;
    if (!url.startsWith(prefix)) return undefined;
    const [kinds, id = ''] = url.slice(prefix.length).split('/');
    if (kinds === 'users' && world.users.has(id)) return { kind: 'user', id };
    return kinds === 'groups' && world.groups.has(id) ? { kind: 'group', id } : undefined;
  }
}
