import type { FakeReply } from '../fake-vendor.js';
import { edge } from './graph.js';
import type { FakeJumpCloud } from './jumpcloud.js';
import { DONE, NOT_FOUND, refusal } from './replies.js';
import type { FakeGroup } from './world.js';

/** What is sent to change an edge. */
export interface EdgeChange {
  readonly op?: string;
  readonly type?: string;
  readonly id?: string;
}

/** User groups and their members. https://docs.jumpcloud.com/api/2.0/index.html#tag/User-Groups */
export function groupRoutes(fake: FakeJumpCloud): void {
  const { world, vendor } = fake;
  vendor.on('GET', '/api/v2/usergroups', (call) => {
    const groups = [...world.groups.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
    return fake.page(call, groups.map(groupShape));
  });
  vendor.on('GET', '/api/v2/usergroups/:group', ({ params }) =>
    fake.require(world.groups, params['group'], (group) => ({ status: 200, body: groupShape(group) })),
  );
  vendor.on('GET', '/api/v2/usergroups/:group/members', (call) =>
    fake.require(world.groups, call.params['group'], ({ members }) =>
      fake.page(
        call,
        [...members].map((id) => edge('user', id)),
      ),
    ),
  );
  vendor.on('POST', '/api/v2/usergroups/:group/members', ({ params, body }) =>
    fake.require(world.groups, params['group'], ({ members, method }) => {
      if (method.startsWith('DYNAMIC')) return refusal(400, 'The membership of this group is dynamic');
      const { op, type, id = '' } = body as EdgeChange;
      if (type !== 'user' || !world.users.has(id)) return NOT_FOUND;
      return changeSet(members, op, id);
    }),
  );
}

/** Adds or removes; what is so already is a refusal. */
export function changeSet(held: Set<string>, op: string | undefined, id: string): FakeReply {
  if (op !== 'add' && op !== 'remove') return refusal(400, 'Invalid op');
  if (op === 'add' && held.has(id)) return refusal(409, 'Already Exists');
  if (op === 'remove' && !held.has(id)) return NOT_FOUND;
  if (op === 'add') held.add(id);
  else held.delete(id);
  return DONE;
}

function groupShape({ id, name, method }: FakeGroup) {
  return { id, name, type: 'user_group', description: '', membershipMethod: method };
}
