import { describe, expect, it, jest } from '@jest/globals';
import { refusal } from '../contract/contract.js';
import { wishesOf } from './contract-harness.js';
import { eachWithFreshOrg } from './fresh-org.js';

describe('what access is given to, and to whom', () => {
  jest.setTimeout(60_000);
  const at = eachWithFreshOrg();
  const user = (id = at.org.addPerson().id) => ({ kind: 'user', id });
  const inGroup = (id: string) => ({ target: { kind: 'group', path: [id] }, permission: 'Member' });

  it('finds a user by the whole login, whatever its case', async () => {
    const { id, login } = at.org.addPerson('Zoe@example.com');
    const intent = await at.runner.plan({ ...wishesOf(at.org).group, principal: user('zoE@EXAMPLE.com') });
    expect(intent).toMatchObject({ principal: { kind: 'user', id: 'zoE@EXAMPLE.com' }, state: { slot: [at.org.group.id, id] } });
    expect(login).toBe('Zoe@example.com');
  });

  it('takes neither the part of a login before its @ nor "me" for a user', async () => {
    at.org.addPerson('shortname@example.com');
    for (const id of ['shortname', 'me']) {
      await expect(at.runner.plan({ ...wishesOf(at.org).group, principal: user(id) })).rejects.toEqual(refusal('PRINCIPAL_NOT_FOUND'));
    }
  });

  it('refuses a deactivated user', async () => {
    const person = at.org.addPerson();
    person.status = 'DEPROVISIONED';
    await expect(at.runner.plan({ ...wishesOf(at.org).group, principal: user(person.id) })).rejects.toEqual(refusal('UNSUPPORTED'));
  });

  it("refuses the runner's own user by its login too", async () => {
    await expect(at.runner.plan({ ...wishesOf(at.org).group, principal: user('RUNNER@example.com') })).rejects.toEqual(
      refusal('UNSUPPORTED'),
    );
  });

  it('refuses an imported group, and one whose members are super admins', async () => {
    const admins = at.org.world.addGroup('Admins');
    at.org.world.addRole({ kind: 'group', id: admins.id }, 'SUPER_ADMIN');
    for (const { id } of [at.org.world.addGroup('Imported', 'APP_GROUP'), admins]) {
      await expect(at.runner.plan({ ...inGroup(id), principal: user() })).rejects.toEqual(refusal('UNSUPPORTED'));
    }
  });

  it('takes a group with a lesser admin role', async () => {
    const helpers = at.org.world.addGroup('Helpers');
    at.org.world.addRole({ kind: 'group', id: helpers.id }, 'HELP_DESK_ADMIN');
    const { intent } = await at.runner.grant({ ...inGroup(helpers.id), principal: user() });
    expect(helpers.members.size).toBe(1);
    await at.runner.revert(intent);
    expect(helpers.members.size).toBe(0);
  });

  it('refuses a deactivated app', async () => {
    at.org.app.status = 'INACTIVE';
    await expect(at.runner.plan({ ...wishesOf(at.org).app, principal: user() })).rejects.toEqual(refusal('UNSUPPORTED'));
  });

  it('says that an app wants more of an assignment than the runner can know', async () => {
    const vault = at.org.world.addApp('Vault', true);
    const intent = await at.runner.plan({ target: { kind: 'app', path: [vault.id] }, permission: 'Assigned', principal: user() });
    await expect(at.runner.apply(intent)).rejects.toEqual(refusal('UNSUPPORTED'));
    await at.runner.revert(intent);
    expect(await at.runner.verify(intent)).toMatchObject({ proved: true });
  });

  it('leaves a role with limits alone, since nobody could restore them', async () => {
    const person = at.org.addPerson();
    at.org.world.addRole({ kind: 'user', id: person.id }, 'HELP_DESK_ADMIN', [at.org.group.id]);
    await expect(at.runner.plan({ ...wishesOf(at.org)['standard role'], principal: user(person.id) })).rejects.toEqual(refusal('CONFLICT'));
  });
});
