import type { Item } from '@axiom-runner/protocol';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { refusal } from '../contract/contract.js';
import { memberOf, ORGANIZATION, Organization, OTHER_ORGANIZATION, RUNNER_PERMISSIONS, RUNNER_ROLE } from './organization.js';

const PROJECTS = 10_000;

describe('the collection', () => {
  let organization: Organization;
  let runner: ReturnType<Organization['newRunner']>;

  beforeEach(async () => {
    organization = await Organization.start();
    runner = organization.newRunner();
  });
  afterEach(() => organization.stop());

  const targets = (items: readonly Item[], kind: string) =>
    items.flatMap((item) => (item.item === 'target' && item.target.kind === kind ? [item.target.path.join('/')] : []));

  it('shows what is in the organization and in use, with its place', async () => {
    const { items, warnings } = await runner.collectAll(1000);
    expect(targets(items, 'organization')).toEqual([ORGANIZATION]);
    expect(targets(items, 'folder')).toEqual(['100', '101', '102'].map((id) => `${ORGANIZATION}/${id}`));
    expect(targets(items, 'project')).toContain(`${ORGANIZATION}/example.com:old-shop`);
    expect(targets(items, 'project')).not.toContain(`${ORGANIZATION}/elsewhere`);
    expect(targets(items, 'project')).not.toContain(`${ORGANIZATION}/dying-project`);
    expect(targets(items, 'serviceaccount')).toContain(`${ORGANIZATION}/shop-prod/deployer@shop-prod.iam.gserviceaccount.com`);
    expect(JSON.stringify(items)).not.toContain(OTHER_ORGANIZATION);
    expect(warnings).toEqual([]);
  });

  it('shows assignments with their end, and nobody who was deleted', async () => {
    const { world } = organization.cloud;
    const target = { kind: 'folder', path: [ORGANIZATION, '101'] };
    const person = organization.newPerson('user');
    world.bind('folders/101', 'roles/logging.viewer', memberOf(person), {
      title: 'until 2031',
      expression: 'request.time < timestamp("2031-01-01T00:00:00Z") && resource.type == "x"',
    });
    world.bind('folders/101', 'roles/logging.viewer', 'deleted:user:gone@example.com?uid=12345');
    world.bind('folders/101', 'roles/logging.viewer', 'domain:example.com');
    const { items } = await runner.collectAll(1000);
    const found = items.filter((item) => item.item === 'assignment' && item.target.path.at(-1) === '101');
    expect(found).toEqual([
      { item: 'assignment', principal: person, permission: 'roles/logging.viewer', target, expiresAt: Date.UTC(2031, 0, 1) / 1000 },
      { item: 'assignment', principal: { kind: 'domain', id: 'example.com' }, permission: 'roles/logging.viewer', target },
    ]);
  });

  it('shows the roles that can be asked for, those of a project on it alone, and not the owner', async () => {
    const { items } = await runner.collectAll(1000);
    const roles = items.filter((item) => item.item === 'permission');
    expect(roles).toContainEqual({
      item: 'permission',
      permission: 'projects/shop-prod/roles/cashier',
      targetKind: 'project',
      target: { kind: 'project', path: [ORGANIZATION, 'shop-prod'] },
      description: 'Cashier',
    });
    expect(roles).toContainEqual({ item: 'permission', permission: RUNNER_ROLE, targetKind: 'folder', description: 'Axiom Runner' });
    expect(JSON.stringify(roles)).not.toContain('"roles/owner"');
  });

  it('names what may not be read, and goes on', async () => {
    organization.cloud.world.roles.set(RUNNER_ROLE, {
      name: RUNNER_ROLE,
      title: 'Axiom Runner',
      stage: 'GA',
      includedPermissions: RUNNER_PERMISSIONS.filter((permission) => permission !== 'resourcemanager.folders.getIamPolicy'),
    });
    const { items, warnings } = await runner.collectAll(1000);
    expect(warnings).toContainEqual(expect.stringContaining('the allow policy of folders/100 could not be read'));
    expect(items.some((item) => item.item === 'assignment' && item.target.kind === 'project')).toBe(true);
  });

  it('goes on when a project vanishes between two pages', async () => {
    const first = await runner.collect(undefined, 3);
    organization.cloud.world.resources.delete('projects/sandbox');
    organization.cloud.world.policies.delete('projects/sandbox');
    const items = [...first.items];
    for (let next = first.next; next !== undefined; ) {
      const page = await runner.collect(next, 3);
      items.push(...page.items);
      next = page.next;
    }
    expect(targets(items, 'project')).toContain(`${ORGANIZATION}/axiom-integration`);
    expect(items.some((item) => item.item === 'assignment' && item.target.path.at(-1) === 'shop-prod')).toBe(true);
  });

  it('refuses a cursor of somebody else', async () => {
    for (const cursor of ['x', '{}', '{"stage":"nothing","size":1}']) {
      await expect(runner.collect(cursor, 10)).rejects.toEqual(refusal('TASK_REJECTED'));
    }
  });

  it(`reads ${PROJECTS} projects, resumed at each page`, async () => {
    for (let index = 0; index < PROJECTS; index += 1) organization.cloud.world.addProject(`many-${index}`, 'folders/101');
    const found: string[] = [];
    for (let next: string | undefined, more = true; more && found.length < PROJECTS + 5; ) {
      const page = await runner.collect(next, 1000);
      found.push(...targets(page.items, 'project'));
      next = page.next;
      more = next !== undefined;
    }
    expect(new Set(found).size).toBe(PROJECTS + 5);
  }, 120_000);
});
