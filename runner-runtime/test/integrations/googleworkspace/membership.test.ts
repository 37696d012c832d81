import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { nativeExpiryOf } from '../../../src/integration-kit/turn.js';
import { refusal } from '../contract/contract.js';
import { Organization } from './organization.js';

const ROLES = ['MEMBER', 'MANAGER', 'OWNER'];

describe('membership of a group', () => {
  jest.setTimeout(60_000);
  let org: Organization;
  beforeAll(async () => {
    org = await Organization.start();
  });
  afterAll(() => org.stop());

  const grant = (principal: ReturnType<Organization['newUser']>, permission: string) =>
    org.runner.grant({ target: org.groupTarget, permission, principal });
  const expiryOf = ({ id }: { readonly id: string }) => org.domain.member(org.group.id, id)?.expiresAt;

  it.each(ROLES.flatMap((before) => ROLES.map((given) => [before, given])))(
    'of a %s who is given %s is the higher of both, and then what it was',
    async (before = '', given = '') => {
      const user = org.newUser();
      org.join(user, before);
      const { intent } = await grant(user, given);
      expect(org.roleOf(user)).toBe(ROLES[Math.max(ROLES.indexOf(before), ROLES.indexOf(given))]);
      await org.runner.revert(intent);
      expect(org.roleOf(user)).toBe(before);
      expect(expiryOf(user)).toBeUndefined();
      expect(await org.runner.verify(intent)).toMatchObject({ proved: true });
    },
  );

  it.each([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])('is the highest of the grants that still stand, whatever the order of their ends: %i %i %i', async (...order) => {
    const user = org.newUser();
    const intents = [];
    for (const role of ROLES) intents.push((await grant(user, role)).intent);
    const standing = new Set([0, 1, 2]);
    for (const ended of order) {
      const intent = intents[ended];
      if (intent === undefined) throw new Error('there are three');
      await org.runner.revert(intent);
      standing.delete(ended);
      expect(org.roleOf(user)).toBe(standing.size === 0 ? undefined : ROLES[Math.max(...standing)]);
    }
  });

  it('keeps a role that somebody else has given meanwhile', async () => {
    const user = org.newUser();
    const { intent } = await grant(user, 'MEMBER');
    org.join(user, 'MANAGER');
    const { warnings } = await org.runner.revert(intent);
    expect(org.roleOf(user)).toBe('MANAGER');
    expect(warnings).toEqual([expect.stringContaining('somebody else made it the role MANAGER')]);
  });

  it('is given to whom an address or an alias means, and remembered by ids', async () => {
    const user = org.domain.addUser('anna', { aliases: ['a.smith@example.com'] });
    for (const id of ['anna@example.com', 'A.Smith@example.com']) {
      const principal = { kind: 'user', id };
      const { intent } = await org.runner.grant({ target: { kind: 'group', path: [org.group.email] }, permission: 'MEMBER', principal });
      expect(intent).toMatchObject({ principal, state: { slot: [org.group.id, 'user', user.id] } });
      user.primaryEmail = `renamed-${intent.requestId}@example.com`;
      await org.runner.revert(intent);
      expect(org.roleOf(user as never)).toBeUndefined();
      user.primaryEmail = 'anna@example.com';
    }
  });

  it('has an expiry a little after the end of the access, which moves with it', async () => {
    const user = org.newUser();
    const { intent } = await grant(user, 'MEMBER');
    expect(expiryOf(user)).toBe(nativeExpiryOf(intent));
    const longer = { ...intent, expiresAt: intent.expiresAt + 1800 };
    await org.runner.extend(longer);
    expect(expiryOf(user)).toBe(nativeExpiryOf(longer));
    await org.runner.revert(longer);
  });

  it('has none where a higher role stands, and has it again after that', async () => {
    const user = org.newUser();
    const { intent: member } = await grant(user, 'MEMBER');
    const { intent: manager } = await grant(user, 'MANAGER');
    expect([org.roleOf(user), expiryOf(user)]).toEqual(['MANAGER', undefined]);
    await org.runner.revert(manager);
    expect([org.roleOf(user), expiryOf(user)]).toEqual(['MEMBER', nativeExpiryOf(member)]);
    await org.runner.revert(member);
    expect(org.roleOf(user)).toBeUndefined();
  });

  it.each([
    [
      'the API is not enabled',
      () => org.fake.router.enabled.delete('cloudidentity.googleapis.com'),
      () => org.fake.router.enabled.add('cloudidentity.googleapis.com'),
    ],
    ['the scope is not delegated', () => org.fake.account.scopes.delete(EXPIRY), () => org.fake.account.scopes.add(EXPIRY)],
    ['the edition has none', () => setExpiryOfEdition(false), () => setExpiryOfEdition(true)],
  ])('is given without expiry where %s', async (_, without, again) => {
    without();
    const user = org.newUser();
    const { intent } = await grant(user, 'MEMBER');
    expect([org.roleOf(user), expiryOf(user)]).toEqual(['MEMBER', undefined]);
    await org.runner.revert(intent);
    expect(org.roleOf(user)).toBeUndefined();
    again();
  });

  it('is not given to a member whose membership ends by itself: that could not be restored', async () => {
    const user = org.newUser();
    org.join(user);
    const member = org.domain.member(org.group.id, user.id);
    if (member !== undefined) member.expiresAt = org.runner.seconds + 60;
    await expect(grant(user, 'OWNER')).rejects.toEqual(refusal('UNSUPPORTED'));
    expect(org.roleOf(user)).toBe('MEMBER');
  });

  it('is waited for where replicas show it late', async () => {
    org.domain.lag = 2;
    const user = org.newUser();
    const { intent } = await grant(user, 'MEMBER');
    await org.runner.revert(intent);
    org.domain.lag = 0;
    expect(await org.runner.verify(intent)).toMatchObject({ proved: true });
    expect(org.roleOf(user)).toBeUndefined();
  });

  it('that remains through a group in the group is named after its end', async () => {
    const user = org.newUser();
    const nested = org.domain.addGroup('nested');
    org.join({ kind: 'group', id: nested.id });
    org.join(user, 'MEMBER', nested);
    const { intent } = await grant(user, 'MEMBER');
    await org.runner.revert(intent);
    expect(await org.runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining('a group that is a member of the group')],
    });
    org.domain.removeMember(org.group.id, nested.id);
  });

  it('is refused where groups would be members of each other', async () => {
    const outer = org.domain.addGroup('outer');
    org.join({ kind: 'group', id: org.group.id }, 'MEMBER', outer);
    await expect(grant({ kind: 'group', id: outer.id }, 'MEMBER')).rejects.toEqual(refusal('UNSUPPORTED'));
  });

  it.each(['user', 'group'])('has ended with proof when its %s is gone', async (what) => {
    const user = org.newUser();
    const group = org.domain.addGroup(`short-lived-${what}`);
    const { intent } = await org.runner.grant({ target: { kind: 'group', path: [group.id] }, permission: 'MEMBER', principal: user });
    org.domain.removeMember(group.id, user.id);
    if (what === 'user') org.domain.users.delete(user.id);
    else org.domain.groups.delete(group.id);
    await org.runner.revert(intent);
    expect(await org.runner.verify(intent)).toMatchObject({ proved: true, warnings: [] });
  });

  const EXPIRY = 'https://www.googleapis.com/auth/cloud-identity.groups';
  function setExpiryOfEdition(has: boolean): void {
    org.fake.router.hasExpiry = has;
  }
});
