import { randomBytes } from 'node:crypto';
import { NOT_FOUND, refusal } from './credentials.js';
import type { FakeGithub } from './github.js';
import { appShape, installationShape, repositoryShape, tokenShape } from './shapes.js';
import type { Token } from './state.js';

const TOKEN_SECONDS = 3600;

/** The app itself, and tokens. https://docs.github.com/en/rest/apps/apps */
export function appRoutes(fake: FakeGithub): void {
  const { world } = fake;

  fake.on('GET', '/app', undefined, (call) => ({ status: 200, body: appShape(world, fake.appOf(call) ?? 0) }));

  fake.on('GET', '/app/installations/:id', undefined, (call) => {
    const installation = world.installations.get(Number(call.params['id']));
    return installation === undefined || installation.app !== fake.appOf(call)
      ? NOT_FOUND
      : { status: 200, body: installationShape(world, installation) };
  });

  fake.on('POST', '/app/installations/:id/access_tokens', undefined, (call) => {
    const installation = world.installations.get(Number(call.params['id']));
    if (installation === undefined || installation.app !== fake.appOf(call)) return NOT_FOUND;
    if (installation.suspended) return refusal(403, 'This installation has been suspended');
    const { permissions = installation.permissions, repository_ids: repositories } = (call.body ?? {}) as {
      permissions?: Record<string, string>;
      repository_ids?: number[];
    };
    const lacking = Object.entries(permissions).some(([name, level]) => {
      const has = installation.permissions[name];
      return has === undefined || (level === 'write' && has === 'read');
    });
    if (lacking) return refusal(422, 'The permissions requested are not granted to this installation.');
    if (repositories?.some((id) => !world.repositories.has(id)) === true) {
      return refusal(422, 'There is at least one repository that does not exist or is not accessible to the parent installation.');
    }
    const token: Token = { installation, permissions, repositories, expiresAt: Math.floor(fake.clock.now()) + TOKEN_SECONDS };
    const text = `ghs_${randomBytes(27).toString('base64url').replace(/[-_]/g, 'x')}`;
    world.tokens.set(text, token);
    return { status: 201, body: tokenShape(text, token) };
  });

  fake.on('DELETE', '/installation/token', undefined, (call) => {
    world.tokens.delete(fake.tokenOf(call)?.text ?? '');
    return { status: 204 };
  });

  fake.on('GET', '/installation/repositories', undefined, (call) => {
    const only = fake.tokenOf(call)?.token.repositories;
    const seen = [...world.repositories.values()].filter(({ id }) => only === undefined || only.includes(id));
    return fake.page(call, seen, (page) => ({
      total_count: seen.length,
      repositories: page.map((entry) => repositoryShape(world, entry)),
    }));
  });
}
