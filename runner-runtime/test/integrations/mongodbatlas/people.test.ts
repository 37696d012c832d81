import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunnerError } from '../../../src/errors.js';
import { mongodbatlas } from '../../../src/integrations/mongodbatlas/integration.js';
import { refusal } from '../contract/contract.js';
import { eachWithFreshOrganization } from './bench.js';
import { user } from './organization.js';

describe('roles and teams of people', () => {
  const at = eachWithFreshOrganization();
  const onProject = (permission: string) => ({ target: at.organization.projectTarget(), permission });
  const end = async (intent: Awaited<ReturnType<typeof at.runner.plan>>) => {
    await at.runner.revert(intent);
    return at.runner.verify(intent);
  };

  it('leave a person who came into a project for one role', async () => {
    const person = at.organization.newUser();
    const { intent } = await at.runner.grant({ ...onProject('GROUP_READ_ONLY'), principal: user(person) });
    expect([...person.groupRoles.keys()]).toEqual([at.organization.payments.id]);
    expect(await end(intent)).toMatchObject({ proved: true, warnings: [] });
    expect([...person.groupRoles.keys()]).toEqual([]);
    expect(at.organization.world.invited).toEqual([]);
  });

  it('leave every other role, whichever ends first', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const person = at.organization.newUser();
      const principal = user(person);
      const intents = [
        (await at.runner.grant({ ...onProject('GROUP_READ_ONLY'), principal })).intent,
        (await at.runner.grant({ ...onProject('GROUP_BACKUP_MANAGER'), principal })).intent,
      ];
      const roles = () => [...(person.groupRoles.get(at.organization.payments.id) ?? [])];
      const [first, last] = order.map((index) => intents[index]);
      if (first === undefined || last === undefined) throw new Error('nothing was given');
      expect(await end(first)).toMatchObject({ proved: true });
      expect(roles()).toEqual([last.permission]);
      expect(await end(last)).toMatchObject({ proved: true });
      expect(roles()).toEqual([]);
    }
  });

  it('are the same for an e-mail in any case and an id: the last of both ends the access', async () => {
    const person = at.organization.newUser('Some.Body@example.com');
    const { intent: one } = await at.runner.grant({
      ...onProject('GROUP_READ_ONLY'),
      principal: { kind: 'user', id: 'some.body@EXAMPLE.com' },
    });
    const { intent: other } = await at.runner.grant({ ...onProject('GROUP_READ_ONLY'), principal: user(person) });
    expect(one.principal.id).toBe('some.body@EXAMPLE.com');
    await end(one);
    expect(person.groupRoles.size).toBe(1);
    await end(other);
    expect(person.groupRoles.size).toBe(0);
  });

  it('in the organization leave the least role where Atlas wants one', async () => {
    const person = at.organization.newUser();
    const { intent } = await at.runner.grant({
      target: at.organization.target('organization'),
      permission: 'ORG_READ_ONLY',
      principal: user(person),
    });
    person.orgRoles.delete('ORG_MEMBER');
    expect(await end(intent)).toMatchObject({ proved: true });
    expect([...person.orgRoles]).toEqual(['ORG_MEMBER']);
  });

  it('are not given to a person who has left the organization: no invitation is sent', async () => {
    const person = at.organization.newUser();
    const intent = await at.runner.plan({ ...onProject('GROUP_READ_ONLY'), principal: user(person) });
    at.organization.world.users.delete(person.id);
    await expect(at.runner.apply(intent)).rejects.toEqual(refusal('TARGET_NOT_FOUND'));
    expect(await end(intent)).toMatchObject({ proved: true });
    expect(at.organization.world.invited).toEqual([]);
  });

  it('name the other ways by which a person keeps the access', async () => {
    const { world, payments } = at.organization;
    const person = at.organization.newUser();
    const platform = world.addTeam('platform');
    person.teamIds.add(platform.id);
    person.orgRoles.add('ORG_OWNER');
    payments.teams.set(platform.id, new Set(['GROUP_READ_ONLY']));
    const { intent } = await at.runner.grant({ ...onProject('GROUP_READ_ONLY'), principal: user(person) });
    const { proved, warnings } = await end(intent);
    expect(proved).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('Organization Owner'), expect.stringContaining(`the team ${platform.id}`)]);
  });

  it('of a team in a project leave its other roles, and those that were given meanwhile', async () => {
    const { world, payments } = at.organization;
    const { id } = world.addTeam('platform');
    const roles = () => [...(payments.teams.get(id) ?? [])].sort();
    payments.teams.set(id, new Set(['GROUP_READ_ONLY']));
    const principal = { kind: 'team', id };
    const { intent: backup } = await at.runner.grant({ ...onProject('GROUP_BACKUP_MANAGER'), principal });
    const { intent: known } = await at.runner.grant({ ...onProject('GROUP_READ_ONLY'), principal });
    expect(roles()).toEqual(['GROUP_BACKUP_MANAGER', 'GROUP_READ_ONLY']);
    payments.teams.get(id)?.add('GROUP_CLUSTER_MANAGER');
    expect(await end(backup)).toMatchObject({ proved: true });
    expect(roles()).toEqual(['GROUP_CLUSTER_MANAGER', 'GROUP_READ_ONLY']);
    expect(await end(known)).toMatchObject({ proved: true });
    expect(roles()).toEqual(['GROUP_CLUSTER_MANAGER', 'GROUP_READ_ONLY']);
  });

  it('do not make a Project Owner who could shut the runner out', async () => {
    const { organization, runner } = at;
    const org = organization.world.org.id;
    const { secret } = organization.otherKey([
      { orgId: org, roleName: 'ORG_READ_ONLY' },
      { groupId: organization.payments.id, roleName: 'GROUP_OWNER' },
    ]);
    const principal = user(organization.newUser());
    await expect(runner.plan({ ...onProject('GROUP_OWNER'), principal }, { secret })).rejects.toEqual(refusal('UNSUPPORTED'));
    const { intent } = await runner.grant({ ...onProject('GROUP_CLUSTER_MANAGER'), principal }, { secret });
    await runner.revert(intent, { secret });
    expect(await runner.verify(intent, { secret })).toMatchObject({ proved: true });
  });

  it('are refused by name where the key lacks the role for them', async () => {
    const { organization, runner } = at;
    const { secret } = organization.otherKey([{ orgId: organization.world.org.id, roleName: 'ORG_READ_ONLY' }]);
    const wish = { target: organization.target('organization'), permission: 'ORG_READ_ONLY', principal: user(organization.newUser()) };
    await expect(runner.grant(wish, { secret })).rejects.toEqual(refusal('TARGET_PERMISSION_DENIED'));
  });

  it('let no name or id of a task leave its place in a request', async () => {
    const planned =
      /^GET \/api\/atlas\/v2(\/orgs\/[a-f0-9]{24}(\/(users|teams)(\/[a-f0-9]{24})?)?(\?username=[^&#/]+&[\w=&]+)?|\/groups\/[a-f0-9]{24}(\/clusters\/[A-Za-z0-9-]+)?)$/;
    const nasty = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
      fc.constantFrom(
        '../orgs',
        '%2e%2e%2f',
        'a@b.example.com?x=1#',
        '*',
        "a'b@example.com",
        'a&pageNum=2@example.com',
        '5'.repeat(24),
        '\r\nx: y',
      ),
    );
    const kinds = fc.constantFrom(...mongodbatlas.declaration.targets.map(({ kind }) => kind));
    const permissions = fc.oneof(nasty, fc.constantFrom(...mongodbatlas.declaration.permissions.map(({ name }) => name)));
    const { calls } = at.organization.fake.vendor;
    await fc.assert(
      fc.asyncProperty(
        kinds,
        fc.array(nasty, { maxLength: 5 }),
        permissions,
        nasty,
        fc.boolean(),
        async (kind, rest, permission, id, isPerson) => {
          const from = calls.length;
          const path = [at.organization.world.org.id, ...rest];
          for (const target of [{ kind, path }, { kind, path: rest }, at.organization.projectTarget()]) {
            const principal = isPerson || target.path.includes(at.organization.payments.id) ? { kind: 'user', id } : undefined;
            expect(await at.runner.plan({ target, permission, principal }).catch((error: unknown) => error)).toBeInstanceOf(RunnerError);
          }
          for (const call of calls.slice(from)) expect(call).toMatch(planned);
        },
      ),
      { numRuns: 60 },
    );
  });
});
