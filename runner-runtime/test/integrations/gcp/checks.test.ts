import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ORGANIZATION, Organization, RUNNER_PERMISSIONS, RUNNER_ROLE } from './organization.js';

describe('the named checks', () => {
  let organization: Organization;

  beforeEach(async () => {
    organization = await Organization.start();
  });
  afterEach(() => organization.stop());

  const check = async (name: string, secret = organization.secret()) =>
    (await organization.newRunner(secret).testConnection()).find((one) => one.name === name);
  const allow = (permissions: readonly string[]) =>
    organization.cloud.world.roles.set(RUNNER_ROLE, {
      name: RUNNER_ROLE,
      title: 'Axiom Runner',
      stage: 'GA',
      includedPermissions: permissions,
    });
  const without = (...missing: string[]) => allow(RUNNER_PERMISSIONS.filter((permission) => !missing.includes(permission)));

  it('are all ok with the role of the documentation', async () => {
    const checks = await organization.newRunner().testConnection();
    expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  });

  it('token: tells a deleted account, a disabled one, a deleted key and a wrong clock apart', async () => {
    const { world } = organization.cloud;
    const secret = organization.secret();
    const detail = async () => (await check('token', secret))?.detail;
    organization.runner.keys.clear();
    expect(await detail()).toContain('deleted or disabled');
    organization.runner.disabled = true;
    expect(await detail()).toContain('is disabled');
    world.accounts.delete(organization.runner.email);
    expect(await detail()).toContain('does not exist');
  });

  it('token: says that the clock is wrong', async () => {
    organization.cloud.world.strictClock = true;
    organization.cloud.world.now += 3600;
    expect(await check('token')).toMatchObject({ outcome: 'authentication_failed', mend: expect.stringContaining('clock') });
  });

  it.each([
    ['organization', 'cloudresourcemanager.googleapis.com', 'permission_missing'],
    ['roles', 'iam.googleapis.com', 'permission_missing'],
    ['access-tokens', 'iamcredentials.googleapis.com', 'warning'],
  ])('%s: says that %s is not enabled', async (name, api, outcome) => {
    organization.cloud.world.disabledApis.add(api);
    expect(await check(name)).toMatchObject({
      outcome,
      detail: expect.stringContaining(api),
      mend: expect.stringContaining(`enable ${api}`),
    });
  });

  it('organization: says which organization is seen instead', async () => {
    const answer = await check('organization', organization.secret({ gcp_organization_id: '999' }));
    expect(answer).toMatchObject({ outcome: 'failed', detail: expect.stringContaining(`organizations/${ORGANIZATION}`) });
  });

  it('read: names each permission that is missing', async () => {
    without('iam.roles.list', 'resourcemanager.folders.getIamPolicy');
    const answer = await check('read');
    expect(answer?.outcome).toBe('permission_missing');
    expect(answer?.detail).toContain('resourcemanager.folders.getIamPolicy, iam.roles.list');
  });

  it('grant-*: warn where no role can be granted, and name what is left', async () => {
    without(...['organizations', 'folders', 'projects'].map((level) => `resourcemanager.${level}.setIamPolicy`));
    expect(await check('grant-organization')).toMatchObject({ outcome: 'warning' });
    expect(await check('grant-folders')).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('on each of the 3 folders') });
    organization.cloud.world.bind(
      'projects/sandbox',
      'roles/resourcemanager.projectIamAdmin',
      `serviceAccount:${organization.runner.email}`,
    );
    expect(await check('grant-projects')).toMatchObject({
      outcome: 'warning',
      detail: expect.stringContaining('on projects/sandbox of the'),
    });
  });

  it('least-privilege: warns of a service account that can do more', async () => {
    allow([...RUNNER_PERMISSIONS, 'iam.serviceAccounts.getAccessToken']);
    expect(await check('least-privilege')).toMatchObject({
      outcome: 'warning',
      detail: expect.stringContaining('iam.serviceAccounts.getAccessToken'),
    });
  });

  it('empty: says that no project is seen, which Google answers with an empty list', async () => {
    without('resourcemanager.projects.get');
    organization.cloud.world.unbind('projects/elsewhere', () => true);
    expect(await check('empty')).toMatchObject({ outcome: 'empty' });
  });
});
