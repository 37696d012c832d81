import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { refusal } from '../contract/contract.js';
import { memberOf, ORGANIZATION, Organization } from './organization.js';

const USE_ACCOUNTS = 'roles/iam.serviceAccountUser';

describe('roles', () => {
  let organization: Organization;
  let runner: ReturnType<Organization['newRunner']>;

  beforeAll(async () => {
    organization = await Organization.start();
  });
  beforeEach(() => {
    runner = organization.newRunner();
  });
  afterAll(() => organization.stop());

  const wish = (permission: string, kind: string, ...path: readonly string[]) => ({
    permission,
    target: { kind, path: [ORGANIZATION, ...path] },
    principal: organization.newPerson('user'),
  });

  it("that act as service accounts are given away from the runner's project, and refused on it and on what holds it", async () => {
    await runner.plan(wish(USE_ACCOUNTS, 'project', 'shop-prod'));
    await runner.plan(wish(USE_ACCOUNTS, 'folder', '100'));
    for (const place of [['organization'], ['folder', '102'], ['project', 'axiom-integration']] as const) {
      const [kind, ...path] = place;
      await expect(runner.plan(wish(USE_ACCOUNTS, kind, ...path))).rejects.toEqual(refusal('UNSUPPORTED'));
    }
  });

  it("that act as service accounts are refused on a folder when nobody can tell where the runner's project is", async () => {
    const secret = organization.secret({ project_id: 'hidden-project' });
    const blind = organization.newRunner(secret);
    await expect(blind.plan(wish(USE_ACCOUNTS, 'folder', '100'))).rejects.toEqual(refusal('UNSUPPORTED'));
    await blind.plan(wish('roles/logging.viewer', 'folder', '100'));
  });

  it('that grant or define roles are refused whatever they are called', async () => {
    const name = `organizations/${ORGANIZATION}/roles/harmless`;
    for (const permission of ['resourcemanager.folders.setIamPolicy', 'iam.roles.update']) {
      organization.cloud.world.roles.set(name, {
        name,
        title: 'Harmless',
        stage: 'GA',
        includedPermissions: ['storage.objects.get', permission],
      });
      await expect(runner.plan(wish(name, 'project', 'shop-prod'))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        object: `${name}: ${permission}`,
      });
    }
  });

  it('without a condition are left to who had them before, and end with the last access', async () => {
    const { world } = organization.cloud;
    const before = wish('roles/viewer', 'project', 'shop-prod');
    world.bind('projects/shop-prod', 'roles/viewer', memberOf(before.principal));
    const { intent: kept } = await runner.grant(before);
    await runner.revert(kept);
    expect(organization.has(before.principal, 'roles/viewer', 'projects/shop-prod')).toBe(true);

    const shared = wish('roles/editor', 'project', 'shop-prod');
    const { intent: first } = await runner.grant(shared);
    const { intent: second } = await runner.grant(shared);
    const { intent: lower } = await runner.grant({ ...shared, permission: 'roles/viewer' });
    for (const [intent, still] of [
      [second, 'roles/editor'],
      [first, 'roles/viewer'],
    ] as const) {
      await runner.revert(intent);
      expect(organization.has(shared.principal, still, 'projects/shop-prod')).toBe(true);
    }
    expect(organization.has(shared.principal, 'roles/editor', 'projects/shop-prod')).toBe(false);
    await runner.revert(lower);
    expect(organization.has(shared.principal, 'roles/viewer', 'projects/shop-prod')).toBe(false);
  });

  it('are not given twice by two bindings when two accesses overlap: each has its own, and its own end', async () => {
    const shared = wish('roles/storage.objectViewer', 'project', 'shop-prod');
    const { intent: first } = await runner.grant(shared);
    const { intent: second } = await runner.grant(shared);
    expect(organization.bindingsOfRunner()).toHaveLength(2);
    await runner.revert(first);
    const { proved, warnings } = await runner.verify(first);
    expect({ proved, warnings }).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining('a binding of roles/storage.objectViewer')],
    });
    await runner.revert(second);
    expect(organization.bindingsOfRunner()).toEqual([]);
  });
});
