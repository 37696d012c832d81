import { describe, expect, it } from '@jest/globals';
import { eachWithFreshOrganization } from './bench.js';

describe('a collection', () => {
  const at = eachWithFreshOrganization();

  it('has projects, clusters, teams, people, database users, and who has what', async () => {
    const { world, payments, website } = at.organization;
    const org = world.org.id;
    const platform = world.addTeam('platform');
    payments.teams.set(platform.id, new Set(['GROUP_READ_ONLY']));
    const person = world.addUser('person@example.com');
    person.groupRoles.set(payments.id, new Set(['GROUP_OWNER']));
    person.teamIds.add(platform.id);
    const invited = world.addUser('invited@example.com', 'PENDING');
    website.customRoles.set('reporting', { roleName: 'reporting', actions: [] });
    const scopes = [{ name: 'Cluster0', type: 'CLUSTER' }];
    const roles = [
      { roleName: 'readAnyDatabase', databaseName: 'admin' },
      { roleName: 'readWrite', databaseName: 'sales' },
      { roleName: 'read', databaseName: 'sales', collectionName: 'orders' },
    ];
    const login = { databaseName: 'admin', password: 'a password', roles };
    payments.databaseUsers.set('scoped', { ...login, username: 'scoped', scopes, deleteAfterDate: '2030-01-01T00:00:00Z' });
    payments.databaseUsers.set('wide', { ...login, username: 'wide', scopes: [] });

    const { items, warnings } = await at.runner.collectAll(3);
    expect(warnings).toEqual([]);
    const target = at.organization.target.bind(at.organization);
    const of = (id: string) => ({ kind: 'user', id });
    const team = { kind: 'team', id: platform.id };
    const databaseUser = (name: string) => ({ kind: 'database-user', id: `${payments.id}/admin/${name}` });
    const expiresAt = Date.parse('2030-01-01T00:00:00Z') / 1000;
    const has = (principal: object, permission: string, place: object, more = {}) => ({
      item: 'assignment',
      principal,
      permission,
      target: place,
      ...more,
    });
    expect(items.filter(({ item, ...rest }) => item !== 'permission' || 'target' in rest)).toEqual([
      { item: 'target', target: target('organization'), displayName: 'Example-Org' },
      { item: 'target', target: target('project', payments.id), displayName: 'payments' },
      { item: 'target', target: target('project', website.id), displayName: 'website' },
      { item: 'principal', principal: team, displayName: 'platform' },
      { item: 'target', target: target('team', platform.id), displayName: 'platform' },
      {
        item: 'principal',
        principal: of(person.id),
        displayName: 'First Last',
        enabled: true,
        attributes: { username: 'person@example.com', status: 'ACTIVE' },
      },
      has(of(person.id), 'ORG_MEMBER', target('organization')),
      has(of(person.id), 'GROUP_OWNER', target('project', payments.id)),
      has(of(person.id), 'Member', target('team', platform.id)),
      {
        item: 'principal',
        principal: of(invited.id),
        displayName: 'invited@example.com',
        enabled: false,
        attributes: { username: 'invited@example.com', status: 'PENDING' },
      },
      has(of(invited.id), 'ORG_MEMBER', target('organization')),
      { item: 'target', target: target('cluster', payments.id, 'Cluster0') },
      { item: 'target', target: target('cluster', payments.id, 'reports') },
      { item: 'target', target: target('cluster', website.id, 'Cluster0') },
      has(team, 'GROUP_READ_ONLY', target('project', payments.id)),
      {
        item: 'permission',
        permission: 'reporting',
        targetKind: 'project',
        target: target('project', website.id),
        description: 'Custom role of database users.',
      },
      { item: 'principal', principal: databaseUser('scoped'), displayName: 'scoped' },
      has(databaseUser('scoped'), 'readAnyDatabase', target('cluster', payments.id, 'Cluster0'), { expiresAt }),
      has(databaseUser('scoped'), 'readWrite', target('database', payments.id, 'Cluster0', 'sales'), { expiresAt }),
      has(databaseUser('scoped'), 'read', target('collection', payments.id, 'Cluster0', 'sales', 'orders'), { expiresAt }),
      { item: 'principal', principal: databaseUser('wide'), displayName: 'wide' },
      has(databaseUser('wide'), 'readAnyDatabase', target('project', payments.id)),
      has(databaseUser('wide'), 'readWrite@sales', target('project', payments.id)),
      has(databaseUser('wide'), 'read@sales.orders', target('project', payments.id)),
    ]);
    expect(items.length).toBeGreaterThan(at.runner.integration.declaration.permissions.length);
    expect(org).toBe(at.organization.world.org.id);
  });

  it('names in a warning the projects whose database users the key may not read, and goes on', async () => {
    const { organization, runner } = at;
    const { secret } = organization.otherKey([
      { orgId: organization.world.org.id, roleName: 'ORG_READ_ONLY' },
      { groupId: organization.website.id, roleName: 'GROUP_OWNER' },
    ]);
    const { items, warnings } = await runner.collect(undefined, 10_000, { secret });
    expect(warnings).toEqual([
      expect.stringContaining('custom roles of the project payments could not be read'),
      expect.stringContaining('database users of the project payments could not be read'),
    ]);
    expect(items).toContainEqual({ item: 'target', target: organization.target('cluster', organization.payments.id, 'Cluster0') });
  });

  it('goes on anywhere through ten thousand people, and bears that some vanish meanwhile', async () => {
    const { world } = at.organization;
    for (let count = 0; count < 10_000; count += 1) world.addUser(`person-${count}@example.com`);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      // Each page by another process, with nothing but the cursor.
      const page = await at.runner.collect(cursor, 1000);
      for (const item of page.items) if (item.item === 'principal' && item.principal.kind === 'user') seen.push(item.principal.id);
      if (seen.length >= 5000) for (const id of [...world.users.keys()].slice(9_990)) world.users.delete(id);
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(9_990);
    expect(new Set(seen).size).toBe(9_990);
  });
});
