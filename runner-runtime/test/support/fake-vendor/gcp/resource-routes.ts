import type { FakeCall, FakeReply, FakeVendor } from '../fake-vendor.js';
import { permissionsOf } from './judgement.js';
import { policyCall } from './policy-routes.js';
import { DENIED, ok, page, refusal } from './replies.js';
import type { Resource, World } from './world.js';

/** Google gives no number; pages are shorter than what is asked for now and then. */
const MOST = 300;

/** Resource Manager, version 3: https://cloud.google.com/resource-manager/reference/rest */
export function resourceRoutes(vendor: FakeVendor, world: World, callerOf: (call: FakeCall) => string): void {
  vendor
    .on('GET', '/v3/:call', (call) => search(world, call, callerOf(call)))
    .on('GET', '/v3/:collection/:id', (call) => get(world, call, callerOf(call)))
    .on('POST', '/v3/:collection/:call', (call) => {
      // Old ids of projects have a colon of their own.
      const text = call.params['call'] ?? '';
      const at = text.lastIndexOf(':');
      const resource = `${call.params['collection']}/${text.slice(0, at)}`;
      return policyCall(world, resource, text.slice(at + 1), call, callerOf(call));
    });
}

function search(world: World, { params, query }: FakeCall, caller: string): FakeReply {
  const [collection, verb] = (params['call'] ?? '').split(':');
  if (verb !== 'search' || collection === undefined) return refusal('NOT_FOUND', 'Method not found.');
  // What the caller may not see is left out, without a word.
  const visible = [...world.resources.values()].filter(
    (resource) => resource.name.startsWith(`${collection}/`) && maySee(world, resource, caller),
  );
  return page(collection, visible.map(shown), query, MOST);
}

function get(world: World, { params }: FakeCall, caller: string): FakeReply {
  const resource = world.resources.get(`${params['collection']}/${params['id']}`);
  return resource !== undefined && maySee(world, resource, caller) ? ok(shown(resource)) : DENIED;
}

function maySee(world: World, { name }: Resource, caller: string): boolean {
  return permissionsOf(world, `serviceAccount:${caller}`, name).has(`resourcemanager.${name.split('/')[0]}.get`);
}

function shown({ name, parent, state, displayName, number }: Resource): unknown {
  const isProject = number !== undefined;
  return {
    name: isProject ? `projects/${number}` : name,
    ...(isProject && { projectId: name.slice('projects/'.length) }),
    ...(parent !== undefined && { parent }),
    state,
    ...(displayName !== undefined && { displayName }),
  };
}
