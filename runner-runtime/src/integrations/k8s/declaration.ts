import type { Declaration } from '../declaration.js';

const ANYWHERE = ['cluster', 'namespace'];

/** How a Role of a namespace is asked for, in front of its name: no name of a role has a slash. */
export const ROLE_PREFIX = 'Role/';
export const BUILT_IN = ['view', 'edit', 'admin'] as const;
export const ANY_ROLE = '*';

export const declaration: Declaration = {
  targets: [
    { kind: 'cluster', path: ['cluster'] },
    { kind: 'namespace', path: ['namespace'] },
  ],
  permissions: [
    { name: 'view', targets: ANYWHERE, isolation: 'object-per-grant', meaning: 'Read most objects, but no Secrets, roles and bindings.' },
    {
      name: 'edit',
      targets: ANYWHERE,
      isolation: 'object-per-grant',
      meaning: 'Read and change most objects, Secrets too, and run anything as any service account of the namespaces.',
    },
    { name: 'admin', targets: ANYWHERE, isolation: 'object-per-grant', meaning: 'edit, and give roles in the namespaces to others.' },
    {
      name: ANY_ROLE,
      targets: ANYWHERE,
      isolation: 'object-per-grant',
      meaning: `Any other ClusterRole, by its name, or a Role of the namespace, as ${ROLE_PREFIX}<name>.`,
    },
  ],
  principals: [
    { kind: 'user', meaning: 'A user, by the name that the cluster authenticates.' },
    { kind: 'group', meaning: 'A group, by the name that the cluster authenticates.' },
    { kind: 'serviceaccount', meaning: 'A service account, as <namespace>/<name>; also the temporary one of an access.' },
  ],
  dispenses: [...BUILT_IN, ANY_ROLE],
  nativeExpiry: {
    ends: 'nothing',
    how: 'Bindings have no expiry. The token of a temporary service account ends by itself 60 seconds after the planned end of the access, and cannot be given another end.',
  },
  checks: [
    { name: 'connect', meaning: 'The API server can be reached, with a certificate of the given authority.' },
    { name: 'authenticate', meaning: 'The API server accepts the token, and the token lasts.' },
    { name: 'version', meaning: 'The version is supported.' },
    { name: 'read', meaning: 'The account may read what a collection and a plan need: no Secrets.' },
    { name: 'role-bindings', meaning: 'The account may make and remove bindings in every namespace.' },
    { name: 'cluster-role-bindings', meaning: 'The account may make and remove bindings of the whole cluster.' },
    { name: 'temporary-accounts', meaning: 'The account may make service accounts and tokens of them in its own namespace.' },
    { name: 'bind', meaning: 'The account may give roles whose rights it does not have itself, and not every role.' },
    { name: 'prove', meaning: 'The account may ask what others may do, and whether a token is valid.' },
    { name: 'empty', meaning: 'There is something to give access to.' },
  ],
};
