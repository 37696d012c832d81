import { type GithubWorld, type Installation, type Invitation, type Repository, ROLES, type Team, type Token, type User } from './state.js';

/** Objects as GitHub answers them, with the fields that its description requires. */

const API = 'https://api.github.com';
const SITE = 'https://github.com';
const THEN = '2026-01-01T00:00:00Z';

export function userShape({ id, login }: User) {
  const url = `${API}/users/${login}`;
  return {
    login,
    id,
    node_id: `U_${id}`,
    avatar_url: `${SITE}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${SITE}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: 'User',
    site_admin: false,
  };
}

export function fullUserShape(user: User) {
  return { ...userShape(user), name: null, email: user.email, public_repos: 0, created_at: THEN, updated_at: THEN };
}

function ownerShape({ org }: GithubWorld) {
  return { ...userShape({ ...org, email: null }), type: 'Organization' };
}

export function organizationShape({ org, baseRole }: GithubWorld) {
  const url = `${API}/orgs/${org.login}`;
  return {
    login: org.login,
    id: org.id,
    node_id: `O_${org.id}`,
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${SITE}/avatars/${org.id}`,
    description: null,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    html_url: `${SITE}/${org.login}`,
    type: 'Organization',
    created_at: THEN,
    updated_at: THEN,
    archived_at: null,
    default_repository_permission: baseRole,
  };
}

export function organizationMembershipShape(world: GithubWorld, user: User) {
  const {
    login,
    id,
    node_id,
    url,
    repos_url,
    events_url,
    hooks_url,
    issues_url,
    members_url,
    public_members_url,
    avatar_url,
    description,
  } = organizationShape(world);
  return {
    url: `${url}/memberships/${user.login}`,
    state: 'active',
    role: world.members.get(user.id),
    organization_url: url,
    organization: {
      login,
      id,
      node_id,
      url,
      repos_url,
      events_url,
      hooks_url,
      issues_url,
      members_url,
      public_members_url,
      avatar_url,
      description,
    },
    user: userShape(user),
  };
}

const REPOSITORY_LINKS = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
  hooks_url: '/hooks',
};

export function repositoryShape(world: GithubWorld, { id, name, archived }: Repository) {
  const full = `${world.org.login}/${name}`;
  const url = `${API}/repos/${full}`;
  return {
    id,
    node_id: `R_${id}`,
    name,
    full_name: full,
    owner: ownerShape(world),
    private: true,
    html_url: `${SITE}/${full}`,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(REPOSITORY_LINKS).map(([field, path]) => [field, url + path])),
    archived,
  };
}

export function collaboratorShape(user: User, role: string) {
  const level = (ROLES as readonly string[]).indexOf(role);
  const permissions = Object.fromEntries(
    ['pull', 'triage', 'push', 'maintain', 'admin'].map((name, index) => [name, index <= (level < 0 ? 2 : level)]),
  );
  return { ...userShape(user), permissions, role_name: role };
}

export function invitationShape(world: GithubWorld, repository: Repository, { id, user, role, expired }: Invitation) {
  const invitee = world.users.get(user);
  const url = `${API}/user/repository_invitations/${id}`;
  return {
    id,
    repository: repositoryShape(world, repository),
    invitee: invitee === undefined ? null : userShape(invitee),
    inviter: null,
    permissions: role,
    created_at: THEN,
    expired,
    url,
    html_url: `${SITE}/${world.org.login}/${repository.name}/invitations`,
    node_id: `RI_${id}`,
  };
}

export function simpleTeamShape({ org }: GithubWorld, { id, slug }: Team) {
  const url = `${API}/organizations/${org.id}/team/${id}`;
  return {
    id,
    node_id: `T_${id}`,
    name: slug,
    slug,
    description: null,
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    permission: 'pull',
    url,
    html_url: `${SITE}/orgs/${org.login}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: 'organization',
    organization_id: org.id,
  };
}

export function teamShape(world: GithubWorld, team: Team) {
  return { ...simpleTeamShape(world, team), parent: team.parent === undefined ? null : simpleTeamShape(world, team.parent) };
}

export function teamMembershipShape({ org }: GithubWorld, team: Team, user: User, role: string) {
  return { url: `${API}/organizations/${org.id}/team/${team.id}/memberships/${user.login}`, role, state: 'active' };
}

export function appShape(world: GithubWorld, id: number) {
  return {
    id,
    slug: 'example-runner',
    node_id: `A_${id}`,
    owner: ownerShape(world),
    name: 'example-runner',
    description: null,
    external_url: 'https://example.com',
    html_url: `${SITE}/apps/example-runner`,
    created_at: THEN,
    updated_at: THEN,
    permissions: { metadata: 'read' },
    events: [],
  };
}

export function installationShape(world: GithubWorld, { id, app, permissions, suspended, selection }: Installation) {
  return {
    id,
    account: ownerShape(world),
    repository_selection: selection,
    access_tokens_url: `${API}/app/installations/${id}/access_tokens`,
    repositories_url: `${API}/installation/repositories`,
    html_url: `${SITE}/organizations/${world.org.login}/settings/installations/${id}`,
    app_id: app,
    target_id: world.org.id,
    target_type: 'Organization',
    permissions,
    events: [],
    created_at: THEN,
    updated_at: THEN,
    single_file_name: null,
    app_slug: 'example-runner',
    suspended_by: null,
    suspended_at: suspended ? THEN : null,
  };
}

export function tokenShape(text: string, { permissions, installation, repositories, expiresAt }: Token) {
  return {
    token: text,
    expires_at: new Date(expiresAt * 1000).toISOString().replace('.000Z', 'Z'),
    permissions,
    repository_selection: repositories === undefined ? installation.selection : 'selected',
  };
}
