import type { Principal, Target } from '@axiom-runner/protocol';
import { k8s } from '../../../src/integrations/k8s/integration.js';
import type { K8sSecret } from '../../../src/integrations/k8s/secret.js';
import type { K8sState } from '../../../src/integrations/k8s/state.js';
import type { ContractHarness, RunningSystem } from '../contract/contract.js';
import type { Wish } from '../runner-harness.js';
import { type Attempt, bindings, CLUSTER, Cluster, OWN_ACCOUNT, OWN_NAMESPACE, SYSTEM, subject } from './cluster.js';
import { NetworkFront } from './network-front.js';

type GrantedWish = Omit<Wish, 'principal'>;

const CANARY = 'canary-of-a-wrong-token';
const PAYMENTS = { kind: 'namespace', path: ['payments'] };
const WHOLE = { kind: 'cluster', path: [CLUSTER] };
/** All that a label of RFC 1123 can be. */
const HOSTILE_NAMESPACES = ['x'.repeat(63), '0', 'a--b', 'xn--bcher-kva'];
const HOSTILE_USERS = ['o\'brien "quoted"', 'Bücher ✓ 漢字', '../../secrets', '%2e%2e', 'two\nlines', 'u'.repeat(1024), '-', '{"a":1}'];

/** What each permission lets its holder do, and nobody else. */
const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  view: { verb: 'list', resource: 'configmaps' },
  edit: { verb: 'create', resource: 'configmaps' },
  admin: { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'roles' },
  'pod reader: ü': { verb: 'list', resource: 'pods' },
  'Role/service-reader': { verb: 'list', resource: 'services' },
};

