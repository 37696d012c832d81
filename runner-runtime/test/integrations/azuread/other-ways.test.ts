import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AzureadSecret } from '../../../src/integrations/azuread/secret.js';
import type { AzureadState } from '../../../src/integrations/azuread/state.js';
import { refusal } from '../contract/contract.js';
import type { RunnerHarness } from '../runner-harness.js';
import { Tenant } from './tenant.js';

describe('memberships and app roles', () => {
  jest.setTimeout(60_000);
  let tenant: Tenant;
  let runner: RunnerHarness<AzureadSecret, AzureadState>;
  beforeAll(async () => {
    tenant = await Tenant.start();
    runner = tenant.runner();
  });
  afterAll(async () => {
    await runner?.stop();
    await tenant?.stop();
  });
  const member = () => ({ target: { kind: 'group', path: [tenant.group.id] }, permission: 'Member' });
  const reader = () => ({ target: { kind: 'app', path: [tenant.app.id] }, permission: 'Reader' });

  it('are given to service principals, though groups do not list them', async () => {
    const { id } = tenant.entra.directory.newServicePrincipal();
    for (const wish of [member(), { ...reader(), permission: 'Service' }]) {
      const { intent } = await runner.grant({ ...wish, principal: { kind: 'service-principal', id } });
      expect(tenant.has(id, wish)).toBe(true);
      expect(await runner.verify(intent)).toMatchObject({ proved: false });
      await runner.revert(intent);
      expect(tenant.has(id, wish)).toBe(false);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
    }
  });

  it('name the group by which a principal is still a member', async () => {
    const { directory } = tenant.entra;
    const user = directory.newUser();
    const nested = directory.newGroup();
    directory.setMember(nested.id, user.id, 'hand');
    const { intent: ofGroup } = await runner.grant({ ...member(), principal: { kind: 'group', id: nested.id } });
    const { intent } = await runner.grant({ ...member(), principal: { kind: 'user', id: user.id } });
    await runner.revert(intent);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining('a group that is a member')] });
    await runner.revert(ofGroup);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
  });

  it('name the group by which a user still has an app role', async () => {
    const { directory } = tenant.entra;
    const user = directory.newUser();
    const group = directory.newGroup();
    directory.setMember(group.id, user.id, 'hand');
    tenant.give(group.id, reader());
    const { intent } = await runner.grant({ ...reader(), principal: { kind: 'user', id: user.id } });
    await runner.revert(intent);
    expect(tenant.has(group.id, reader())).toBe(true);
    expect(await runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining(`the group ${group.id}`)] });
  });

  it('tell a group that has gone from a principal that has', async () => {
    const { directory } = tenant.entra;
    const user = directory.newUser();
    const group = directory.newGroup();
    const wish = { target: { kind: 'group', path: [group.id] }, permission: 'Member', principal: { kind: 'user', id: user.id } };
    const intent = await runner.plan(wish);
    directory.users.delete(user.id);
    await expect(runner.apply(intent)).rejects.toEqual(refusal('PRINCIPAL_NOT_FOUND'));
    directory.users.set(user.id, user);
    directory.groups.delete(group.id);
    directory.members.delete(group.id);
    await expect(runner.apply(intent)).rejects.toEqual(refusal('TARGET_NOT_FOUND'));
  });

  it('are over when the group, the application or the principal has gone', async () => {
    const { directory } = tenant.entra;
    const gone = [directory.newUser(), directory.newUser()] as const;
    const { intent: membership } = await runner.grant({ ...member(), principal: { kind: 'user', id: gone[0].id } });
    const { intent: role } = await runner.grant({ ...reader(), principal: { kind: 'user', id: gone[1].id } });
    for (const { id } of gone) {
      directory.users.delete(id);
      directory.setMember(tenant.group.id, id, undefined);
      tenant.take(id, reader());
    }
    for (const intent of [membership, role]) {
      await runner.revert(intent);
      expect(await runner.verify(intent)).toMatchObject({ proved: true });
    }
  });
});
