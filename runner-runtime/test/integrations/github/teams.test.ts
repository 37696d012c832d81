import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Bench, end, startBench } from './bench.js';
import { team as asTeam, repositoryTarget, teamTarget, user } from './organization.js';

const TARGET = repositoryTarget('payments');

describe('teams', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench.stop());

  it('keep a member who was there before, as what he was', async () => {
    const team = bench.organization.newTeam();
    const person = bench.organization.newMember();
    team.members.set(person.id, 'member');
    const { intent } = await bench.runner.grant({ target: teamTarget(team), permission: 'Maintainer', principal: user(person) });
    expect(team.members.get(person.id)).toBe('maintainer');
    await end(bench, intent);
    expect(team.members.get(person.id)).toBe('member');
  });

  it('are not confused with their child teams, whose members they show as their own', async () => {
    const parent = bench.organization.newTeam();
    const child = bench.organization.newTeam(parent);
    const person = bench.organization.newMember();
    child.members.set(person.id, 'member');
    const { intent } = await bench.runner.grant({ target: teamTarget(parent), permission: 'Member', principal: user(person) });
    expect(parent.members.get(person.id)).toBe('member');
    await bench.runner.revert(intent);
    expect(parent.members.size).toBe(0);
    expect(await bench.runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining(`still has access through the child team ${child.slug}`)],
    });
  });

  it('take members of the organization only, and no owners', async () => {
    const team = bench.organization.newTeam();
    const wish = { target: teamTarget(team), permission: 'Member' };
    await expect(bench.runner.plan({ ...wish, principal: user(bench.organization.newOutsider()) })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
    const owner = bench.organization.world.addUser('owner', { member: 'admin' });
    await expect(bench.runner.plan({ ...wish, principal: user(owner) })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('invite nobody who has left the organization between plan and grant', async () => {
    const team = bench.organization.newTeam();
    const person = bench.organization.newMember();
    const intent = await bench.runner.plan({ target: teamTarget(team), permission: 'Member', principal: user(person) });
    bench.organization.world.removeMember(person);
    await expect(bench.runner.apply(intent)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await end(bench, intent);
  });

  it('lose a member who has become an owner meanwhile', async () => {
    const team = bench.organization.newTeam();
    const person = bench.organization.newMember();
    const { intent } = await bench.runner.grant({ target: teamTarget(team), permission: 'Member', principal: user(person) });
    bench.organization.world.members.set(person.id, 'admin');
    await end(bench, intent);
    expect(team.members.size).toBe(0);
  });

  it('have their own role on a repository restored', async () => {
    const team = bench.organization.newTeam();
    const { id } = bench.organization.repository('payments');
    team.repositories.set(id, 'read');
    const { intent } = await bench.runner.grant({ target: TARGET, permission: 'Maintain', principal: asTeam(team) });
    expect(team.repositories.get(id)).toBe('maintain');
    await end(bench, intent);
    expect(team.repositories.get(id)).toBe('read');
  });

  it('inherit from their parent, which is neither taken away nor made their own', async () => {
    const parent = bench.organization.newTeam();
    const child = bench.organization.newTeam(parent);
    const { id } = bench.organization.repository('payments');
    parent.repositories.set(id, 'triage');
    await expect(bench.runner.plan({ target: TARGET, permission: 'Read', principal: asTeam(child) })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      object: expect.stringContaining(parent.slug),
    });
    const { intent } = await bench.runner.grant({ target: TARGET, permission: 'Write', principal: asTeam(child) });
    expect(child.repositories.get(id)).toBe('write');
    parent.repositories.set(id, 'admin');
    await bench.runner.revert(intent);
    expect(child.repositories.size).toBe(0);
    expect(await bench.runner.verify(intent)).toMatchObject({
      proved: true,
      warnings: [expect.stringContaining(`the parent team ${parent.slug} (admin)`)],
    });
  });
});
