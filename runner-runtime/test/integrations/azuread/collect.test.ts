import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Pacer } from '../../../src/integration-kit/http/pacer.js';
import { refusal } from '../contract/contract.js';
import { SYSTEM, Tenant } from './tenant.js';

const MANY = 10_000;

describe('the collection of Microsoft Entra ID', () => {
  jest.setTimeout(60_000);
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = await Tenant.start();
  });
  afterEach(() => tenant.stop());

  it('has users, groups, direct members, roles with their holders, and applications with theirs', async () => {
    const { directory } = tenant.entra;
    const user = directory.newUser();
    const service = directory.newServicePrincipal({ appOwnerOrganizationId: null, servicePrincipalType: 'ManagedIdentity' });
    const nested = directory.newGroup({ isAssignableToRole: true });
    for (const id of [user.id, nested.id, service.id]) directory.setMember(tenant.group.id, id, 'hand');
    tenant.give(nested.id, { target: { kind: 'directory', path: [SYSTEM.id] }, permission: 'Global Administrator' });
    tenant.give(user.id, { target: { kind: 'app', path: [tenant.app.id] }, permission: 'Reader' });
    const { items } = await tenant.runner().collectAll(100);
    const principal = (kind: string, id: string) => ({ kind, id });
    const group = { kind: 'group', path: [tenant.group.id] };
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ item: 'principal', principal: principal('user', user.id), displayName: user.userPrincipalName }),
        { item: 'target', target: group, displayName: 'People' },
        { item: 'target', target: { kind: 'directory', path: [SYSTEM.id] } },
        { item: 'permission', permission: 'Reader', targetKind: 'app', target: { kind: 'app', path: [tenant.app.id] } },
        { item: 'permission', permission: 'default', targetKind: 'app', target: { kind: 'app', path: [service.id] } },
        { item: 'assignment', principal: principal('user', user.id), permission: 'Member', target: group },
        { item: 'assignment', principal: principal('group', nested.id), permission: 'Member', target: group },
        { item: 'assignment', principal: principal('service-principal', service.id), permission: 'Member', target: group },
        {
          item: 'assignment',
          principal: principal('group', nested.id),
          permission: 'Global Administrator',
          target: { kind: 'directory', path: [SYSTEM.id] },
        },
        {
          item: 'assignment',
          principal: principal('user', user.id),
          permission: 'Reader',
          target: { kind: 'app', path: [tenant.app.id] },
        },
      ]),
    );
    const roles = items.filter((item) => item.item === 'permission' && item.targetKind === 'directory');
    expect(roles.map((item) => item.item === 'permission' && item.permission).sort()).toEqual(['Reports Reader', 'User Administrator']);
  });

  it(`goes on after each page of ${MANY} users, in any process`, async () => {
    const { directory } = tenant.entra;
    for (let made = 0; made < MANY; made += 1) directory.newUser();
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await tenant.runner().collect(cursor, 2000);
      for (const item of page.items) if (item.item === 'principal' && item.principal.kind === 'user') ids.push(item.principal.id);
      cursor = page.next;
    } while (cursor !== undefined);
    expect(ids).toHaveLength(MANY);
    expect(new Set(ids).size).toBe(MANY);
  });

  it('goes on where groups, members and users go meanwhile', async () => {
    const { directory } = tenant.entra;
    const groups = Array.from({ length: 12 }, () => directory.newGroup());
    for (const { id } of groups) for (let made = 0; made < 5; made += 1) directory.setMember(id, directory.newUser().id, 'hand');
    const runner = tenant.runner();
    const kept = groups.filter((_, index) => index % 3 === 0);
    const members: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await runner.collect(cursor, 4);
      for (const item of page.items) if (item.item === 'assignment' && item.permission === 'Member') members.push(item.principal.id);
      cursor = page.next;
      pages += 1;
      const gone = groups.filter((group) => !kept.includes(group))[pages % 8];
      if (pages > 20 && gone !== undefined) {
        directory.groups.delete(gone.id);
        directory.members.delete(gone.id);
      }
    } while (cursor !== undefined);
    for (const { id } of kept) expect(members).toEqual(expect.arrayContaining([...(directory.members.get(id)?.keys() ?? [])]));
  });

  it('says what the application may not read, and goes on', async () => {
    const limited = tenant.entra.directory.register('limited', ['User.Read.All', 'GroupMember.Read.All']);
    const { items, warnings } = await tenant.runner(limited).collectAll(100);
    expect(items).toContainEqual(expect.objectContaining({ item: 'target', target: { kind: 'group', path: [tenant.group.id] } }));
    for (const part of ['roles', 'role holders', 'applications', 'users of applications']) {
      expect(warnings).toContainEqual(expect.stringContaining(`${part} could not be read`));
    }
  });

  it('asks nobody else for the next page, whatever the answer links to', async () => {
    const { vendor, directory } = tenant.entra;
    directory.newUser();
    let foreign = 0;
    const other = await Tenant.start();
    other.entra.vendor.on('GET', '/v1.0/steal', () => {
      foreign += 1;
      return { status: 200, body: { value: [] } };
    });
    const { runner, links } = linking(tenant, `${other.entra.vendor.url}/v1.0/steal?$skiptoken=place`);
    await runner.collect(undefined, 1).catch(() => undefined);
    expect(links()).toBeGreaterThan(0);
    expect(foreign).toBe(0);
    expect(vendor.calls.length).toBeGreaterThan(0);
    await other.stop();
  });

  it('does not take a part for the whole when the link has no place, or the place is no longer known', async () => {
    tenant.entra.directory.newUser();
    await expect(linking(tenant, 'https://graph.microsoft.com/v1.0/users').runner.collect(undefined, 1)).rejects.toEqual(
      refusal('TARGET_UNREACHABLE'),
    );
    const stale = JSON.stringify({ stage: 'users', size: 10, token: '$skiptoken=long-ago' });
    await expect(tenant.runner().collect(stale, 10)).rejects.toMatchObject({ code: 'CONFLICT', mend: 'Start the collection again.' });
  });

  it('waits as long as Graph asks for, and goes on', async () => {
    const runner = tenant.runner();
    const waits: number[] = [];
    const { access } = runner;
    runner.access = (options) => ({ ...access.call(runner, options), pacer: new Pacer(Date.now, async (ms) => void waits.push(ms)) });
    tenant.entra.vendor.arm('rate limit', 3);
    const { items } = await runner.collect(undefined, 10);
    expect(tenant.entra.vendor.disarm()).toBe(true);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(1000);
    expect(items).toContainEqual(expect.objectContaining({ item: 'target', target: { kind: 'group', path: [tenant.group.id] } }));
  });

  it('refuses cursors that it did not write', async () => {
    for (const token of ['$filter=x', 'https://evil.example.com', '', '$top=5']) {
      await expect(tenant.runner().collect(JSON.stringify({ stage: 'users', size: 10, token }), 10)).rejects.toEqual(
        refusal('TASK_REJECTED'),
      );
    }
    await expect(tenant.runner().collect('no cursor', 10)).rejects.toEqual(refusal('TASK_REJECTED'));
  });
});

/** A runner whose tenant links every list of users to another place. */
function linking(tenant: Tenant, link: string) {
  const runner = tenant.runner();
  const { access } = runner;
  let links = 0;
  runner.access = (options) => {
    const opened = access.call(runner, options);
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await opened.network.fetch(input, init);
      if (!String(input).includes('/users?')) return response;
      links += 1;
      return Response.json({ ...((await response.json()) as object), '@odata.nextLink': link });
    };
    return { ...opened, network: { ...opened.network, fetch } };
  };
  return { runner, links: () => links };
}
