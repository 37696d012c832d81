import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SCOPES } from '../../../src/integrations/googleworkspace/scopes.js';
import { Organization } from './organization.js';

describe('the collection of Google Workspace', () => {
  jest.setTimeout(60_000);
  let org: Organization;
  beforeEach(async () => {
    org = await Organization.start();
  });
  afterEach(() => org.stop());

  it('shows who is in which group with which role: users, groups, everybody', async () => {
    const user = org.newUser();
    const nested = org.domain.addGroup('nested');
    org.join(user, 'OWNER');
    org.join({ kind: 'group', id: nested.id }, 'MANAGER');
    const { customerId } = org.domain;
    org.domain.setMember(org.group.id, { id: customerId, email: '', type: 'CUSTOMER', role: 'MEMBER', byInterface: false });
    const { items } = await org.runner.collectAll(100);
    const assignments = items.filter(({ item }) => item === 'assignment');
    const target = org.groupTarget;
    expect(assignments).toHaveLength(3);
    expect(assignments).toEqual(
      expect.arrayContaining([
        { item: 'assignment', principal: user, permission: 'OWNER', target },
        { item: 'assignment', principal: { kind: 'group', id: nested.id }, permission: 'MANAGER', target },
        { item: 'assignment', principal: { kind: 'customer', id: customerId }, permission: 'MEMBER', target },
      ]),
    );
  });

  it('shows roles of administrators with who has them, and offers none of super administrators', async () => {
    const { customerId } = org.domain;
    const unit = org.domain.addOrgUnit('/Sales');
    const superAdmin = org.domain.addRole('_SEED_ADMIN_ROLE', { isSuperAdminRole: true });
    const helpDesk = org.domain.addRole('_HELP_DESK_ADMIN_ROLE');
    const helpers = org.domain.addGroup('helpers', { security: true });
    org.domain.assign({ roleId: superAdmin.roleId, assignedTo: org.fake.administrator.id, scopeType: 'CUSTOMER', byInterface: false });
    org.domain.assign({ roleId: helpDesk.roleId, assignedTo: helpers.id, scopeType: 'ORG_UNIT', orgUnitId: unit, byInterface: false });
    const { items } = await org.runner.collectAll(100);
    const orgunit = { kind: 'orgunit', path: [customerId, unit] };
    expect(items).toEqual(
      expect.arrayContaining([
        { item: 'target', target: orgunit, displayName: '/Sales' },
        {
          item: 'assignment',
          principal: { kind: 'user', id: org.fake.administrator.id },
          permission: '_SEED_ADMIN_ROLE',
          target: org.customerTarget,
        },
        { item: 'assignment', principal: { kind: 'group', id: helpers.id }, permission: '_HELP_DESK_ADMIN_ROLE', target: orgunit },
      ]),
    );
    const offered = new Set(items.flatMap((item) => (item.item === 'permission' ? [item.permission] : [])));
    expect(offered).toEqual(new Set(['_HELP_DESK_ADMIN_ROLE']));
  });

  it('says who cannot log in, and what people are called', async () => {
    const { id, primaryEmail } = org.domain.addUser('left', { suspended: true, fullName: 'Lee Left' });
    const { items } = await org.runner.collectAll(100);
    expect(items).toContainEqual({
      item: 'principal',
      principal: { kind: 'user', id },
      displayName: 'Lee Left',
      enabled: false,
      attributes: { email: primaryEmail },
    });
  });

  it('goes on with one warning where a scope is not delegated', async () => {
    for (let index = 0; index < 20; index += 1) org.domain.addGroup(`group-${index}`);
    for (const name of ['members', 'roles', 'org-units'] as const) org.fake.account.scopes.delete(SCOPES[name]);
    const { items, warnings } = await org.runner.collectAll(1000);
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual(['members', 'org-units', 'roles', 'role-assignments']);
    expect(items.filter(({ item }) => item === 'target')).toHaveLength(22);
  });

  it('survives groups that are deleted, and tokens that end, in the middle', async () => {
    const groups = Array.from({ length: 60 }, (_, index) => org.domain.addGroup(`group-${String(index).padStart(2, '0')}`));
    for (const group of groups) org.join(org.newUser(), 'MEMBER', group);
    const before = (await org.runner.collectAll(7)).items.length;
    const pages = [await org.runner.collect(undefined, 7)];
    for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
      if (pages.length === 20) {
        org.fake.tokens.forget();
        for (const { id } of groups.slice(10, 50)) org.domain.groups.delete(id);
      }
      pages.push(await org.runner.collect(next, 7));
    }
    const items = pages.flatMap((page) => page.items);
    expect(items.length).toBeLessThan(before);
    const last = groups.at(-1)?.id ?? '';
    expect(items).toContainEqual(expect.objectContaining({ item: 'assignment', target: { kind: 'group', path: [last] } }));
    expect(new Set(items.map((item) => JSON.stringify(item))).size).toBe(items.length);
  });

  it('of a huge organization is complete, in pages that any process can go on with', async () => {
    for (let index = 0; index < 10_000; index += 1) org.join(org.newUser());
    const { items, pages } = await org.runner.collectAll(500);
    expect(items.filter(({ item }) => item === 'assignment')).toHaveLength(10_000);
    expect(items.filter(({ item }) => item === 'principal')).toHaveLength(10_002);
    for (const page of pages) expect(page.items.length).toBeLessThanOrEqual(501);
  }, 120_000);

  it('refuses the cursor of somebody else', async () => {
    for (const cursor of ['', '{}', '{"stage":"users","size":10,"token":"../x"}', '{"stage":"constructor","size":1}']) {
      await expect(org.runner.collect(cursor, 10)).rejects.toMatchObject({ name: 'RunnerError' });
    }
  });
});
