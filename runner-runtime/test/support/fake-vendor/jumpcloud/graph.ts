import type { Binds, FakeApplication, JumpCloudWorld, Sudo } from './world.js';

/** Edges of JumpCloud's graph, https://docs.jumpcloud.com/api/2.0/index.html#tag/Graph */
type Holder = 'user' | 'user_group';
interface Edge {
  readonly to: { readonly type: string; readonly id: string };
  readonly attributes?: { readonly sudo: Sudo };
}

/** Groups of a user, each with the way to it. */
export function groupEdges(groups: readonly string[]) {
  return groups.map((id) => bound('user_group', id, [[edge('user_group', id)]], undefined));
}

/** Applications of a user, directly and through groups. */
export function applicationsOf(world: JumpCloudWorld, userId: string) {
  return [...world.applications.values()].flatMap((application) => {
    const paths = [
      ...(application.user.has(userId) ? [[edge('application', application.id)]] : []),
      ...world
        .groupsOf(userId)
        .filter(({ id }) => application.user_group.has(id))
        .map(({ id }) => [edge('user_group', id), edge('application', application.id)]),
    ];
    return paths.length === 0 ? [] : [bound('application', application.id, paths, undefined)];
  });
}

/** Devices of a user, directly and through groups of either side; privileges that stand for a time included. */
export function devicesOf(world: JumpCloudWorld, userId: string) {
  const groups = world.groupsOf(userId).map(({ id }) => id);
  return [...world.devices.values()].flatMap((device) => {
    const target = edge('system', device.id);
    const holders = [...world.deviceGroups.values()].filter(({ devices }) => devices.has(device.id));
    const ways = [
      ...waysInto(device, userId, groups).map(({ first, sudo }) => ({ sudo, path: [...first, target] })),
      ...holders.flatMap((holder) =>
        waysInto(holder, userId, groups).map(({ first, sudo }) => ({ sudo, path: [...first, edge('system_group', holder.id), target] })),
      ),
    ];
    const raised = world.grantedOn(device.id, userId).map(({ sudo }) => sudo);
    const sudo = strongest([...ways.map((way) => way.sudo), ...raised]);
    const paths = ways.map(({ path }) => path);
    return ways.length === 0 ? [] : [bound('system', device.id, paths, sudo)];
  });
}

/** Edges from a thing to its holders of one kind. */
export function holdersOf(thing: FakeApplication | { readonly user: Binds; readonly user_group: Binds }, kind: Holder): readonly Edge[] {
  const held = thing[kind];
  const entries = held instanceof Map ? [...held] : [...held].map((id) => [id, undefined] as const);
  return entries.map(([id, sudo]) => edge(kind, id, sudo));
}

export function edge(type: string, id: string, sudo?: Sudo): Edge {
  return { to: { type, id }, ...(sudo !== undefined && { attributes: { sudo } }) };
}

function waysInto(place: { readonly user: Binds; readonly user_group: Binds }, userId: string, groups: readonly string[]) {
  return [
    ...(place.user.has(userId) ? [{ first: [] as readonly Edge[], sudo: place.user.get(userId) }] : []),
    ...groups
      .filter((id) => place.user_group.has(id))
      .map((id) => ({ first: [edge('user_group', id)] as readonly Edge[], sudo: place.user_group.get(id) })),
  ];
}

function strongest(all: readonly (Sudo | undefined)[]): Sudo | undefined {
  const some = all.filter((sudo) => sudo !== undefined);
  return some.find(({ withoutPassword }) => withoutPassword) ?? some[0];
}

function bound(type: string, id: string, paths: readonly (readonly Edge[])[], sudo: Sudo | undefined) {
  return { type, id, paths, compiledAttributes: sudo === undefined ? {} : { sudo } };
}
