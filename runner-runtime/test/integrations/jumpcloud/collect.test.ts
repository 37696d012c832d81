import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FORBIDDEN, NOT_FOUND } from '../../support/fake-vendor/jumpcloud/replies.js';
import { type Bench, startBench } from './bench.js';
import { group, user } from './directory.js';

const ROOT = { enabled: true, withoutPassword: true };

describe('a collection', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  it('has people, groups, applications, devices, and who has what on them', async () => {
    const { directory, runner } = bench;
    const { world, device, application } = directory;
    const jane = world.addUser('jane', 'jane@example.com');
    const late = world.addUser('late', 'late@example.com');
    late.suspended = true;
    late.sudo = true;
    const devices = world.addDeviceGroup('Laptops');
    directory.group.members.add(jane.id);
    application.user_group.add(directory.group.id);
    application.user.add(late.id);
    device.user.set(jane.id, undefined);
    device.user_group.set(directory.group.id, { enabled: true, withoutPassword: false });
    devices.user.set(late.id, ROOT);
    world.addRequest({ userId: jane.id, deviceId: device.id, remarks: '', sudo: ROOT, expiry: 2_000_000_000 });
    world.addRequest({ userId: late.id, deviceId: device.id, remarks: '', sudo: ROOT, expiry: 2_000_000_000 }).revoked = true;

    const { items, warnings } = await runner.collectAll(5);
    const person = ({ id, username, email }: typeof jane) => ({
      item: 'principal',
      principal: user({ id }),
      displayName: username,
      attributes: { username, email },
    });
    const target = (kind: string, { id }: { readonly id: string }) => ({ kind, path: [id] });
    const assignment = { item: 'assignment' };
    expect(warnings).toEqual([]);
    expect(items.filter(({ item }) => item !== 'permission')).toEqual([
      { ...person(jane), enabled: true },
      { ...person(late), enabled: false, attributes: { username: 'late', email: 'late@example.com', administratorOfAllDevices: true } },
      { item: 'principal', principal: group(directory.group), displayName: 'Analysts', attributes: { membershipMethod: 'STATIC' } },
      { item: 'target', target: target('group', directory.group), displayName: 'Analysts' },
      { item: 'target', target: target('application', application), displayName: 'Wiki' },
      { item: 'target', target: target('device', device), displayName: 'laptop' },
      { item: 'target', target: target('device-group', devices), displayName: 'Laptops' },
      { ...assignment, principal: user(jane), permission: 'Member', target: target('group', directory.group) },
      { ...assignment, principal: group(directory.group), permission: 'Access', target: target('application', application) },
      { ...assignment, principal: group(directory.group), permission: 'Admin', target: target('device', device) },
      { ...assignment, principal: user(late), permission: 'Access', target: target('application', application) },
      { ...assignment, principal: user(jane), permission: 'Standard', target: target('device', device) },
      { ...assignment, principal: user(late), permission: 'Passwordless Sudo', target: target('device-group', devices) },
      { ...assignment, principal: user(jane), permission: 'Passwordless Sudo', target: target('device', device), expiresAt: 2_000_000_000 },
    ]);
  });

  it('of ten thousand people goes on anywhere with its cursor alone', async () => {
    const { directory, runner } = bench;
    for (let index = 0; index < 10_000; index += 1) directory.group.members.add(directory.world.addUser(`user${index}`).id);
    const ids = new Set<string>();
    let members = 0;
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await runner.collect(cursor, 2000);
      expect(page.items.length).toBeLessThanOrEqual(2000);
      for (const item of page.items) {
        if (item.item === 'principal' && item.principal.kind === 'user') ids.add(item.principal.id);
        if (item.item === 'assignment') members += 1;
      }
      cursor = page.next;
      more = cursor !== undefined;
    }
    expect([ids.size, members]).toEqual([10_000, 10_000]);
  }, 120_000);

  it('goes on when a group vanishes while its members are read', async () => {
    const { directory, runner } = bench;
    const groups = Array.from({ length: 20 }, () => directory.newGroup());
    const member = directory.newUser();
    for (const each of groups) each.members.add(member.id);
    const items: unknown[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      const page = await runner.collect(cursor, 5);
      items.push(...page.items);
      if (cursor?.includes('"members"') === true) directory.world.groups.delete(groups[12]?.id ?? '');
      cursor = page.next;
      more = cursor !== undefined;
    }
    expect(items).toContainEqual(expect.objectContaining({ permission: 'Member', target: { kind: 'group', path: [groups[19]?.id] } }));
  });

  it('has what the role may see, and names the rest', async () => {
    const { directory, runner } = bench;
    for (const place of ['/api/applications', '/api/systems', '/api/v2/systemgroups']) directory.fake.refused.set(place, FORBIDDEN);
    directory.fake.refused.set('/api/v2/accessrequests', NOT_FOUND);
    directory.group.members.add(directory.newUser().id);
    const { items, warnings } = await runner.collectAll(100);
    expect(items).toContainEqual(expect.objectContaining({ item: 'assignment', permission: 'Member' }));
    expect(warnings).toEqual(
      ['applications', 'devices', 'device-groups', 'application-', 'device-', 'device-group-', 'application-', 'device-', 'device-group-']
        .concat('access requests')
        .map((list) => expect.stringMatching(new RegExp(`^${list}.* could not be read`))),
    );
  });

  it('is whole though its lists are not counted', async () => {
    const { directory, runner } = bench;
    directory.fake.countsLists = false;
    for (let index = 0; index < 199; index += 1) directory.newGroup();
    const { items } = await runner.collectAll(1000);
    expect(items.filter((item) => item.item === 'target' && item.target.kind === 'group')).toHaveLength(200);
  });
});
