import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ROLES } from '../../support/fake-vendor/github/state.js';
import { type Bench, end, type GithubIntent, startBench } from './bench.js';
import { permissionOf, repositoryTarget, user } from './organization.js';

const TARGET = repositoryTarget('payments');
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

describe('a role on a repository', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  const grant = async (login: string, permission: string): Promise<GithubIntent> =>
    (await bench.runner.grant({ target: TARGET, permission, principal: { kind: 'user', id: login } })).intent;
  const repository = () => bench.organization.repository('payments');

  it.each([undefined, 'maintain'])(
    'is the highest of three overlapping grants and what was before (%s), in whatever order they end',
    async (before) => {
      for (const order of ORDERS) {
        const person = bench.organization.newMember();
        if (before !== undefined) repository().direct.set(person.id, before);
        const levels = ['triage', 'write', 'admin'] as const;
        const intents: GithubIntent[] = [];
        for (const level of levels) intents.push(await grant(person.login, permissionOf(level)));
        const standing = new Set(levels.map((_, index) => index));
        for (const index of order) {
          await end(bench, intents[index] as GithubIntent);
          standing.delete(index);
          const due = [before, ...[...standing].map((left) => levels[left])].filter((role) => role !== undefined);
          const highest = [...ROLES].reverse().find((role) => due.includes(role));
          expect({ order, index, role: repository().direct.get(person.id) }).toEqual({ order, index, role: highest });
        }
      }
    },
  );

  it('is lowered to none where GitHub refuses one below the base role, which gives as much', async () => {
    const person = bench.organization.newMember();
    repository().direct.set(person.id, 'read');
    const intent = await grant(person.login, 'Admin');
    bench.organization.world.baseRole = 'write';
    await end(bench, intent);
    expect(repository().direct.size).toBe(0);
    expect(bench.organization.roleOf(user(person), TARGET)).toBe('write');
  });

  it('is not given on a repository that has gone between plan and grant', async () => {
    const intent = await bench.runner.plan({ target: TARGET, permission: 'Read', principal: user(bench.organization.newMember()) });
    bench.organization.world.repositories.clear();
    await expect(bench.runner.apply(intent)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' });
    await end(bench, intent);
  });

  it('that was there before is restored, not removed', async () => {
    const person = bench.organization.newMember();
    repository().direct.set(person.id, 'triage');
    const intent = await grant(person.login, 'Admin');
    expect(repository().direct.get(person.id)).toBe('admin');
    await end(bench, intent);
    expect(repository().direct.get(person.id)).toBe('triage');
  });

  it('is left as somebody else made it meanwhile', async () => {
    const person = bench.organization.newMember();
    const intent = await grant(person.login, 'Write');
    repository().direct.set(person.id, 'security-reviewer');
    const { warnings } = await bench.runner.revert(intent);
    expect(warnings).toEqual([expect.stringContaining('somebody else made it the role security-reviewer')]);
    expect(repository().direct.get(person.id)).toBe('security-reviewer');
  });

  it('is taken from a repository that has another name by now', async () => {
    const person = bench.organization.newMember();
    const intent = await grant(person.login, 'Write');
    bench.organization.world.rename(repository(), 'billing');
    await end(bench, intent);
    expect(bench.organization.repository('billing').direct.size).toBe(0);
    await expect(bench.runner.plan({ target: TARGET, permission: 'Read', principal: user(person) })).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
    });
  });

  it('is taken from a user who has another login by now', async () => {
    const person = bench.organization.newMember();
    const intent = await grant(person.login, 'Write');
    const { login } = person;
    person.login = 'renamed-person';
    const successor = bench.organization.newMember(login);
    repository().direct.set(successor.id, 'write');
    await end(bench, intent);
    expect([...repository().direct]).toEqual([[successor.id, 'write']]);
  });

  it('ends when the user has left the organization meanwhile', async () => {
    const person = bench.organization.newMember();
    const intent = await grant(person.login, 'Write');
    bench.organization.world.removeMember(person);
    await end(bench, intent);
    expect(bench.organization.roleOf(user(person), TARGET)).toBeUndefined();
  });

  it('of a repository that is gone is gone, but not proved so where the installation no longer sees everything', async () => {
    const person = bench.organization.newMember();
    const intent = await grant(person.login, 'Write');
    const { world } = bench.organization;
    const [installation] = world.installations.values();
    const { id } = repository();
    const gone = repository();
    world.repositories.delete(id);
    if (installation !== undefined) installation.selection = 'selected';
    await expect(bench.runner.revert(intent)).rejects.toMatchObject({ code: 'TARGET_PERMISSION_DENIED' });
    world.repositories.set(id, gone);
    await end(bench, intent);
    expect(gone.direct.size).toBe(0);
  });

  it('is found by a public e-mail, of exactly that user', async () => {
    const { world } = bench.organization;
    const person = world.addUser('jane', { member: 'member', email: 'Jane@example.com' });
    world.addUser('mary-jane', { member: 'member', email: 'mary-jane@example.com' });
    const intent = await grant('jane@example.com', 'Write');
    expect(intent.principal).toEqual({ kind: 'user', id: 'jane@example.com' });
    expect([...repository().direct.keys()]).toEqual([person.id]);
    await end(bench, intent);
    await expect(grant('nobody@example.com', 'Write')).rejects.toMatchObject({
      code: 'PRINCIPAL_NOT_FOUND',
      mend: expect.stringContaining('login'),
    });
  });

  it('is not given to whoever has it by another way', async () => {
    const { world } = bench.organization;
    const owner = world.addUser('owner', { member: 'admin' });
    await expect(grant(owner.login, 'Admin')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      object: expect.stringContaining('owner of the organization'),
    });
    const person = bench.organization.newMember();
    const team = bench.organization.newTeam();
    team.members.set(person.id, 'member');
    team.repositories.set(repository().id, 'write');
    await expect(grant(person.login, 'Triage')).rejects.toMatchObject({ code: 'UNSUPPORTED', object: expect.stringContaining(team.slug) });
    await end(bench, await grant(person.login, 'Admin'));
    expect(bench.organization.roleOf(user(person), TARGET)).toBe('write');
    expect(repository().direct.size).toBe(0);
    world.baseRole = 'read';
    await expect(grant(bench.organization.newMember().login, 'Read')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      object: expect.stringContaining('base role'),
    });
  });

  it('is taken away though a team hides it meanwhile, and what remains is said', async () => {
    const person = bench.organization.newMember();
    const intent = await grant(person.login, 'Write');
    const team = bench.organization.newTeam();
    team.members.set(person.id, 'member');
    team.repositories.set(repository().id, 'admin');
    await bench.runner.revert(intent);
    expect(repository().direct.size).toBe(0);
    expect(await bench.runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining(`still has access through the team ${team.slug} (admin)`)],
    });
  });

  it('that came before is restored though a team hides it meanwhile', async () => {
    const person = bench.organization.newMember();
    repository().direct.set(person.id, 'triage');
    const intent = await grant(person.login, 'Write');
    const team = bench.organization.newTeam();
    team.members.set(person.id, 'member');
    team.repositories.set(repository().id, 'admin');
    await end(bench, intent);
    expect(repository().direct.get(person.id)).toBe('triage');
  });

  it('is not given where the one before could not be restored', async () => {
    const custom = bench.organization.newMember();
    repository().direct.set(custom.id, 'security-reviewer');
    await expect(grant(custom.login, 'Admin')).rejects.toMatchObject({ code: 'UNSUPPORTED', object: custom.login });
    const hidden = bench.organization.newMember();
    repository().direct.set(hidden.id, 'triage');
    const team = bench.organization.newTeam();
    team.members.set(hidden.id, 'member');
    team.repositories.set(repository().id, 'write');
    await expect(grant(hidden.login, 'Admin')).rejects.toMatchObject({ code: 'UNSUPPORTED', object: hidden.login });
    expect(repository().direct.get(hidden.id)).toBe('triage');
  });

  it('is not given on an archived repository', async () => {
    repository().archived = true;
    await expect(grant(bench.organization.newMember().login, 'Read')).rejects.toMatchObject({ code: 'UNSUPPORTED', object: 'payments' });
  });

  it('is found among more collaborators than one page holds', async () => {
    for (let index = 0; index < 250; index += 1) repository().direct.set(bench.organization.newMember().id, 'read');
    const person = bench.organization.newMember();
    repository().direct.set(person.id, 'read');
    const intent = await grant(person.login, 'Write');
    await end(bench, intent);
    expect(repository().direct.get(person.id)).toBe('read');
  });
});