async function start(front: NetworkFront): Promise<RunningSystem<K8sState>> {
  const cluster = await Cluster.start();
  const token = await cluster.setUpRunner(['pod reader: ü']);
  await cluster.newRole(undefined, 'pod reader: ü', ['list', '', 'pods']);
  await cluster.newRole(undefined, 'not-bindable', ['create', '', 'nodes']);
  await cluster.newRole('payments', 'service-reader', ['list', '', 'services']);
  await allowRole(cluster, 'payments', 'service-reader');
  for (const name of HOSTILE_NAMESPACES) await cluster.newNamespace(name);
  const powerless = await newToken(cluster, 'powerless');
  let made = 0;
  const newUser = async (name?: string): Promise<Principal> => {
    made += 1;
    return { kind: 'user', id: name ?? `user-${made}@example.com` };
  };
  const newGroup = async () => ({ kind: 'group', id: (await newUser()).id });
  const newAccount = async () => {
    made += 1;
    await cluster.admin('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: `app-${made}` } });
    return { kind: 'serviceaccount', id: `default/app-${made}` };
  };
  const impossible = (what: string, wish: Partial<Wish>, code: RunningSystem<K8sState>['impossible'][number]['code']) => ({
    what,
    wish,
    code,
  });
  const closed = (
    what: string,
    secret: Record<string, unknown>,
    code: 'TARGET_AUTH_FAILED' | 'TARGET_UNREACHABLE' | 'TARGET_PERMISSION_DENIED',
  ) => {
    const check = { TARGET_AUTH_FAILED: 'authenticate', TARGET_UNREACHABLE: 'connect', TARGET_PERMISSION_DENIED: 'read' }[code];
    const outcome = (
      {
        TARGET_AUTH_FAILED: 'authentication_failed',
        TARGET_UNREACHABLE: 'unreachable',
        TARGET_PERMISSION_DENIED: 'permission_missing',
      } as const
    )[code];
    return { what, secret, code, check, outcome };
  };
  const existing = (permission: string, target: Target, principal = newUser as () => Promise<Principal>) => ({
    permission,
    target,
    principal,
  });
  const dispensed = (permission: string, target: Target) => ({ permission, target, dispense: true });

  return {
    system: SYSTEM,
    secret: cluster.secret(token),
    canaries: [token, CANARY],
    wish: { target: PAYMENTS, permission: 'view' },
    hostileTargets: HOSTILE_NAMESPACES.map((name) => ({ kind: 'namespace', path: [name] })),
    hostilePrincipalNames: HOSTILE_USERS,
    impossible: [
      impossible('no namespace', { target: { kind: 'namespace', path: ['nowhere'] } }, 'TARGET_NOT_FOUND'),
      impossible('a name that leaves its place', { target: { kind: 'namespace', path: ['../nodes'] } }, 'TARGET_NOT_FOUND'),
      impossible('a path too long', { target: { kind: 'namespace', path: ['payments', 'pods'] } }, 'TARGET_NOT_FOUND'),
      impossible('another cluster', { target: { kind: 'cluster', path: ['staging'] } }, 'TARGET_NOT_FOUND'),
      impossible('an unknown kind', { target: { kind: 'pod', path: ['payments'] } }, 'UNSUPPORTED'),
      impossible("the runner's own namespace", { target: { kind: 'namespace', path: [OWN_NAMESPACE] } }, 'UNSUPPORTED'),
      impossible('no such role', { permission: 'Everything' }, 'PERMISSION_NOT_FOUND'),
      impossible('a role name that leaves its place', { permission: '../roles' }, 'PERMISSION_NOT_FOUND'),
      impossible('a Role without its prefix', { permission: 'service-reader' }, 'PERMISSION_NOT_FOUND'),
      impossible('a Role on the cluster', { permission: 'Role/service-reader', target: WHOLE }, 'PERMISSION_NOT_FOUND'),
      impossible('a role that may not be bound', { permission: 'not-bindable' }, 'TARGET_PERMISSION_DENIED'),
      impossible('cluster-admin', { permission: 'cluster-admin', target: WHOLE }, 'TARGET_PERMISSION_DENIED'),
      impossible('no service account', { principal: { kind: 'serviceaccount', id: 'payments/nobody' } }, 'PRINCIPAL_NOT_FOUND'),
      impossible('a service account without namespace', { principal: { kind: 'serviceaccount', id: 'nobody' } }, 'PRINCIPAL_NOT_FOUND'),
      impossible('the runner', { principal: { kind: 'serviceaccount', id: `${OWN_NAMESPACE}/${OWN_ACCOUNT}` } }, 'UNSUPPORTED'),
      impossible(
        'the runner as a user',
        { principal: { kind: 'user', id: `system:serviceaccount:${OWN_NAMESPACE}:${OWN_ACCOUNT}` } },
        'UNSUPPORTED',
      ),
      impossible('everybody', { principal: { kind: 'group', id: 'system:authenticated' } }, 'UNSUPPORTED'),
      impossible('another temporary account', { principal: { kind: 'serviceaccount', id: `${OWN_NAMESPACE}/axm-abc` } }, 'UNSUPPORTED'),
      impossible('a principal of another kind', { principal: { kind: 'role', id: 'view' } }, 'UNSUPPORTED'),
    ],
    closed: [
      closed('wrong token', cluster.secret(CANARY), 'TARGET_AUTH_FAILED'),
      closed('no such host', cluster.secret(token, { k8s_fqdn: 'no-such-host.invalid' }), 'TARGET_UNREACHABLE'),
      closed('closed port', cluster.secret(token, { k8s_fqdn: '127.0.0.1:1' }), 'TARGET_UNREACHABLE'),
      closed('no rights', cluster.secret(powerless), 'TARGET_PERMISSION_DENIED'),
    ],
    malformed: [
      {},
      'text',
      cluster.secret(token, { k8s_cluster_name: ' ' }),
      cluster.secret(token, { k8s_fqdn: 'http://k8s.example.com' }),
      cluster.secret(token, { k8s_fqdn: 'https://user@k8s.example.com' }),
      cluster.secret(token, { k8s_fqdn: 'https://k8s.example.com/?a=b' }),
      cluster.secret('two words'),
      cluster.secret(Buffer.from(token).toString('base64')),
      cluster.secret(token, { k8s_cert_authority: 'no certificate' }),
      cluster.secret(token, { k8s_cert_authority: undefined }),
    ],
    newPrincipal: newUser,
    hasAccess: async (principal, wish) => {
      await cluster.settle();
      return cluster.allows(principal, attemptOf(wish));
    },
    everyWish: [
      ...['view', 'edit', 'admin', 'pod reader: ü'].flatMap((permission) => [existing(permission, PAYMENTS), existing(permission, WHOLE)]),
      existing('Role/service-reader', PAYMENTS),
      existing('view', PAYMENTS, newGroup),
      existing('view', WHOLE, newAccount),
      ...['view', 'edit', 'admin', 'pod reader: ü', 'Role/service-reader'].map((permission) => dispensed(permission, PAYMENTS)),
      dispensed('view', WHOLE),
      dispensed('pod reader: ü', WHOLE),
    ],
    opens: async ({ token: dispensedToken = '' }, wish) => {
      await cluster.settle();
      return opens(cluster, dispensedToken, attemptOf(wish));
    },
    giveByHand: async (principal, { target, permission }) => {
      made += 1;
      const namespace = target.kind === 'namespace' ? target.path[0] : undefined;
      await cluster.bind({ name: `by-hand-${made}`, namespace, role: permission, subjects: [subject(principal)] });
    },
    removeByHand: async ({ state: { name, namespace } }) => {
      await cluster.admin('DELETE', `${bindings(namespace?.name)}/${name}`);
    },
    occupy: async ({ state: { name, namespace } }, mark) => {
      const subjects = [subject({ kind: 'user', id: 'somebody else' })];
      await cluster.bind({ name, namespace: namespace?.name, role: 'view', subjects, annotations: { 'axiom.security/mark': mark } });
    },
    vacate: async ({ state: { name, namespace } }) => {
      await cluster.admin('DELETE', `${bindings(namespace?.name)}/${name}`);
    },
    nativeExpiry: async () => undefined,
    faults: front,
    leftovers: () => cluster.ownObjects(),
    stop: () => cluster.stop(),
  };
}

/** Lets the runner give one Role, as the documentation says. */
async function allowRole(cluster: Cluster, namespace: string, name: string): Promise<void> {
  const rules = [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['bind'], resourceNames: [name] }];
  await cluster.admin('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles`, {
    metadata: { name: 'axiom-runner-bind' },
    rules,
  });
  const subjects = [subject({ kind: 'serviceaccount', id: `${OWN_NAMESPACE}/${OWN_ACCOUNT}` })];
  await cluster.bind({ name: 'axiom-runner-bind', namespace, role: 'Role/axiom-runner-bind', subjects });
}

