import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { ROLE_PREFIX } from './declaration.js';
import { find, type Role, type RoleRef, roleSchema } from './objects.js';
import { rolePath } from './paths.js';
import type { K8sState } from './state.js';

/** The role that a permission names: it exists, and can be given where it is asked for. */
export async function resolveRole(api: JsonClient, permission: string, namespace: K8sState['namespace']): Promise<K8sState['role']> {
  const role = roleOf(permission);
  if (role.kind === 'Role' && namespace === undefined) {
    throw new RunnerError('PERMISSION_NOT_FOUND', 'A Role belongs to a namespace, and cannot be given on the cluster.', {
      object: permission,
    });
  }
  if (isPossibleName(role.name) && (await readRole(api, role, namespace?.name)) !== undefined) return role;
  throw new RunnerError('PERMISSION_NOT_FOUND', `There is no ${role.kind} of this name.`, {
    object: permission,
    mend: `Ask for a ClusterRole by its name, or for a Role of the namespace as ${ROLE_PREFIX}<name>.`,
  });
}

/** How a role is asked for. */
export function permissionOf({ kind, name }: RoleRef): string {
  return kind === 'Role' ? ROLE_PREFIX + name : name;
}

/** @param namespace where a Role is looked for */
export function readRole(api: JsonClient, { kind, name }: K8sState['role'], namespace: string | undefined): Promise<Role | undefined> {
  return find(api, rolePath(kind === 'Role' ? namespace : undefined, name), roleSchema);
}

function roleOf(permission: string): K8sState['role'] {
  if (permission.startsWith(ROLE_PREFIX)) return { kind: 'Role', name: permission.slice(ROLE_PREFIX.length) };
  return { kind: 'ClusterRole', name: permission };
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#path-segment-names */
function isPossibleName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return name !== '' && name !== '.' && name !== '..' && !/[/%\u0000-\u001f\u007f]/.test(name);
}
