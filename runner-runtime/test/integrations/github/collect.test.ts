import { describe, expect, it } from '@jest/globals';
import { startBench } from './bench.js';
import { ORG, repositoryTarget, teamTarget } from './organization.js';

describe('a collection', () => {
  it('has people, teams, repositories, and who has what on them', async () => {
    const bench = await startBench();
    try {
      const { organization, runner } = bench;
      const { world } = organization;
      const owner = world.addUser('owner', { member: 'admin' });
      const member = world.addUser('member', { member: 'member' });
      const outsider = world.addUser('outsider');
      const invited = world.addUser('invited');
      const late = world.addUser('late');
      const parent = world.addTeam('parent');
      const child = world.addTeam('child', parent);
      child.members.set(member.id, 'maintainer');
      const repository = organization.repository('payments');
      child.repositories.set(repository.id, 'triage');
      repository.direct.set(outsider.id, 'write');
      repository.direct.set(owner.id, 'read');
      repository.direct.set(member.id, 'security-reviewer');
      repository.invitations.push({ id: 1, user: invited.id, role: 'admin', expired: false });
      repository.invitations.push({ id: 2, user: late.id, role: 'admin', expired: true });

      const { items, warnings } = await runner.collectAll(5);
      const org = { kind: 'org', path: [ORG] };
      const person = (id: string) => ({ kind: 'user', id });
      const team = (id: string) => ({ kind: 'team', id });
      const payments = repositoryTarget('payments');
      expect(warnings).toEqual([]);
      expect(items.filter(({ item }) => item !== 'permission')).toEqual([
        { item: 'target', target: org },
        { item: 'principal', principal: person('owner'), attributes: { owner: true } },
        { item: 'assignment', principal: person('owner'), permission: 'Owner', target: org },
        { item: 'principal', principal: person('member') },
        { item: 'assignment', principal: person('member'), permission: 'Member', target: org },
        { item: 'principal', principal: person('outsider'), attributes: { outsideCollaborator: true } },
        { item: 'principal', principal: team('parent'), displayName: 'parent' },
        { item: 'target', target: teamTarget(parent) },
        { item: 'principal', principal: team('child'), displayName: 'child', attributes: { parent: 'parent' } },
        { item: 'target', target: teamTarget(child) },
        { item: 'target', target: payments },
        { item: 'assignment', principal: person('member'), permission: 'Maintainer', target: teamTarget(child) },
        { item: 'assignment', principal: team('child'), permission: 'Triage', target: payments },
        { item: 'assignment', principal: person('owner'), permission: 'Admin', target: payments },
        { item: 'assignment', principal: person('member'), permission: 'security-reviewer', target: payments },
        { item: 'assignment', principal: person('outsider'), permission: 'Write', target: payments },
        { item: 'assignment', principal: person('invited'), permission: 'Admin (invited)', target: payments },
      ]);
    } finally {
      await bench.stop();
    }
  });

  it('names in a warning what the installation may not read, and goes on', async () => {
    const bench = await startBench();
    try {
      const { secret } = bench.organization.otherSecret({ metadata: 'read', members: 'read' });
      const page = await bench.runner.collect(undefined, 1000, { secret });
      expect(page.warnings).toEqual([
        expect.stringContaining('teams of the repository payments could not be read'),
        expect.stringContaining('invitations of the repository payments could not be read'),
      ]);
      expect(page.items).toContainEqual({ item: 'target', target: repositoryTarget('payments') });
    } finally {
      await bench.stop();
    }
  });
});
