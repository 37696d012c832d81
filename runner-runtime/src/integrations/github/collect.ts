import type { Item, Principal, Target } from '@axiom-runner/protocol';
import { z } from 'zod';
import { type ListPage, list, within } from '../../integration-kit/collection/source.js';
import { collectStages, type Stage, stage } from '../../integration-kit/collection/stages.js';
import { path } from '../../integration-kit/http/path.js';
import type { CollectPage } from '../integration.js';
import { type Access, type GitHub, github, type ListCall, PAGE_SIZE } from './client.js';
import { declaration } from './declaration.js';
import { permissionOf, REPOSITORY_LEVELS, roleOf, TEAM_LEVELS } from './levels.js';
import { isRepositoryName, isTeamSlug } from './names.js';
import { teamsOn } from './ways.js';

/** Reads one page, whatever part of the organization it is of. */
export function collect(access: Access, cursor: string | undefined, limit: number): Promise<CollectPage> {
  return collectStages(STAGES, github(access), cursor, limit);
}

const userSchema = z.object({ id: z.int(), login: z.string().min(1).max(200) });
type User = z.infer<typeof userSchema>;
const teamSchema = z.object({ slug: z.string().refine(isTeamSlug), name: z.string(), parent: z.object({ slug: z.string() }).nullish() });
const memberSchema = userSchema.extend({ inherited: z.boolean().optional() });
const repositorySchema = z.object({ id: z.int(), name: z.string().refine(isRepositoryName) });
const collaboratorSchema = userSchema.extend({ role_name: z.string() });
const invitationSchema = z.object({ invitee: userSchema.nullish(), permissions: z.string(), expired: z.boolean().optional() });

/** A list of the organization, page by page. */
function all<Element>(call: (gh: GitHub) => ListCall<Element>) {
  return list(PAGE_SIZE, (gh: GitHub, token, size): Promise<ListPage<Element>> => gh.page(call(gh), token, size));
}

const owners = all((gh) => ({ path: path`/orgs/${gh.org}/members`, query: { role: 'admin' }, schema: userSchema }));
const members = all((gh) => ({ path: path`/orgs/${gh.org}/members`, query: { role: 'member' }, schema: userSchema }));
const outsiders = all((gh) => ({ path: path`/orgs/${gh.org}/outside_collaborators`, schema: userSchema }));
const teams = all((gh) => ({ path: path`/orgs/${gh.org}/teams`, schema: teamSchema }));
/** Oldest first: what is made meanwhile comes last. */
const repositories = all((gh) => ({
  path: path`/orgs/${gh.org}/repos`,
  query: { sort: 'created', direction: 'asc' },
  schema: repositorySchema,
}));

function ofTeams(role: 'member' | 'maintainer') {
  return within(teams, {
    key: ({ slug }) => slug,
    name: ({ slug }) => `members of the team ${slug}`,
    most: PAGE_SIZE,
    read: (gh: GitHub, { slug }, token, size) =>
      gh.page({ path: path`/orgs/${gh.org}/teams/${slug}/members`, query: { role }, schema: memberSchema }, token, size),
  });
}

function ofRepositories<Element>(what: string, call: (gh: GitHub, name: string) => ListCall<Element>) {
  return within(repositories, {
    key: ({ id }) => String(id),
    name: ({ name }) => `${what} of the repository ${name}`,
    most: PAGE_SIZE,
    read: (gh: GitHub, { name }, token, size) => gh.page(call(gh, name), token, size),
  });
}

const STAGES: readonly Stage<GitHub>[] = [
  stage(
    'permissions',
    list(1, async () => ({ elements: [declaration] })),
    permissions,
  ),
  stage(
    'organization',
    list(1, async (gh: GitHub) => ({ elements: [gh.org] })),
    (org) => [{ item: 'target', target: { kind: 'org', path: [org] } }],
  ),
  stage('owners', owners, (user, gh) => joined(user, 'Owner', gh)),
  stage('members', members, (user, gh) => joined(user, 'Member', gh)),
  stage('outside-collaborators', outsiders, (user) => [person(user, { outsideCollaborator: true })]),
  stage('teams', teams, ({ slug, name, parent }, gh) => [
    {
      item: 'principal',
      principal: { kind: 'team', id: slug },
      displayName: name,
      ...(parent != null && { attributes: { parent: parent.slug } }),
    },
    { item: 'target', target: teamTarget(gh, slug) },
  ]),
  stage('repositories', repositories, ({ name }, gh) => [{ item: 'target', target: repositoryTarget(gh, name) }]),
  ...(['maintainer', 'member'] as const).map((role) =>
    stage(`team-${role}s`, ofTeams(role), ([{ slug }, { login, inherited }], gh) =>
      // Those of child teams come with the child.
      inherited === true ? [] : [assignment({ kind: 'user', id: login }, permissionOf(TEAM_LEVELS, role), teamTarget(gh, slug))],
    ),
  ),
  stage(
    'team-repositories',
    ofRepositories('teams', (gh, name) => teamsOn({ name }, gh.org)),
    ([{ name }, { slug, permission }], gh) => [assignment({ kind: 'team', id: slug }, known(permission), repositoryTarget(gh, name))],
  ),
  stage(
    'collaborators',
    ofRepositories('collaborators', (gh, name) => ({
      path: path`/repos/${gh.org}/${name}/collaborators`,
      query: { affiliation: 'direct' },
      schema: collaboratorSchema,
    })),
    ([{ name }, { login, role_name: role }], gh) => [assignment({ kind: 'user', id: login }, known(role), repositoryTarget(gh, name))],
  ),
  stage(
    'invitations',
    ofRepositories('invitations', (gh, name) => ({ path: path`/repos/${gh.org}/${name}/invitations`, schema: invitationSchema })),
    ([{ name }, { invitee, permissions: role, expired }], gh) =>
      invitee == null || expired === true
        ? []
        : [assignment({ kind: 'user', id: invitee.login }, `${known(role)} (invited)`, repositoryTarget(gh, name))],
  ),
];

function permissions(): Item[] {
  return declaration.permissions.flatMap(({ name, targets, meaning }) =>
    targets.map((targetKind): Item => ({ item: 'permission', permission: name, targetKind, description: meaning })),
  );
}

function joined(user: User, role: 'Owner' | 'Member', { org }: GitHub): Item[] {
  return [
    person(user, role === 'Owner' ? { owner: true } : undefined),
    assignment({ kind: 'user', id: user.login }, role, { kind: 'org', path: [org] }),
  ];
}

function person({ login }: User, attributes: Readonly<Record<string, boolean>> | undefined): Item {
  return { item: 'principal', principal: { kind: 'user', id: login }, ...(attributes !== undefined && { attributes }) };
}

function assignment(principal: Principal, permission: string, target: Target): Item {
  return { item: 'assignment', principal, permission, target };
}

function known(role: string): string {
  return permissionOf(REPOSITORY_LEVELS, roleOf(role));
}

function teamTarget({ org }: GitHub, slug: string): Target {
  return { kind: 'team', path: [org, slug] };
}

function repositoryTarget({ org }: GitHub, name: string): Target {
  return { kind: 'repository', path: [org, name] };
}
