import type { FakeCall, FakeReply, FakeVendor } from '../fake-vendor.js';
import { permissionsOf } from './judgement.js';
import type { Role } from './predefined-roles.js';
import { ok, page, refusal } from './replies.js';
import type { Account, World } from './world.js';

const MOST_ROLES = 1000;
const MOST_ACCOUNTS = 100;

/** IAM, version 1: https://cloud.google.com/iam/docs/reference/rest */
export function iamRoutes(vendor: FakeVendor, world: World, callerOf: (call: FakeCall) => string): void {
  const may = (call: FakeCall, permission: string, resource: string): boolean =>
    world.resources.get(resource)?.state === 'ACTIVE' && permissionsOf(world, `serviceAccount:${callerOf(call)}`, resource).has(permission);
  const denied = (permission: string): FakeReply =>
    refusal('PERMISSION_DENIED', `Permission '${permission}' denied on resource (or it may not exist).`);
  const ownerOf = ({ params }: FakeCall) => `${params['collection']}/${params['owner']}`;

  vendor
    .on('GET', '/v1/roles', ({ query }) => page('roles', rolesOf(world, '').map(basic), query, MOST_ROLES))
    .on('GET', '/v1/roles/:role', ({ params }) => role(world, `roles/${params['role']}`))
    .on('GET', '/v1/:collection/:owner/roles', (call) => {
      if (!may(call, 'iam.roles.list', ownerOf(call))) return denied('iam.roles.list');
      return page('roles', rolesOf(world, `${ownerOf(call)}/`).map(basic), call.query, MOST_ROLES);
    })
    .on('GET', '/v1/:collection/:owner/roles/:role', (call) => {
      if (!may(call, 'iam.roles.get', ownerOf(call))) return denied('iam.roles.get');
      return role(world, `${ownerOf(call)}/roles/${call.params['role']}`);
    })
    .on('GET', '/v1/projects/:project/serviceAccounts', (call) => {
      const { project = '' } = call.params;
      if (!may(call, 'iam.serviceAccounts.list', `projects/${project}`)) return denied('iam.serviceAccounts.list');
      const accounts = [...world.accounts.values()].filter(({ projectId }) => projectId === project);
      return page('accounts', accounts.map(shown), call.query, MOST_ACCOUNTS);
    })
    .on('GET', '/v1/projects/:project/serviceAccounts/:email', (call) => {
      const { project = '', email = '' } = call.params;
      if (!may(call, 'iam.serviceAccounts.get', `projects/${project}`)) return denied('iam.serviceAccounts.get');
      return account(world, project, email);
    })
    .on('POST', '/v1/projects/:project/serviceAccounts/:call', (call) => {
      const [email = '', verb] = (call.params['call'] ?? '').split(':');
      if (verb !== 'testIamPermissions') return refusal('NOT_FOUND', 'Method not found.');
      const has = permissionsOf(world, `serviceAccount:${callerOf(call)}`, `serviceAccounts/${email}`);
      const asked = (call.body as { readonly permissions: readonly string[] }).permissions.filter((permission) => has.has(permission));
      return ok(asked.length > 0 ? { permissions: asked } : {});
    });
}

function rolesOf({ roles }: World, owner: string): readonly Role[] {
  return [...roles.values()].filter(({ name, deleted }) => name.startsWith(`${owner}roles/`) && deleted !== true);
}

function role({ roles }: World, name: string): FakeReply {
  const found = roles.get(name);
  if (found === undefined) return refusal('NOT_FOUND', `The role named ${name} was not found.`);
  const { notOn: _, ...described } = found;
  return ok({ ...described, etag: 'AA==' });
}

/** The view of lists leaves out the permissions. */
function basic({ name, title, stage }: Role): unknown {
  return { name, title, stage, etag: 'AA==' };
}

function account({ accounts }: World, project: string, email: string): FakeReply {
  const found = accounts.get(email);
  if (found === undefined || found.projectId !== project) return refusal('NOT_FOUND', `Service account ${email} does not exist.`);
  return ok(shown(found));
}

function shown({ email, projectId, uniqueId, disabled }: Account): unknown {
  return { name: `projects/${projectId}/serviceAccounts/${email}`, email, projectId, uniqueId, ...(disabled && { disabled }) };
}
