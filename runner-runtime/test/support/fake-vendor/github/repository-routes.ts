import type { FakeCall, FakeReply } from '../fake-vendor.js';
import { NOT_FOUND, refusal } from './credentials.js';
import type { FakeGithub } from './github.js';
import { collaboratorShape, invitationShape, repositoryShape } from './shapes.js';
import { covers, type Invitation, type Repository, same } from './state.js';

const SENT: Readonly<Record<string, string>> = { pull: 'read', push: 'write' };

/** Repositories, collaborators, invitations. https://docs.github.com/en/rest/collaborators */
export function repositoryRoutes(fake: FakeGithub): void {
  const { world } = fake;
  const visible = (call: FakeCall, repository: Repository | undefined) => {
    const only = fake.tokenOf(call)?.token.repositories;
    return repository === undefined || (only !== undefined && !only.includes(repository.id)) ? undefined : repository;
  };
  const onRepository = (route: (call: FakeCall, repository: Repository) => FakeReply) => (call: FakeCall) => {
    const { owner = '', repo = '' } = call.params;
    if (!same(owner, world.org.login)) return NOT_FOUND;
    const repository = visible(call, world.repositoryOf(repo));
    if (repository !== undefined) return route(call, repository);
    const moved = visible(
      call,
      [...world.repositories.values()].find(({ formerNames }) => formerNames.some((name) => same(name, repo))),
    );
    if (moved === undefined) return NOT_FOUND;
    return { ...refusal(301, 'Moved Permanently'), headers: { location: `${fake.base}/repositories/${moved.id}` } };
  };

  fake.on(
    'GET',
    '/repos/:owner/:repo',
    ['metadata', 'read'],
    onRepository((_, repository) => ({ status: 200, body: repositoryShape(world, repository) })),
  );
  fake.on('GET', '/repositories/:id', ['metadata', 'read'], (call) => {
    const repository = visible(call, world.repositories.get(Number(call.params['id'])));
    return repository === undefined ? NOT_FOUND : { status: 200, body: repositoryShape(world, repository) };
  });

  const contents = '/repos/:owner/:repo/contents/:file*';
  fake.on(
    'GET',
    contents,
    ['contents', 'read'],
    onRepository(({ params }) => ({ status: 200, body: { type: 'file', name: params['file'], content: '' } })),
  );
  fake.on(
    'PUT',
    contents,
    ['contents', 'write'],
    onRepository(({ params }) => ({ status: 201, body: { content: { name: params['file'] }, commit: {} } })),
  );

  fake.on(
    'GET',
    '/repos/:owner/:repo/collaborators',
    ['metadata', 'read'],
    onRepository((call, repository) => {
      const direct = call.query.get('affiliation') === 'direct';
      const found = [...world.users.values()].flatMap((user) => {
        // Whoever is asked for, the role shown is the highest of all ways.
        const role = world.effectiveRole(repository, user.id);
        return role === undefined || (direct && !repository.direct.has(user.id)) ? [] : [collaboratorShape(user, role)];
      });
      return fake.page(call, found);
    }),
  );

  fake.on(
    'PUT',
    '/repos/:owner/:repo/collaborators/:user',
    ['administration', 'write'],
    onRepository(({ params, body }, repository) => {
      const user = world.userOf(params['user'] ?? '');
      if (user === undefined) return NOT_FOUND;
      if (repository.archived) return refusal(403, 'Repository was archived so is read-only.');
      const { permission = 'push' } = (body ?? {}) as { permission?: string };
      const role = SENT[permission] ?? permission;
      const member = world.members.has(user.id);
      if (member && world.baseRole !== 'none' && !covers(role, world.baseRole)) {
        return refusal(422, `Cannot assign ${user.login} permission of ${role}`);
      }
      if (member || repository.direct.has(user.id)) {
        repository.direct.set(user.id, role);
        return { status: 204 };
      }
      const standing = repository.invitations.find((entry) => entry.user === user.id && !entry.expired);
      if (standing !== undefined) return refusal(422, 'Validation Failed');
      const invitation: Invitation = { id: world.newId(), user: user.id, role, expired: false };
      repository.invitations.push(invitation);
      return { status: 201, body: invitationShape(world, repository, invitation) };
    }),
  );

  fake.on(
    'DELETE',
    '/repos/:owner/:repo/collaborators/:user',
    ['administration', 'write'],
    onRepository(({ params }, repository) => {
      const user = world.userOf(params['user'] ?? '');
      if (user === undefined) return NOT_FOUND;
      repository.direct.delete(user.id);
      return { status: 204 };
    }),
  );

  fake.on(
    'GET',
    '/repos/:owner/:repo/invitations',
    ['administration', 'read'],
    onRepository((call, repository) =>
      fake.page(
        call,
        repository.invitations.map((invitation) => invitationShape(world, repository, invitation)),
      ),
    ),
  );
  const invitationRoute = (route: (call: FakeCall, repository: Repository, invitation: Invitation) => FakeReply) =>
    onRepository((call, repository) => {
      const invitation = repository.invitations.find(({ id }) => id === Number(call.params['id']));
      return invitation === undefined ? NOT_FOUND : route(call, repository, invitation);
    });
  fake.on(
    'PATCH',
    '/repos/:owner/:repo/invitations/:id',
    ['administration', 'write'],
    invitationRoute(({ body }, repository, invitation) => {
      invitation.role = (body as { permissions?: string }).permissions ?? invitation.role;
      return { status: 200, body: invitationShape(world, repository, invitation) };
    }),
  );
  fake.on(
    'DELETE',
    '/repos/:owner/:repo/invitations/:id',
    ['administration', 'write'],
    invitationRoute((_, repository, invitation) => {
      repository.invitations = repository.invitations.filter((entry) => entry !== invitation);
      return { status: 204 };
    }),
  );
}
