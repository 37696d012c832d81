import { describe, expect, it, jest } from '@jest/globals';
import { okta } from '../../../src/integrations/okta/integration.js';
import { refusal } from '../contract/contract.js';
import { RunnerHarness } from '../runner-harness.js';
import { POWERLESS, SYSTEM } from './example-org.js';
import { eachWithFreshOrg } from './fresh-org.js';

describe('the collection', () => {
  jest.setTimeout(60_000);
  const at = eachWithFreshOrg();
  const assignment = (kind: string, id: string, permission: string, target: object, through?: object) => ({
    item: 'assignment',
    principal: { kind, id },
    permission,
    target,
    ...(through && { through }),
  });

  it('shows who has what, and through which group', async () => {
    const { world, group, app, customRole, resourceSet } = at.org;
    const { id } = at.org.addPerson('zoe@example.com');
    const through = { kind: 'group', id: group.id };
    world.addMember(group, id);
    world.addAppGroup(app, group);
    world.addRole({ kind: 'group', id: group.id }, 'HELP_DESK_ADMIN');
    world.addRole({ kind: 'user', id }, 'REPORT_ADMIN');
    world.bind(resourceSet.id, customRole.id, { kind: 'user', id });
    world.bind(resourceSet.id, customRole.id, { kind: 'group', id: group.id });
    const { items, warnings } = await at.runner.collectAll(500);
    const onOrg = { kind: 'org', path: [world.orgId] };
    const onApp = { kind: 'app', path: [app.id] };
    const onSet = { kind: 'resource-set', path: [resourceSet.id] };
    expect(warnings).toEqual([]);
    expect(items).toEqual(
      expect.arrayContaining([
        {
          item: 'principal',
          principal: { kind: 'user', id },
          displayName: expect.stringMatching(/^Person/),
          enabled: true,
          attributes: { login: 'zoe@example.com', status: 'ACTIVE' },
        },
        { item: 'principal', principal: through, displayName: 'Analysts', attributes: { type: 'OKTA_GROUP' } },
        { item: 'target', target: onOrg, displayName: 'Example' },
        { item: 'target', target: onApp, displayName: 'Wiki' },
        { item: 'target', target: onSet, displayName: 'Sales' },
        { item: 'permission', permission: customRole.id, targetKind: 'resource-set', description: 'Helpers' },
        assignment('user', id, 'Member', { kind: 'group', path: [group.id] }),
        assignment('user', id, 'Assigned', onApp, through),
        assignment('group', group.id, 'Assigned', onApp),
        assignment('user', id, 'REPORT_ADMIN', onOrg),
        assignment('user', id, 'HELP_DESK_ADMIN', onOrg, through),
        assignment('user', id, customRole.id, onSet),
        assignment('group', group.id, customRole.id, onSet),
      ]),
    );
  });

  it('of ten thousand users goes on where another runner stopped', async () => {
    for (let index = 0; index < 10_000; index += 1) at.org.world.addMember(at.org.group, at.org.addPerson().id);
    const principals = new Set<string>();
    let members = 0;
    let cursor: string | undefined;
    do {
      const other = new RunnerHarness(okta, SYSTEM, at.org.secret());
      const { items, next } = await other.collect(cursor, 2000);
      for (const item of items) {
        if (item.item === 'principal' && item.principal.kind === 'user') principals.add(item.principal.id);
        if (item.item === 'assignment' && item.target.path[0] === at.org.group.id) members += 1;
      }
      await other.stop();
      cursor = next;
    } while (cursor !== undefined);
    expect(principals.size).toBe(at.org.world.users.size);
    expect(members).toBe(10_000);
  });

  it('goes on after a group that vanished while its members were read', async () => {
    const later = at.org.world.addGroup('Later');
    for (let index = 0; index < 30; index += 1) {
      const { id } = at.org.addPerson();
      at.org.world.addMember(at.org.group, id);
      at.org.world.addMember(later, id);
    }
    let laterMembers = 0;
    for (let cursor: string | undefined, more = true; more; ) {
      const { items, next } = await at.runner.collect(cursor, 10);
      if (items.some((item) => item.item === 'assignment' && item.target.path[0] === at.org.group.id))
        at.org.world.groups.delete(at.org.group.id);
      laterMembers += items.filter((item) => item.item === 'assignment' && item.target.path[0] === later.id).length;
      cursor = next;
      more = next !== undefined;
    }
    expect(laterMembers).toBe(30);
  });

  it('names what the token may not read, and collects the rest', async () => {
    const admin = at.org.addPerson();
    at.org.world.addToken('aTokenOfAnAdminWithLimits', admin);
    at.org.world.addRole({ kind: 'user', id: admin.id }, 'APP_ADMIN');
    const limited = new RunnerHarness(okta, SYSTEM, at.org.secret({ token: 'aTokenOfAnAdminWithLimits' }));
    const { items, warnings } = await limited.collectAll(500);
    await limited.stop();
    expect(items).toContainEqual({ item: 'target', target: { kind: 'app', path: [at.org.app.id] }, displayName: 'Wiki' });
    expect(warnings.map((warning) => warning.split(' ')[0])).toEqual(['org', 'admin-roles', 'custom-roles', 'resource-sets', 'bindings']);
  });

  it('does not take an org that Okta hides for an empty one', async () => {
    const { next } = await at.runner.collect(undefined, 20);
    await expect(at.runner.collect(next, 20, { secret: at.org.secret({ token: POWERLESS }) })).rejects.toEqual(
      refusal('TARGET_PERMISSION_DENIED'),
    );
  });

  it('refuses a cursor that it did not write', async () => {
    for (const cursor of ['', '{}', '{"stage":"secrets","size":10}', 'https://example.com/']) {
      await expect(at.runner.collect(cursor, 10)).rejects.toEqual(refusal('TASK_REJECTED'));
    }
  });
});
