import type { FakeCall, FakeReply } from '../fake-vendor.js';
import { NOT_FOUND, refusal } from './credentials.js';
import type { FakeGithub } from './github.js';
import { simpleTeamShape, teamMembershipShape, teamShape, userShape } from './shapes.js';
import { same, type Team, type TeamRole } from './state.js';

const SENT: Readonly<Record<string, string>> = { pull: 'read', push: 'write' };

/** Teams, their members and their repositories. https://docs.github.com/en/rest/teams */
export function teamRoutes(fake: FakeGithub): void {
  const { world } = fake;
  const onTeam = (route: (call: FakeCall, team: Team) => FakeReply) => (call: FakeCall) => {
    const team = world.teamOf(call.params['slug'] ?? '');
    return team === undefined || !same(call.params['org'] ?? '', world.org.login) ? NOT_FOUND : route(call, team);
  };

  fake.on('GET', '/orgs/:org/teams', ['members', 'read'], (call) =>
    same(call.params['org'] ?? '', world.org.login)
      ? fake.page(
          call,
          [...world.teams.values()].map((team) => teamShape(world, team)),
        )
      : NOT_FOUND,
  );
  fake.on(
    'GET',
    '/orgs/:org/teams/:slug',
    ['members', 'read'],
    onTeam((_, team) => ({ status: 200, body: teamShape(world, team) })),
  );
  fake.on('GET', '/organizations/:org/team/:team', ['members', 'read'], ({ params }) => {
    const team = world.teams.get(Number(params['team']));
    return team === undefined || Number(params['org']) !== world.org.id ? NOT_FOUND : { status: 200, body: teamShape(world, team) };
  });
  fake.on(
    'GET',
    '/orgs/:org/teams/:slug/teams',
    ['members', 'read'],
    onTeam((call, team) =>
      fake.page(
        call,
        world.childrenOf(team).map((child) => teamShape(world, child)),
      ),
    ),
  );

  fake.on(
    'GET',
    '/orgs/:org/teams/:slug/members',
    ['members', 'read'],
    onTeam((call, team) => {
      const wanted = call.query.get('role') ?? 'all';
      const found = [...world.users.values()].flatMap((user) => {
        const membership = world.roleInTeam(team, user.id);
        if (membership === undefined || (wanted !== 'all' && wanted !== membership.role)) return [];
        return [{ ...userShape(user), ...membership }];
      });
      return fake.page(call, found);
    }),
  );

  fake.on(
    'GET',
    '/orgs/:org/teams/:slug/memberships/:user',
    ['members', 'read'],
    onTeam(({ params }, team) => {
      const user = world.userOf(params['user'] ?? '');
      const membership = user === undefined ? undefined : world.roleInTeam(team, user.id);
      if (user === undefined || membership === undefined) return NOT_FOUND;
      return { status: 200, body: teamMembershipShape(world, team, user, membership.role) };
    }),
  );

  fake.on(
    'PUT',
    '/orgs/:org/teams/:slug/memberships/:user',
    ['members', 'write'],
    onTeam(({ params, body }, team) => {
      const user = world.userOf(params['user'] ?? '');
      if (user === undefined) return NOT_FOUND;
      // GitHub would invite them to the organization; nobody in these tests may.
      if (!world.members.has(user.id)) return refusal(422, 'Validation Failed');
      const { role = 'member' } = (body ?? {}) as { role?: TeamRole };
      team.members.set(user.id, role);
      return { status: 200, body: teamMembershipShape(world, team, user, world.roleInTeam(team, user.id)?.role ?? role) };
    }),
  );

  fake.on(
    'DELETE',
    '/orgs/:org/teams/:slug/memberships/:user',
    ['members', 'write'],
    onTeam(({ params }, team) => {
      const user = world.userOf(params['user'] ?? '');
      if (user === undefined || !team.members.delete(user.id)) return NOT_FOUND;
      return { status: 204 };
    }),
  );

  const place = '/orgs/:org/teams/:slug/repos/:owner/:repo';
  fake.on(
    'PUT',
    place,
    ['administration', 'write'],
    onTeam(({ params, body }, team) => {
      const repository = world.repositoryOf(params['repo'] ?? '');
      if (repository === undefined) return NOT_FOUND;
      const { permission = 'push' } = (body ?? {}) as { permission?: string };
      team.repositories.set(repository.id, SENT[permission] ?? permission);
      return { status: 204 };
    }),
  );
  fake.on(
    'DELETE',
    place,
    ['administration', 'write'],
    onTeam(({ params }, team) => {
      team.repositories.delete(world.repositoryOf(params['repo'] ?? '')?.id ?? 0);
      return { status: 204 };
    }),
  );

  fake.on('GET', '/repos/:org/:repo/teams', ['administration', 'read'], (call) => {
    const repository = world.repositoryOf(call.params['repo'] ?? '');
    if (repository === undefined) return NOT_FOUND;
    const teams = [...world.teams.values()].flatMap((team) => {
      const role = world.roleOfTeam(team, repository.id);
      const sent = Object.entries(SENT).find(([, name]) => name === role)?.[0] ?? role;
      const parent = team.parent === undefined ? null : simpleTeamShape(world, team.parent);
      return role === undefined ? [] : [{ ...simpleTeamShape(world, team), permission: sent, access_source: 'direct', parent }];
    });
    return fake.page(call, teams);
  });
}
