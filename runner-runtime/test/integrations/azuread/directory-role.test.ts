import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AzureadSecret } from '../../../src/integrations/azuread/secret.js';
import type { AzureadState } from '../../../src/integrations/azuread/state.js';
import type { RoleAssignment } from '../../support/fake-vendor/azuread/state.js';
import { refusal } from '../contract/contract.js';
import type { RunnerHarness } from '../runner-harness.js';
import { PERMISSIONS, SYSTEM, Tenant } from './tenant.js';

const TARGET = { kind: 'directory', path: [SYSTEM.id] };
const ROLE = 'User Administrator';

describe('directory roles', () => {
  jest.setTimeout(60_000);
  let tenant: Tenant;
  let runner: RunnerHarness<AzureadSecret, AzureadState>;
  beforeEach(async () => {
    tenant = await Tenant.start([...PERMISSIONS, 'RoleManagement.ReadWrite.Directory']);
    runner = tenant.runner();
  });
  afterEach(async () => {
    await runner.stop();
    await tenant.stop();
  });

  const newWish = () => ({ target: TARGET, permission: ROLE, principal: { kind: 'user', id: tenant.entra.directory.newUser().id } });
  const assignments = (): RoleAssignment[] => [...tenant.entra.directory.roleAssignments.values()];
  const roleId = () => [...tenant.entra.directory.roleDefinitions.values()].find(({ displayName }) => displayName === ROLE)?.id ?? '';
  const end = () => assignments().map(({ endDateTime }) => (endDateTime === null ? null : Date.parse(endDateTime) / 1000));
  const assignByHand = (principalId: string, facts: Partial<RoleAssignment> = {}) => {
    const given = { principalId, roleDefinitionId: roleId(), directoryScopeId: '/', endDateTime: null, origin: 'hand' } as const;
    tenant.entra.directory.addRoleAssignment({ ...given, assignmentType: 'Assigned', ...facts });
    tenant.entra.directory.replicas.settle();
  };

  it('end by themselves a little after the runner would end them, and later when they are extended', async () => {
    const { intent } = await runner.grant(newWish());
    expect(end()).toEqual([intent.expiresAt + 60]);
    await runner.extend({ ...intent, expiresAt: intent.expiresAt + 1000 });
    expect(end()).toEqual([intent.expiresAt + 1060]);
    await runner.revert(intent);
    expect(assignments()).toEqual([]);
  });

  it('end with the last of two accesses', async () => {
    const wish = newWish();
    const { intent: first } = await runner.grant(wish);
    const { intent: second } = await runner.grant(wish);
    await runner.extend({ ...second, expiresAt: second.expiresAt + 500 });
    expect(end()).toEqual([second.expiresAt + 560]);
    await runner.revert(second);
    expect(end()).toEqual([first.expiresAt + 60]);
    await runner.revert(first);
    expect(assignments()).toEqual([]);
  });

  it('are assigned without an end where the tenant has no licence', async () => {
    tenant.entra.directory.isLicensed = false;
    const { intent } = await runner.grant(newWish());
    expect(end()).toEqual([null]);
    await runner.extend({ ...intent, expiresAt: intent.expiresAt + 1000 });
    await runner.apply({ ...intent, expiresAt: intent.expiresAt + 1000 });
    expect(end()).toEqual([null]);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
    expect(assignments()).toEqual([]);
  });

  it('are ended even where the licence has gone meanwhile, or has come', async () => {
    for (const isLicensed of [true, false]) {
      tenant.entra.directory.isLicensed = isLicensed;
      const { intent } = await runner.grant(newWish());
      tenant.entra.directory.isLicensed = !isLicensed;
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
      expect(assignments()).toEqual([]);
    }
  });

  it('are ended though Privileged Identity Management does not know of them yet', async () => {
    tenant.entra.directory.isLicensed = false;
    const { intent } = await runner.grant(newWish());
    tenant.entra.directory.isLicensed = true;
    tenant.entra.directory.isSynchronised = false;
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    expect(assignments()).toEqual([]);
  });

  it('say that the settings of the role refuse them, and leave nothing', async () => {
    tenant.entra.directory.failedRules = ['ExpirationRule'];
    const intent = await runner.plan(newWish());
    await expect(runner.apply(intent)).rejects.toEqual(refusal('UNSUPPORTED'));
    expect(assignments()).toEqual([]);
    await runner.revert(intent);
  });

  it('are given beside an activation, which stays and is named', async () => {
    const wish = newWish();
    assignByHand(wish.principal.id, { assignmentType: 'Activated', endDateTime: '2031-01-01T00:00:00Z' });
    const { intent } = await runner.grant(wish);
    expect(
      assignments()
        .map(({ assignmentType }) => assignmentType)
        .sort(),
    ).toEqual(['Activated', 'Assigned']);
    await runner.revert(intent);
    expect(assignments().map(({ assignmentType }) => assignmentType)).toEqual(['Activated']);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining('its own activation')] });
  });

  it('leave what is assigned in an administrative unit only', async () => {
    const wish = newWish();
    assignByHand(wish.principal.id, { directoryScopeId: '/administrativeUnits/5d107bba-d8e2-4e13-b6ae-884be90e5d1a' });
    const { intent } = await runner.grant(wish);
    expect(assignments()).toHaveLength(2);
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true });
    expect(assignments().map(({ origin }) => origin)).toEqual(['hand']);
  });

  it('name the group by which the principal still has the role', async () => {
    const { directory } = tenant.entra;
    const wish = newWish();
    const group = directory.newGroup({ isAssignableToRole: true });
    assignByHand(group.id);
    directory.setMember(group.id, wish.principal.id, 'hand');
    const { intent } = await runner.grant(wish);
    await runner.revert(intent);
    expect((await runner.verify(intent)).warnings).toEqual([expect.stringContaining(`the group ${group.id}`)]);
  });

  it('are taken away though no replica shows them yet, when the runner died just after it gave them', async () => {
    for (const isLicensed of [true, false]) {
      tenant.entra.directory.isLicensed = isLicensed;
      const intent = await runner.plan(newWish());
      // The answer to the change is lost, and the next two reads come too early.
      tenant.entra.directory.replicas.reads = 2;
      tenant.entra.vendor.arm('reset after', callsBefore(isLicensed));
      await expect(runner.apply(intent)).rejects.toEqual(refusal('TARGET_UNREACHABLE'));
      expect(tenant.entra.vendor.disarm()).toBe(true);
      expect(assignments()).toHaveLength(1);
      await runner.revert(intent);
      expect(assignments()).toEqual([]);
      tenant.entra.directory.replicas.reads = 1;
    }
  });

  /** The calls of giving a role up to the one that gives it: sign-in, two reads, the schedule, and without a licence the plain assignment. */
  function callsBefore(isLicensed: boolean): number {
    return isLicensed ? 4 : 5;
  }
});