/** A token of a service account that may do nothing. */
async function newToken(cluster: Cluster, name: string): Promise<string> {
  const accounts = `/api/v1/namespaces/${OWN_NAMESPACE}/serviceaccounts`;
  await cluster.admin('POST', accounts, { metadata: { name } });
  return (await cluster.admin('POST', `${accounts}/${name}/token`, { spec: { audiences: [] } })).status.token;
}

function attemptOf({ target, permission }: GrantedWish): Attempt {
  const attempt = ATTEMPTS[permission];
  if (attempt === undefined) throw new Error(`nobody knows what ${permission} is`);
  return { ...attempt, ...(target.kind === 'namespace' ? { namespace: target.path[0] ?? '' } : {}) };
}

/** Whether a token really opens: by doing it, without an effect. */
async function opens(cluster: Cluster, token: string, { verb, group, resource, namespace }: Attempt): Promise<boolean> {
  const path = `${group === undefined ? '/api/v1' : `/apis/${group}/v1`}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource}`;
  const { status } =
    verb === 'create'
      ? await cluster.call(token, 'POST', `${path}?dryRun=All`, { metadata: { name: 'tried' } })
      : await cluster.call(token, 'GET', path);
  return status < 300;
}

/** A real cluster as one of the systems of the shared contract. */
export function contractHarness(): ContractHarness<K8sSecret, K8sState> {
  const front = new NetworkFront();
  return { integration: front.before(k8s), start: () => start(front) };
}
