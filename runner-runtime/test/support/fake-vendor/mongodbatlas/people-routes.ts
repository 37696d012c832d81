import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { FakeAtlas } from './atlas.js';
import { NO_RESOURCE, NO_USER, refusal } from './replies.js';
import type { Project, User } from './world.js';

const LAST_ROLE = refusal(400, 'USER_MUST_HAVE_ROLE', 'A user must have at least one role at all times.');
const HAS_ROLE = refusal(409, 'USER_ALREADY_HAS_ROLE', 'The user has this role already.');

/** People, their roles and teams: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/group/endpoint-mongodb-cloud-users */
export function peopleRoutes(fake: FakeAtlas): void {
  const { world } = fake;
  const userIn = ({ params }: FakeCall) => world.users.get(params['user'] ?? '');
  const onUser = (route: (call: FakeCall, user: User) => FakeReply) => (call: FakeCall) => {
    const user = userIn(call);
    return user === undefined ? NO_USER : route(call, user);
  };

  fake.on('GET', '/orgs/:org/users', 'read', (call) => {
    const wanted = call.query.get('username')?.toLowerCase();
    const found = [...world.users.values()].filter(({ username }) => wanted === undefined || username.toLowerCase() === wanted);
    return fake.page(call, found.map(orgUserShape));
  });
  fake.on(
    'GET',
    '/orgs/:org/users/:user',
    'read',
    onUser((_, user) => ({ status: 200, body: orgUserShape(user) })),
  );
  fake.on(
    'POST',
    '/orgs/:org/users/:user:addRole',
    'owner',
    onUser(({ body }, user) => {
      const { orgRole } = body as { orgRole: string };
      if (user.orgRoles.has(orgRole)) return HAS_ROLE;
      user.orgRoles.add(orgRole);
      return { status: 200, body: orgUserShape(user) };
    }),
  );
  fake.on(
    'POST',
    '/orgs/:org/users/:user:removeRole',
    'owner',
    onUser(({ body }, user) => {
      if (user.orgRoles.size === 1) return LAST_ROLE;
      user.orgRoles.delete((body as { orgRole: string }).orgRole);
      return { status: 200, body: orgUserShape(user) };
    }),
  );

  fake.onProject('POST', '/users', 'project-owner', ({ body }, project) => {
    const { username, roles } = body as { username: string; roles: string[] };
    const user = world.userOf(username);
    if (user === undefined) world.invited.push(username);
    if (user === undefined || user.groupRoles.has(project.id))
      return refusal(409, 'USER_ALREADY_IN_GROUP', 'The user is in the project already.');
    user.groupRoles.set(project.id, new Set(roles));
    return { status: 201, body: groupUserShape(user, project) };
  });
  const onMember =
    (route: (roles: Set<string>, call: FakeCall, user: User, project: Project) => FakeReply) => (call: FakeCall, project: Project) => {
      const user = userIn(call);
      const roles = user?.groupRoles.get(project.id);
      return user === undefined || roles === undefined ? NO_USER : route(roles, call, user, project);
    };
  fake.onProject(
    'POST',
    '/users/:user:addRole',
    'project-owner',
    onMember((roles, { body }, user, project) => {
      const { groupRole } = body as { groupRole: string };
      if (roles.has(groupRole)) return HAS_ROLE;
      roles.add(groupRole);
      return { status: 200, body: groupUserShape(user, project) };
    }),
  );
  fake.onProject(
    'POST',
    '/users/:user:removeRole',
    'project-owner',
    onMember((roles, { body }, user, project) => {
      if (roles.size === 1) return LAST_ROLE;
      roles.delete((body as { groupRole: string }).groupRole);
      return { status: 200, body: groupUserShape(user, project) };
    }),
  );
  fake.onProject(
    'DELETE',
    '/users/:user',
    'project-owner',
    onMember((_, __, user, project) => {
      user.groupRoles.delete(project.id);
      return { status: 204 };
    }),
  );

  fake.on('GET', '/orgs/:org/teams', 'read', (call) => fake.page(call, [...world.teams.values()]));
  fake.on('GET', '/orgs/:org/teams/:team', 'read', ({ params }) => {
    const team = world.teams.get(params['team'] ?? '');
    return team === undefined ? NO_RESOURCE : { status: 200, body: team };
  });
  const changeTeam =
    (change: (teams: Set<string>, team: string) => void) =>
    ({ params, body }: FakeCall) => {
      const team = world.teams.get(params['team'] ?? '');
      const user = world.users.get((body as { id: string }).id);
      if (team === undefined || user === undefined)
        return team === undefined ? NO_RESOURCE : refusal(400, 'USER_NOT_IN_ORG', 'The user is not in the organization.');
      change(user.teamIds, team.id);
      return { status: 200, body: orgUserShape(user) };
    };
  fake.on(
    'POST',
    '/orgs/:org/teams/:team:addUser',
    'owner',
    changeTeam((teams, team) => teams.add(team)),
  );
  fake.on(
    'POST',
    '/orgs/:org/teams/:team:removeUser',
    'owner',
    changeTeam((teams, team) => teams.delete(team)),
  );
}

function orgUserShape({ orgRoles, groupRoles, teamIds, ...user }: User) {
  const groupRoleAssignments = [...groupRoles].map(([groupId, roles]) => ({ groupId, groupRoles: [...roles] }));
  return { ...personShape(user), roles: { orgRoles: [...orgRoles], groupRoleAssignments }, teamIds: [...teamIds] };
}

function groupUserShape({ groupRoles, ...user }: User, { id }: Project) {
  return { ...personShape(user), roles: [...(groupRoles.get(id) ?? [])] };
}

function personShape({ id, username, status }: Pick<User, 'id' | 'username' | 'status'>) {
  const person = { id, username, orgMembershipStatus: status };
  if (status === 'PENDING')
    return {
      ...person,
      invitationCreatedAt: '2026-01-01T00:00:00Z',
      invitationExpiresAt: '2026-02-01T00:00:00Z',
      inviterUsername: 'owner@example.com',
    };
  return {
    ...person,
    firstName: 'First',
    lastName: 'Last',
    country: 'US',
    createdAt: '2026-01-01T00:00:00Z',
    lastAuth: '2026-01-02T00:00:00Z',
  };
}
