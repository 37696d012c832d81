import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { refusal } from '../contract/contract.js';
import { holds, wishesOf } from './contract-harness.js';
import { eachWithFreshOrg } from './fresh-org.js';

describe('what remains after an access', () => {
  jest.setTimeout(60_000);
  let person: { readonly kind: 'user'; readonly id: string };
  const at = eachWithFreshOrg();
  beforeEach(() => {
    person = { kind: 'user', id: at.org.addPerson().id };
  });

  describe('of an app', () => {
    const giveByGroup = () => {
      at.org.world.addAppGroup(at.org.app, at.org.group);
      at.org.world.addMember(at.org.group, person.id);
    };

    it('leaves an assignment through a group as it is, from the first to the last of two accesses', async () => {
      giveByGroup();
      const wish = { ...wishesOf(at.org).app, principal: person };
      const { intent: first } = await at.runner.grant(wish);
      const { intent: second } = await at.runner.grant(wish);
      for (const intent of [second, first]) {
        expect(at.org.app.users.get(person.id)).toBe('GROUP');
        await at.runner.revert(intent);
        expect(await at.runner.verify(intent)).toMatchObject({ proved: true });
      }
      expect(at.org.app.users.get(person.id)).toBe('GROUP');
      expect((await at.runner.verify(first)).warnings).toEqual([expect.stringContaining('assignment through a group')]);
    });

    it('gives the app itself, once the group does no longer', async () => {
      giveByGroup();
      const { intent } = await at.runner.grant({ ...wishesOf(at.org).app, principal: person });
      at.org.world.removeAppGroup(at.org.app, at.org.group);
      await at.runner.extend({ ...intent, expiresAt: intent.expiresAt + 60 });
      expect(at.org.app.users.get(person.id)).toBe('USER');
      await at.runner.revert(intent);
      expect(at.org.app.users.has(person.id)).toBe(false);
    });

    it('hands an assignment over to a group that came to give it meanwhile, so that it ends with the group', async () => {
      const { intent } = await at.runner.grant({ ...wishesOf(at.org).app, principal: person });
      giveByGroup();
      expect(at.org.app.users.get(person.id)).toBe('USER');
      await expect(at.runner.revert(intent)).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
      await at.runner.revert(intent);
      expect(await at.runner.verify(intent)).toMatchObject({ proved: true, warnings: [expect.stringContaining('through a group')] });
      at.org.world.removeMember(at.org.group, person.id);
      expect(at.org.app.users.has(person.id)).toBe(false);
    });
  });

  it('names the group through which a standard role is still held', async () => {
    const { intent } = await at.runner.grant({ ...wishesOf(at.org)['standard role'], principal: person });
    at.org.world.addRole({ kind: 'group', id: at.org.group.id }, intent.permission);
    at.org.world.addMember(at.org.group, person.id);
    await at.runner.revert(intent);
    expect(await at.runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining(`the group ${at.org.group.id}`)],
    });
    expect(holds(at.org, person.id, intent)).toBe(true);
  });

  it('names the group through which a custom role is still held', async () => {
    const { intent } = await at.runner.grant({ ...wishesOf(at.org)['custom role'], principal: person });
    at.org.world.bind(at.org.resourceSet.id, at.org.customRole.id, { kind: 'group', id: at.org.group.id });
    at.org.world.addMember(at.org.group, person.id);
    await at.runner.revert(intent);
    expect(await at.runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining(`the group ${at.org.group.id}`)],
    });
  });

  it('leaves the other members of a binding', async () => {
    const other = at.org.addPerson().id;
    at.org.world.bind(at.org.resourceSet.id, at.org.customRole.id, { kind: 'user', id: other });
    const { intent } = await at.runner.grant({ ...wishesOf(at.org)['custom role'], principal: person });
    await at.runner.revert(intent);
    expect([holds(at.org, person.id, intent), holds(at.org, other, intent)]).toEqual([false, true]);
  });

  it('sees a membership among more groups than one page shows', async () => {
    for (let index = 0; index < 450; index += 1) at.org.world.addMember(at.org.world.addGroup(`Group ${index}`), person.id);
    const last = at.org.world.addGroup('Last');
    const wish = { target: { kind: 'group', path: [last.id] }, permission: 'Member', principal: person };
    const { intent } = await at.runner.grant(wish);
    expect(last.members.has(person.id)).toBe(true);
    await at.runner.revert(intent);
    expect(last.members.has(person.id)).toBe(false);
    expect(await at.runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('proves nothing once the token may no longer see the group', async () => {
    const { intent } = await at.runner.grant({ ...wishesOf(at.org).group, principal: person });
    await at.runner.revert(intent);
    for (const role of at.org.world.rolesOf(at.org.runner.id)) at.org.world.roles.delete(role.id);
    const blind = at.org.world.addCustomRole('Blind', ['okta.users.read']);
    at.org.world.bind(at.org.resourceSet.id, blind.id, { kind: 'user', id: at.org.runner.id });
    await expect(at.runner.verify(intent)).rejects.toEqual(refusal('TARGET_PERMISSION_DENIED'));
  });

  it('is proved gone where user, group or app are gone', async () => {
    const { intent: member } = await at.runner.grant({ ...wishesOf(at.org).group, principal: person });
    const { intent: assigned } = await at.runner.grant({ ...wishesOf(at.org).app, principal: person });
    const { intent: role } = await at.runner.grant({ ...wishesOf(at.org)['standard role'], principal: person });
    at.org.world.groups.delete(at.org.group.id);
    at.org.world.apps.delete(at.org.app.id);
    at.org.world.users.delete(person.id);
    for (const intent of [member, assigned, role]) {
      await at.runner.revert(intent);
      expect(await at.runner.verify(intent)).toMatchObject({ proved: true });
    }
  });
});
