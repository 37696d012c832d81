import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AzureadSecret } from '../../../src/integrations/azuread/secret.js';
import type { AzureadState } from '../../../src/integrations/azuread/state.js';
import { DOMAIN } from '../../support/fake-vendor/azuread/state.js';
import { refusal } from '../contract/contract.js';
import type { RunnerHarness } from '../runner-harness.js';
import { PERMISSIONS, SYSTEM, Tenant } from './tenant.js';

describe('Microsoft Entra ID gives no', () => {
  jest.setTimeout(60_000);
  let tenant: Tenant;
  let runner: RunnerHarness<AzureadSecret, AzureadState>;
  beforeAll(async () => {
    tenant = await Tenant.start();
    runner = tenant.runner();
  });
  afterAll(() => tenant?.stop());

  const user = () => ({ kind: 'user', id: tenant.entra.directory.newUser().id });
  const serviceOf = (facts = {}) => ({ kind: 'service-principal', id: tenant.entra.directory.newServicePrincipal(facts).id });
  const member = (group: string, principal = user()) =>
    runner.plan({ target: { kind: 'group', path: [group] }, permission: 'Member', principal });
  const role = (permission: string, principal = user()) =>
    runner.plan({ target: { kind: 'directory', path: [SYSTEM.id] }, permission, principal });
  const app = (id: string, permission: string, principal = user()) =>
    runner.plan({ target: { kind: 'app', path: [id] }, permission, principal });

  it('membership that a rule, another directory or Exchange decides on', async () => {
    const { directory } = tenant.entra;
    for (const facts of [
      { groupTypes: ['DynamicMembership'] },
      { onPremisesSyncEnabled: true },
      { mailEnabled: true },
      { mailEnabled: true, securityEnabled: false },
    ]) {
      await expect(member(directory.newGroup(facts).id)).rejects.toEqual(refusal('UNSUPPORTED'));
    }
  });

  it('membership by which a directory role would be given', async () => {
    const { id } = tenant.entra.directory.newGroup({ isAssignableToRole: true });
    await expect(member(id)).rejects.toMatchObject({ code: 'UNSUPPORTED', mend: expect.stringContaining('directory role') });
  });

  it('membership in a Microsoft 365 group to what is no user, and in a group to itself', async () => {
    const { directory } = tenant.entra;
    const { id } = directory.newGroup({ groupTypes: ['Unified'], mailEnabled: true });
    await expect(member(id, serviceOf())).rejects.toEqual(refusal('UNSUPPORTED'));
    await expect(member(id)).resolves.toMatchObject({ state: { way: 'membership' } });
    await expect(member(tenant.group.id, { kind: 'group', id: tenant.group.id })).rejects.toEqual(refusal('UNSUPPORTED'));
  });

  it('role whose holder could take over the tenant, built-in or custom', async () => {
    const { directory } = tenant.entra;
    const actions = [
      'microsoft.directory/applications/credentials/update',
      'microsoft.directory/servicePrincipals/owners/update',
      'microsoft.directory/applications.myOrganization/allProperties/update',
      'microsoft.directory/roleAssignments/allProperties/allTasks',
      'microsoft.directory/domains/federation/update',
      'microsoft.directory/groupsAssignableToRoles/members/update',
    ];
    for (const action of actions) {
      const { id } = directory.newRole(`custom ${action}`, { isBuiltIn: false }, [action]);
      await expect(role(id)).rejects.toEqual(refusal('UNSUPPORTED'));
    }
    const reading = directory.newRole('custom reader', {}, ['microsoft.directory/roleAssignments/allProperties/read']);
    await expect(role(reading.id)).resolves.toMatchObject({ state: { way: 'directory-role' } });
    await expect(role('Global Administrator')).rejects.toEqual(refusal('UNSUPPORTED'));
    await expect(role('62E90394-69f5-4237-9190-012177145e10')).rejects.toEqual(refusal('UNSUPPORTED'));
  });

  it('role that is disabled, or that two custom roles could be', async () => {
    const { directory } = tenant.entra;
    directory.newRole('Disabled', { isEnabled: false });
    directory.newRole("Twin's", { id: directory.newId() });
    const twin = directory.newRole("Twin's", { id: directory.newId() });
    await expect(role('Disabled')).rejects.toEqual(refusal('PERMISSION_NOT_FOUND'));
    await expect(role("Twin's")).rejects.toMatchObject({ code: 'CONFLICT', mend: 'Use the id of the role.' });
    await expect(role(twin.id)).resolves.toBeDefined();
  });

  it('role to a group that can hold none', async () => {
    const { directory } = tenant.entra;
    await expect(role('Reports Reader', { kind: 'group', id: directory.newGroup().id })).rejects.toEqual(refusal('UNSUPPORTED'));
    const { id } = directory.newGroup({ isAssignableToRole: true });
    await expect(role('Reports Reader', { kind: 'group', id })).resolves.toBeDefined();
  });

  it('role of an application of Microsoft, Microsoft Graph above all', async () => {
    const { directory } = tenant.entra;
    const appRoles = [directory.newAppRole('Mail.Read', { allowedMemberTypes: ['Application', 'User'] })];
    for (const facts of [
      { appId: '00000003-0000-0000-c000-000000000000', appOwnerOrganizationId: null },
      { appOwnerOrganizationId: 'F8CDEF31-a31e-4b4a-93e4-5f571e91255a' },
    ]) {
      const { id } = directory.newServicePrincipal({ ...facts, appRoles });
      await expect(app(id, 'Mail.Read')).rejects.toEqual(refusal('UNSUPPORTED'));
    }
  });

  it('access to its own application, and no role of it', async () => {
    const { servicePrincipalId } = tenant.registration;
    const own = { kind: 'service-principal', id: servicePrincipalId.toUpperCase() };
    await expect(member(tenant.group.id, own)).rejects.toEqual(refusal('UNSUPPORTED'));
    await expect(role('Reports Reader', own)).rejects.toEqual(refusal('UNSUPPORTED'));
    await expect(app(tenant.app.id, 'Service', own)).rejects.toEqual(refusal('UNSUPPORTED'));
    await expect(app(servicePrincipalId, 'default')).rejects.toEqual(refusal('UNSUPPORTED'));
  });

  it('app role that is for others, disabled, or not declared', async () => {
    const { directory } = tenant.entra;
    const off = directory.newAppRole('Off', { isEnabled: false });
    const declared = directory.newServicePrincipal({ appRoles: [off, directory.newAppRole('On'), directory.newAppRole(null)] });
    await expect(app(tenant.app.id, 'Service')).rejects.toEqual(refusal('UNSUPPORTED'));
    await expect(app(tenant.app.id, 'Reader', serviceOf())).rejects.toEqual(refusal('UNSUPPORTED'));
    for (const name of ['Off', off.id, 'default', '']) {
      await expect(app(declared.id, name)).rejects.toEqual(refusal('PERMISSION_NOT_FOUND'));
    }
    await expect(app(declared.id, declared.appRoles[2]?.id ?? '')).resolves.toBeDefined();
    await expect(app(directory.newServicePrincipal().id, 'default', serviceOf())).resolves.toBeDefined();
  });

  it('access that its application may not give', async () => {
    const { directory } = tenant.entra;
    const rights: Readonly<Record<string, string>> = {
      'GroupMember.ReadWrite.All': 'Member',
      'RoleAssignmentSchedule.ReadWrite.Directory': 'Reports Reader',
      'AppRoleAssignment.ReadWrite.All': 'Reader',
    };
    const targets = [
      { kind: 'group', path: [tenant.group.id] },
      { kind: 'directory', path: [DOMAIN] },
      { kind: 'app', path: [tenant.app.id] },
    ];
    const reading = ['Directory.Read.All', ...PERMISSIONS.filter((each) => !Object.hasOwn(rights, each))];
    const limited = tenant.runner(directory.register('limited', reading));
    const secret = { ...tenant.secret(directory.register('domain', reading)), azuread_tenant_id: DOMAIN };
    for (const [index, [right, permission]] of Object.entries(rights).entries()) {
      const wish = { target: targets[index] ?? { kind: '', path: [] }, permission, principal: user() };
      await expect(limited.plan(wish, { secret })).rejects.toMatchObject({
        code: 'TARGET_PERMISSION_DENIED',
        mend: expect.stringContaining(right),
      });
    }
  });
});
