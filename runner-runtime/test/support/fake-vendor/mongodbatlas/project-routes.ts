import type { FakeAtlas } from './atlas.js';
import { NO_CLUSTER, NO_RESOURCE, refusal } from './replies.js';
import type { Cluster, Project } from './world.js';

/** The organization, the key itself, projects and clusters. */
export function projectRoutes(fake: FakeAtlas): void {
  const { world } = fake;

  fake.on('GET', '', 'any', (_, { id, publicKey, roles, accessList }) => ({
    status: 200,
    body: {
      apiKey: { id, publicKey, roles, accessList: accessList.map((ipAddress) => ({ cidrBlock: `${ipAddress}/32`, ipAddress })) },
      appName: 'MongoDB Atlas',
      build: '0123456789abcdef0123456789abcdef01234567',
      throttling: false,
    },
  }));
  fake.on('GET', '/orgs/:org', 'any', ({ params }) =>
    params['org'] === world.org.id
      ? { status: 200, body: { ...world.org, isDeleted: false } }
      : refusal(404, 'RESOURCE_NOT_FOUND', 'Cannot find the organization.'),
  );
  fake.on('GET', '/orgs/:org/groups', 'any', (call, { roles }) => {
    const seesAll = roles.some(({ orgId, roleName }) => orgId === world.org.id && ['ORG_OWNER', 'ORG_READ_ONLY'].includes(roleName));
    const seen = [...world.projects.values()].filter(({ id }) => seesAll || roles.some(({ groupId }) => groupId === id));
    return fake.page(
      call,
      seen.map((project) => projectShape(world.org.id, project)),
    );
  });
  fake.onProject('GET', '', 'project-read', (_, project) => ({ status: 200, body: projectShape(world.org.id, project) }));
  fake.onProject('GET', '/teams', 'project-read', (call, { teams }) => fake.page(call, teamShapes(teams)));
  fake.onProject('POST', '/teams', 'project-owner', (call, { teams }) => {
    for (const { teamId, roleNames } of call.body as TeamRoles[]) teams.set(teamId, new Set(roleNames));
    return { ...fake.page(call, teamShapes(teams)), status: 200 };
  });
  fake.onProject('PATCH', '/teams/:team', 'project-owner', (call, { teams }) => {
    const team = call.params['team'] ?? '';
    if (!teams.has(team)) return NO_RESOURCE;
    teams.set(team, new Set((call.body as TeamRoles).roleNames));
    return fake.page(call, teamShapes(teams));
  });
  fake.onProject('DELETE', '/teams/:team', 'project-owner', ({ params }, { teams }) =>
    teams.delete(params['team'] ?? '') ? { status: 204 } : NO_RESOURCE,
  );
  fake.onProject('GET', '/clusters', 'project-read', (call, project) =>
    fake.page(
      call,
      [...project.clusters.values()].map((cluster) => clusterShape(project, cluster)),
    ),
  );
  fake.onProject('GET', '/clusters/:cluster', 'project-read', ({ params }, project) => {
    const cluster = project.clusters.get(params['cluster'] ?? '');
    return cluster === undefined ? NO_CLUSTER : { status: 200, body: clusterShape(project, cluster) };
  });
  fake.onProject('GET', '/clusters/:cluster/status', 'project-read', ({ params }, project) => {
    const cluster = project.clusters.get(params['cluster'] ?? '');
    if (cluster === undefined) return NO_CLUSTER;
    if (cluster.pending > 0) {
      cluster.pending -= 1;
      return { status: 200, body: { changeStatus: 'PENDING', links: [] } };
    }
    world.deploy(project, cluster);
    return { status: 200, body: { changeStatus: 'APPLIED', links: [] } };
  });
}

interface TeamRoles {
  readonly teamId: string;
  readonly roleNames: readonly string[];
}

function teamShapes(teams: Project['teams']) {
  return [...teams].map(([teamId, roles]) => ({ teamId, roleNames: [...roles], links: [] }));
}

function projectShape(orgId: string, { id, name, clusters }: Project) {
  return { id, name, orgId, clusterCount: clusters.size, created: '2026-01-01T00:00:00Z', links: [], tags: [] };
}

function clusterShape({ id }: Project, { name, paused }: Cluster) {
  const host = `${name.toLowerCase()}.abcde.mongodb.net`;
  return {
    name,
    groupId: id,
    clusterType: 'REPLICASET',
    paused,
    stateName: 'IDLE',
    createDate: '2026-01-01T00:00:00Z',
    connectionStrings: { standard: `mongodb://${host}:27017/?ssl=true`, standardSrv: `mongodb+srv://${host}` },
    links: [],
  };
}
