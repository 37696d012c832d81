import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { FakePagerduty } from './pagerduty.js';
import { invalid, NOT_FOUND, page, teamShape, userReference } from './replies.js';
import { TEAM_ROLES, type Team, type TeamRole } from './state.js';

/** Teams and their members. */
export function teamRoutes(fake: FakePagerduty): void {
  const { account } = fake;
  const onTeam = (route: (call: FakeCall, team: Team) => FakeReply) => (call: FakeCall) => {
    const team = account.teams.get(call.params['team'] ?? '');
    return team === undefined ? NOT_FOUND : route(call, team);
  };

  fake.on('GET', '/teams', (call) => page(call, 'teams', [...account.teams.values()], (team) => teamShape(account, team)));
  fake.on(
    'GET',
    '/teams/:team',
    onTeam((_, team) => ({ status: 200, body: { team: teamShape(account, team) } })),
  );
  fake.on(
    'GET',
    '/teams/:team/members',
    onTeam((call, team) => page(call, 'members', [...team.members], ([id, role]) => ({ user: userReference(account, id), role }))),
  );

  fake.on(
    'PUT',
    '/teams/:team/users/:user',
    onTeam(({ params, body }, team) => {
      const user = account.users.get(params['user'] ?? '');
      if (user === undefined) return NOT_FOUND;
      if (user.role.startsWith('read_only')) return invalid('Read only users cannot be added to a team');
      const { role = 'manager' } = (body ?? {}) as { role?: TeamRole };
      if (!TEAM_ROLES.includes(role)) return invalid('Role is not included in the list');
      team.members.set(user.id, role);
      return { status: 204 };
    }),
  );

  fake.on(
    'DELETE',
    '/teams/:team/users/:user',
    onTeam(({ params }, team) => {
      const user = params['user'] ?? '';
      // https://github.com/PagerDuty/terraform-provider-pagerduty/pull/863
      if (account.isOnPolicyOf(team, user)) return invalid('User cannot be removed as they belong to an escalation policy on this team');
      return team.members.delete(user) ? { status: 204 } : NOT_FOUND;
    }),
  );
}
