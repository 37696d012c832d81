import type { FakeCall, FakeReply } from '../fake-vendor.js';
import { type Domain, etag, type FakeGroup, type FakeUser } from './domain.js';
import { badPageToken, notFound, page, refusal } from './replies.js';
import type { Router } from './router.js';

const SCOPE = 'https://www.googleapis.com/auth/admin.directory';

/** Users, groups, organizational units and the customer, https://developers.google.com/workspace/admin/directory/reference/rest */
export function directoryRoutes(router: Router, domain: Domain): void {
  const customers = [domain.customerId, 'my_customer'];
  const ofCustomer = (call: FakeCall, answer: () => FakeReply): FakeReply =>
    customers.includes(call.query.get('customer') ?? call.params['customer'] ?? '') ? answer() : refusal(400, 'badRequest', 'Bad Request');

  router.directory('GET', '/customers/:key', [`${SCOPE}.customer`, `${SCOPE}.customer.readonly`], ({ params }) =>
    customers.includes(params['key'] ?? '')
      ? {
          status: 200,
          body: { kind: 'admin#directory#customer', etag: etag(), id: domain.customerId, customerDomain: domain.name, language: 'en' },
        }
      : notFound('customerKey'),
  );

  const readUsers = [`${SCOPE}.user`, `${SCOPE}.user.readonly`];
  router.directory('GET', '/users', readUsers, (call) =>
    ofCustomer(call, () => {
      const found = page(call, [...domain.users.values()], ({ primaryEmail }) => primaryEmail, { usual: 100, most: 500 });
      if (found === undefined) return badPageToken();
      const users = found.found.map((user) => userBody(domain, user));
      return { status: 200, body: { kind: 'admin#directory#users', etag: etag(), ...(users.length > 0 && { users }), ...found.more } };
    }),
  );
  router.directory('GET', '/users/:key', readUsers, ({ params }) => {
    const user = domain.user(params['key'] ?? '');
    return user === undefined ? notFound('userKey') : { status: 200, body: userBody(domain, user) };
  });

  const readGroups = [`${SCOPE}.group`, `${SCOPE}.group.readonly`];
  router.directory('GET', '/groups', readGroups, (call) =>
    ofCustomer(call, () => {
      const found = page(call, [...domain.groups.values()], ({ email }) => email, { usual: 200, most: 200 });
      if (found === undefined) return badPageToken();
      const groups = found.found.map((group) => groupBody(domain, group));
      return { status: 200, body: { kind: 'admin#directory#groups', etag: etag(), ...(groups.length > 0 && { groups }), ...found.more } };
    }),
  );
  router.directory('GET', '/groups/:key', readGroups, ({ params }) => {
    const group = domain.group(params['key'] ?? '');
    return group === undefined ? notFound('groupKey') : { status: 200, body: groupBody(domain, group) };
  });

  const readUnits = [`${SCOPE}.orgunit`, `${SCOPE}.orgunit.readonly`];
  const unitBody = ([id, path]: readonly [string, string]) => ({
    kind: 'admin#directory#orgUnit',
    etag: etag(),
    name: path.split('/').at(-1) ?? '',
    orgUnitPath: path,
    orgUnitId: `id:${id}`,
  });
  router.directory('GET', '/customer/:customer/orgunits', readUnits, (call) =>
    ofCustomer(call, () => ({
      status: 200,
      body: { kind: 'admin#directory#orgUnits', etag: etag(), organizationUnits: [...domain.orgUnits].map(unitBody) },
    })),
  );
  router.directory('GET', '/customer/:customer/orgunits/:unit*', readUnits, (call) =>
    ofCustomer(call, () => {
      const id = (call.params['unit'] ?? '').replace(/^id:/, '');
      const path = domain.orgUnits.get(id);
      return path === undefined ? notFound('orgunit') : { status: 200, body: unitBody([id, path]) };
    }),
  );
}

function userBody({ customerId }: Domain, { id, primaryEmail, fullName, aliases, suspended, isAdmin }: FakeUser) {
  const name = { fullName, givenName: 'User', familyName: fullName.replace(/^User /, '') };
  return {
    kind: 'admin#directory#user',
    id,
    etag: etag(),
    primaryEmail,
    name,
    isAdmin,
    isDelegatedAdmin: false,
    suspended,
    archived: false,
    customerId,
    orgUnitPath: '/',
    ...(aliases.length > 0 && { aliases }),
  };
}

function groupBody({ members }: Domain, { id, email, name }: FakeGroup) {
  const count = String(members.get(id)?.size ?? 0);
  return { kind: 'admin#directory#group', id, etag: etag(), email, name, directMembersCount: count, description: '', adminCreated: true };
}
