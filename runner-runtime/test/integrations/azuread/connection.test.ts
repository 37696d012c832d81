import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { azuread } from '../../../src/integrations/azuread/integration.js';
import type { Registration } from '../../support/fake-vendor/azuread/state.js';
import { DOMAIN } from '../../support/fake-vendor/azuread/state.js';
import { RunnerHarness } from '../runner-harness.js';
import { PERMISSIONS, SYSTEM, Tenant } from './tenant.js';

describe('the connection test of Microsoft Entra ID', () => {
  jest.setTimeout(60_000);
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.start();
  });
  afterAll(() => tenant?.stop());

  async function check(name: string, registration?: Registration, system = SYSTEM) {
    const runner = new RunnerHarness(azuread, system, tenant.secret(registration));
    return (await runner.testConnection()).find((one) => one.name === name);
  }
  const registered = (name: string, permissions: readonly string[]) => tenant.entra.directory.register(name, permissions);
  const without = (name: string, ...left: readonly string[]) =>
    registered(
      name,
      PERMISSIONS.filter((each) => !left.includes(each)),
    );

  it('finds nothing to mend with what the documentation asks for', async () => {
    tenant.entra.directory.newUser();
    const checks = await tenant.runner().testConnection();
    expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    tenant.entra.directory.users.clear();
  });

  it('tells a wrong secret, an expired one, an unknown application and an unknown tenant apart', async () => {
    const { directory } = tenant.entra;
    const expired = directory.register('expired', PERMISSIONS, { isSecretExpired: true });
    const failing: readonly (readonly [Record<string, string>, string])[] = [
      [{ azuread_client_secret: 'another' }, 'The client secret is wrong.'],
      [{ azuread_client_id: expired.clientId, azuread_client_secret: expired.secret }, 'The client secret has expired.'],
      [{ azuread_client_id: 'nobody' }, 'The tenant has no such application.'],
      [{ azuread_tenant_id: 'fabrikam.onmicrosoft.com' }, 'There is no such tenant in this cloud.'],
    ];
    for (const [fields, message] of failing) {
      const runner = new RunnerHarness(azuread, SYSTEM, { ...tenant.secret(), ...fields });
      const [first, ...others] = await runner.testConnection();
      expect(first).toMatchObject({ name: 'token', outcome: 'authentication_failed', detail: expect.stringContaining(message) });
      expect(new Set(others.map(({ outcome }) => outcome))).toEqual(new Set(['skipped']));
    }
  });

  it('says that nobody has consented', async () => {
    expect(await check('consent', registered('unconsented', []))).toMatchObject({
      outcome: 'permission_missing',
      mend: expect.stringContaining('grant admin consent'),
    });
  });

  it('names the permission that each part lacks', async () => {
    expect(await check('users', without('no users', 'User.Read.All'))).toMatchObject({
      outcome: 'permission_missing',
      mend: expect.stringContaining('User.Read.All'),
    });
    expect(await check('groups', without('no groups', 'GroupMember.ReadWrite.All'))).toMatchObject({ outcome: 'permission_missing' });
    expect(await check('group-membership', without('no members', 'GroupMember.ReadWrite.All'))).toMatchObject({ outcome: 'warning' });
    expect(await check('directory-roles', without('no roles', 'RoleAssignmentSchedule.ReadWrite.Directory'))).toMatchObject({
      outcome: 'warning',
      mend: expect.stringContaining('RoleAssignmentSchedule.ReadWrite.Directory'),
    });
    expect(await check('app-roles', without('no app roles', 'AppRoleAssignment.ReadWrite.All'))).toMatchObject({
      outcome: 'warning',
      mend: expect.stringContaining('AppRoleAssignment.ReadWrite.All'),
    });
  });

  it('refuses an application that can only read', async () => {
    const reading = registered('reader', ['User.Read.All', 'GroupMember.Read.All']);
    expect(await check('group-membership', reading)).toMatchObject({ outcome: 'permission_missing' });
  });

  it('warns of a tenant that ends no directory roles by itself', async () => {
    tenant.entra.directory.isLicensed = false;
    const scheduled = await check('role-expiry');
    const plain = await check('role-expiry', registered('plain', [...PERMISSIONS, 'RoleManagement.ReadWrite.Directory']));
    tenant.entra.directory.isLicensed = true;
    expect(scheduled).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('no directory role can be given') });
    expect(plain).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('only the runner ends directory roles') });
  });

  it('warns of permissions that reach further than needed', async () => {
    const mighty = registered('mighty', [...PERMISSIONS, 'Application.ReadWrite.All', 'Directory.ReadWrite.All']);
    expect(await check('least-privilege', mighty)).toMatchObject({
      outcome: 'warning',
      detail: 'The runner does not need Application.ReadWrite.All, Directory.ReadWrite.All.',
    });
  });

  it('sees that a secret is named after another tenant, or after a domain of it', async () => {
    const organization = registered('organization', [...PERMISSIONS, 'Organization.Read.All']);
    const other = { type: 'azuread', id: '99999999-2222-4333-8444-555555555555' };
    expect(await check('tenant', undefined, other)).toMatchObject({ outcome: 'failed', mend: expect.stringContaining(SYSTEM.id) });
    expect(await check('tenant', organization, { type: 'azuread', id: DOMAIN })).toMatchObject({ outcome: 'ok' });
    expect(await check('tenant', organization, { type: 'azuread', id: 'fabrikam.com' })).toMatchObject({ outcome: 'failed' });
    expect(await check('tenant', undefined, { type: 'azuread', id: DOMAIN })).toMatchObject({ outcome: 'permission_missing' });
  });

  it('calls a tenant without users empty', async () => {
    expect(await check('empty')).toMatchObject({ outcome: 'empty' });
  });
});
