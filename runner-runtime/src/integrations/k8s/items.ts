import type { Item, Principal, Target } from '@axiom-runner/protocol';
import type { Binding, ClusterObject, Role, Rule } from './objects.js';
import { principalOf } from './principal.js';
import { permissionOf } from './role.js';

/** Longest description of a role, characters. */
const LONGEST = 300;

export function clusterItem(cluster: string): Item {
  return { item: 'target', target: clusterTarget(cluster) };
}

export function namespaceItem({ metadata }: ClusterObject): Item {
  return { item: 'target', target: namespaceTarget(metadata.name) };
}

/** A ClusterRole can be given on the cluster and on each namespace. */
export function clusterRoleItems(role: Role): Item[] {
  const permission = permissionOf({ kind: 'ClusterRole', name: role.metadata.name });
  const description = describe(role.rules);
  return ['cluster', 'namespace'].map((targetKind) => ({ item: 'permission', permission, targetKind, description }));
}

/** A Role can be given on its namespace only. */
export function roleItem({ metadata: { name, namespace = '' }, rules }: Role): Item {
  const permission = permissionOf({ kind: 'Role', name });
  return { item: 'permission', permission, targetKind: 'namespace', target: namespaceTarget(namespace), description: describe(rules) };
}

export function accountItem({ metadata: { name, namespace = '' } }: ClusterObject): Item {
  return { item: 'principal', principal: { kind: 'serviceaccount', id: `${namespace}/${name}` } };
}

/** The users and groups of a binding: nowhere else does a cluster name them. */
export function subjectItems(binding: Binding): Item[] {
  return principalsOf(binding)
    .filter(({ kind }) => kind !== 'serviceaccount')
    .map((principal) => ({ item: 'principal', principal }));
}

export function assignmentItems(binding: Binding, cluster: string): Item[] {
  const { namespace } = binding.metadata;
  const target = namespace === undefined ? clusterTarget(cluster) : namespaceTarget(namespace);
  const permission = permissionOf(binding.roleRef);
  return principalsOf(binding).map((principal) => ({ item: 'assignment', principal, permission, target }));
}

/** A service account without a namespace of its own is one of the binding's. */
function principalsOf({ subjects, metadata }: Binding): Principal[] {
  return subjects.flatMap((subject) => principalOf({ ...subject, namespace: subject.namespace ?? metadata.namespace ?? '' }) ?? []);
}

function clusterTarget(cluster: string): Target {
  return { kind: 'cluster', path: [cluster] };
}

function namespaceTarget(name: string): Target {
  return { kind: 'namespace', path: [name] };
}

/** `get, list on pods, services; create on pods/exec`. */
function describe(rules: readonly Rule[]): string {
  if (rules.length === 0) return 'no rights';
  const text = rules.map(
    ({ verbs, resources, nonResourceURLs }) => `${verbs.join(', ')} on ${(resources ?? nonResourceURLs ?? []).join(', ')}`,
  );
  const whole = text.join('; ');
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
}
