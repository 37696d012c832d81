import { path, type SafePath } from '../../integration-kit/http/path.js';

export const NAMESPACES = path`/api/v1/namespaces`;
export const CLUSTER_ROLES = path`/apis/rbac.authorization.k8s.io/v1/clusterroles`;
export const CLUSTER_ROLE_BINDINGS = path`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`;
export const ALL_ROLES = path`/apis/rbac.authorization.k8s.io/v1/roles`;
export const ALL_ROLE_BINDINGS = path`/apis/rbac.authorization.k8s.io/v1/rolebindings`;
export const ALL_SERVICE_ACCOUNTS = path`/api/v1/serviceaccounts`;

export function namespacePath(namespace: string): SafePath {
  return path`/api/v1/namespaces/${namespace}`;
}

/** @param namespace absent for a ClusterRole */
export function rolePath(namespace: string | undefined, name: string): SafePath {
  if (namespace === undefined) return path`/apis/rbac.authorization.k8s.io/v1/clusterroles/${name}`;
  return path`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/${name}`;
}

/** @param namespace absent for the ClusterRoleBindings */
export function bindingsPath(namespace: string | undefined): SafePath {
  if (namespace === undefined) return CLUSTER_ROLE_BINDINGS;
  return path`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
}

/** @param namespace absent for a ClusterRoleBinding */
export function bindingPath(namespace: string | undefined, name: string): SafePath {
  if (namespace === undefined) return path`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/${name}`;
  return path`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings/${name}`;
}

export function accountsPath(namespace: string): SafePath {
  return path`/api/v1/namespaces/${namespace}/serviceaccounts`;
}

export function accountPath(namespace: string, name: string): SafePath {
  return path`/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
}

export function tokenPath(namespace: string, name: string): SafePath {
  return path`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
}
