import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Binding } from '../../support/fake-vendor/gcp/world.js';
import { refusal } from '../contract/contract.js';
import { memberOf, ORGANIZATION, Organization } from './organization.js';

const SHOP = 'projects/shop-prod';
const target = { kind: 'project', path: [ORGANIZATION, 'shop-prod'] };
const ROLE = 'roles/storage.objectViewer';

describe('policies that others write too', () => {
  let organization: Organization;
  let runner: ReturnType<Organization['newRunner']>;

  beforeAll(async () => {
    organization = await Organization.start();
  });
  beforeEach(() => {
    runner = organization.newRunner();
  });
  afterAll(() => organization.stop());

  const policy = () => organization.cloud.world.policyOf(SHOP);
  const own = (): Binding | undefined => policy().bindings.find(({ condition }) => condition?.title?.startsWith('axm_') === true);
  const give = (permission = ROLE, principal = organization.newPerson('user')) => runner.grant({ target, permission, principal });

  it('gives a role by a binding for one principal, which ends by itself a little after the access', async () => {
    const principal = organization.newPerson('user');
    const { intent } = await give(ROLE, principal);
    const end = new Date((intent.expiresAt + 60) * 1000).toISOString().replace('.000Z', 'Z');
    expect(own()).toMatchObject({
      role: ROLE,
      members: [memberOf(principal)],
      condition: { expression: `request.time < timestamp("${end}")` },
    });
    organization.cloud.world.now = intent.expiresAt + 61;
    expect(organization.has(principal, ROLE, SHOP)).toBe(false);
    organization.cloud.world.now = runner.seconds;
    await runner.extend({ ...intent, expiresAt: intent.expiresAt + 600 });
    expect(own()?.condition?.expression).toContain(new Date((intent.expiresAt + 660) * 1000).toISOString().slice(0, 19));
    await runner.revert(intent);
    expect(own()).toBeUndefined();
  });

  it("leaves others' bindings, conditions and audit configurations as they are", async () => {
    const { world } = organization.cloud;
    const principal = organization.newPerson('user');
    world.bind(SHOP, ROLE, memberOf(principal), { title: 'office hours', expression: 'request.time.getHours() < 18' });
    world.bind(SHOP, 'roles/viewer', memberOf(organization.newPerson('group')));
    const { bindings: before, auditConfigs } = structuredClone(policy());
    for (const permission of [ROLE, 'roles/viewer', 'roles/editor']) {
      const { intent } = await give(permission, principal);
      await runner.extend({ ...intent, expiresAt: intent.expiresAt + 60 });
      await runner.revert(intent);
    }
    const sorted = (bindings: readonly Binding[]) => bindings.map((binding) => JSON.stringify(binding)).sort();
    expect(sorted(policy().bindings)).toEqual(sorted(before));
    expect(policy().auditConfigs).toEqual(auditConfigs);
  });

  it('reads and writes again when somebody else was faster', async () => {
    const { world, vendor } = organization.cloud;
    const rivals: string[] = [];
    const interfere = () => {
      const last = vendor.calls.at(-1) ?? '';
      if (!last.includes('shop-prod:getIamPolicy') || rivals.length >= 3) return {};
      const rival = memberOf(organization.newPerson('user'));
      rivals.push(rival);
      // After the answer was made, before it is sent: what the runner reads is old.
      world.bind(SHOP, 'roles/logging.viewer', rival);
      return {};
    };
    vendor.commonHeaders = interfere;
    const principal = organization.newPerson('user');
    const { intent } = await give(ROLE, principal);
    vendor.commonHeaders = () => ({});
    expect(rivals).toHaveLength(3);
    expect(organization.has(principal, ROLE, SHOP)).toBe(true);
    for (const rival of rivals) expect(policy().bindings.some(({ members }) => members.includes(rival))).toBe(true);
    await runner.revert(intent);
    for (const rival of rivals) expect(policy().bindings.some(({ members }) => members.includes(rival))).toBe(true);
  });

  it('leaves those whom others added to its binding, under another title', async () => {
    const { world } = organization.cloud;
    const { intent } = await give();
    const added = organization.newPerson('user');
    const { title = '', ...condition } = own()?.condition ?? { expression: '' };
    world.bind(SHOP, ROLE, memberOf(added), { title, ...condition });
    const { warnings } = await runner.revert(intent);
    expect(warnings).toEqual([expect.stringContaining('somebody added others to the binding')]);
    expect(own()).toBeUndefined();
    expect(organization.has(added, ROLE, SHOP)).toBe(true);
    expect(organization.has(intent.principal, ROLE, SHOP)).toBe(false);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('removes its binding when the principal was renamed or deleted since', async () => {
    const { intent } = await give();
    policy().bindings = policy().bindings.map((binding) =>
      binding === own() ? { ...binding, members: ['deleted:user:gone@example.com?uid=1234567890'] } : binding,
    );
    await runner.revert(intent);
    expect(own()).toBeUndefined();
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });

  it.each([ROLE, 'roles/viewer'])('refuses an alias, which Google writes as another address: %s', async (permission) => {
    const { world } = organization.cloud;
    const primary = organization.newPerson('user');
    world.aliases.set('nickname@example.com', primary.id);
    const before = structuredClone(policy().bindings);
    await expect(give(permission, { kind: 'user', id: 'nickname@example.com' })).rejects.toEqual(refusal('PRINCIPAL_NOT_FOUND'));
    expect(policy().bindings).toEqual(before);
  });

  it('says with a typed error what Google refuses in a policy', async () => {
    const { world } = organization.cloud;
    await expect(give(ROLE, { kind: 'user', id: 'nobody@example.com' })).rejects.toEqual(refusal('PRINCIPAL_NOT_FOUND'));
    await expect(give(ROLE, { kind: 'group', id: organization.newPerson('user').id })).rejects.toEqual(refusal('PRINCIPAL_NOT_FOUND'));
    const folder = { kind: 'folder', path: [ORGANIZATION, '100'] };
    const wish = { target: folder, permission: 'roles/appengine.memcacheDataAdmin', principal: organization.newPerson('user') };
    await expect(runner.grant(wish)).rejects.toEqual(refusal('PERMISSION_NOT_FOUND'));
    world.permittedDomain = 'example.net';
    await expect(give()).rejects.toEqual(refusal('UNSUPPORTED'));
    world.permittedDomain = undefined;
  });

  it('says which limit a policy has reached', async () => {
    const { world } = organization.cloud;
    const sandbox = { kind: 'project', path: [ORGANIZATION, 'sandbox'] };
    const principal = organization.newPerson('user');
    for (let index = 0; index < 20; index += 1) {
      world.bind('projects/sandbox', ROLE, memberOf(principal), {
        title: `old ${index}`,
        expression: `request.time < timestamp("20${10 + index}-01-01T00:00:00Z")`,
      });
    }
    await expect(runner.grant({ target: sandbox, permission: ROLE, principal })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('20 conditional bindings'),
    });
    const groups = Array.from({ length: 250 }, () => memberOf(organization.newPerson('group')));
    for (const group of groups) world.bind('projects/sandbox', 'roles/browser', group);
    const wish = { target: sandbox, permission: ROLE, principal: organization.newPerson('group') };
    await expect(runner.grant(wish)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('250 groups') });
    await expect(runner.grant({ ...wish, permission: 'roles/viewer' })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('tells through what a principal still has the role: inherited, or by another binding that has not expired', async () => {
    const { world } = organization.cloud;
    const principal = organization.newPerson('user');
    world.bind('folders/100', ROLE, memberOf(principal));
    world.bind(SHOP, ROLE, memberOf(principal), { title: 'old', expression: 'request.time < timestamp("2020-01-01T00:00:00Z")' });
    const { intent } = await give(ROLE, principal);
    await runner.revert(intent);
    const { proved, warnings } = await runner.verify(intent);
    expect({ proved, warnings }).toEqual({
      proved: true,
      warnings: [`${memberOf(principal)} still has access through a binding of ${ROLE} on folders/100`],
    });
  });

  it('ends an access to a project that has gone meanwhile', async () => {
    const { world } = organization.cloud;
    world.addProject('short-lived', `organizations/${ORGANIZATION}`);
    const wish = { target: { kind: 'project', path: [ORGANIZATION, 'short-lived'] }, principal: organization.newPerson('user') };
    for (const permission of [ROLE, 'roles/viewer']) {
      const { intent } = await runner.grant({ ...wish, permission });
      const resource = world.resources.get('projects/short-lived');
      world.resources.delete('projects/short-lived');
      const found = world.policyOf('projects/short-lived');
      world.policies.delete('projects/short-lived');
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
      if (resource !== undefined) world.resources.set('projects/short-lived', resource);
      world.policies.set('projects/short-lived', found);
    }
  });

  it('does not take a refusal for the end of a project, when the right is missing', async () => {
    const { world } = organization.cloud;
    const { intent } = await give();
    const role = `serviceAccount:${organization.runner.email}`;
    const bindings = [...world.policyOf(`organizations/${ORGANIZATION}`).bindings];
    world.unbind(`organizations/${ORGANIZATION}`, ({ members }) => members.includes(role));
    await expect(runner.revert(intent)).rejects.toEqual(refusal('TARGET_PERMISSION_DENIED'));
    world.policyOf(`organizations/${ORGANIZATION}`).bindings = bindings;
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
  });
});
