import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type KubernetesServer, kubernetesTools, startKubernetes } from '@axiom-runner/local-servers';
import type { Principal } from '@axiom-runner/protocol';
import { type Fetch, openNetwork } from '../../../src/operations/transport.js';

export const SYSTEM = { type: 'k8s', id: 'production-k8s.example.com' };
export const CLUSTER = 'production-k8s';
/** Where the documented set-up puts the runner's service account. */
export const OWN_NAMESPACE = 'axiom-security';
export const OWN_ACCOUNT = 'axiom-runner';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const DOCS = new URL('../../../../docs/integrations/k8s.md', import.meta.url);
const POLLS = 200;
const POLL_MS = 50;

/** What somebody tries to do. */
export interface Attempt {
  readonly verb: string;
  readonly resource: string;
  readonly group?: string;
  readonly namespace?: string;
}

/** How a call ended. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: as deep as the kind's own schema
  readonly body: any;
}

/** A real cluster without nodes, set up as the documentation says, and its administrator. */
export class Cluster {
  #settled = 0;

  private constructor(
    readonly server: KubernetesServer,
    readonly ca: string,
    private readonly adminToken: string,
    private readonly fetch: Fetch,
    private readonly kubectlPath: string,
  ) {}

  static async start(): Promise<Cluster> {
    const server = await startKubernetes();
    const ca = await readFile(server.caFile, 'utf8');
    const { users } = JSON.parse(await readFile(server.kubeconfigPath, 'utf8'));
    const fetch = openNetwork({ proxy: undefined, noProxy: undefined, extraCa: undefined }).fetchTrusting(ca);
    const cluster = new Cluster(server, ca, users[0].user.token, fetch, (await kubernetesTools()).kubectl);
    await cluster.#prepare();
    return cluster;
  }

  async #prepare(): Promise<void> {
    for (const name of ['payments', 'settled']) await this.newNamespace(name);
    await this.admin('POST', `${RBAC}/clusterroles`, role('cluster-settled', [['get', '', 'nodes']]));
    for (const namespace of ['settled', undefined]) {
      const name = namespace === undefined ? 'cluster-settled' : 'view';
      await this.bind({ name: 'settled', namespace, role: name, subjects: [] });
    }
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** One call, with a token of one's own. */
  async call(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const response = await this.fetch(this.server.server + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  /** One call of the administrator, that has to work. */
  async admin(method: string, path: string, body?: unknown): Promise<Answer['body']> {
    const answer = await this.call(this.adminToken, method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} ended with ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  async newNamespace(name: string): Promise<void> {
    await this.admin('POST', '/api/v1/namespaces', { metadata: { name } });
  }

  async newRole(namespace: string | undefined, name: string, ...rules: readonly RuleText[]): Promise<void> {
    const collection = namespace === undefined ? 'clusterroles' : `namespaces/${namespace}/roles`;
    await this.admin('POST', `${RBAC}/${collection}`, role(name, rules));
  }

  /** Gives a role by hand. @param role `Role/<name>` for one of the namespace */
  async bind({ name, namespace, role, subjects, annotations, labels }: ByHand): Promise<void> {
    const roleRef = role.startsWith('Role/') ? { kind: 'Role', name: role.slice(5) } : { kind: 'ClusterRole', name: role };
    await this.admin('POST', bindings(namespace), {
      metadata: { name, annotations, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...roleRef },
      subjects,
    });
  }

  /** Waits until the authorizer knows all that has been changed in bindings: it watches them, in order. */
  async settle(): Promise<void> {
    this.#settled += 1;
    const user = `settled-${this.#settled}`;
    for (const namespace of ['settled', undefined]) {
      await this.admin('PATCH', `${bindings(namespace)}/settled`, { subjects: [subject({ kind: 'user', id: user })] });
      const attempt = namespace === undefined ? { verb: 'get', resource: 'nodes' } : { verb: 'get', resource: 'configmaps', namespace };
      await until(() => this.allows({ kind: 'user', id: user }, attempt));
    }
  }

  /** The word of the authorizer. */
  async allows({ kind, id }: Principal, { group = '', ...attempt }: Attempt): Promise<boolean> {
    const [namespace, name] = id.split('/');
    const who = { user: { user: id }, group: { groups: [id] }, serviceaccount: { user: `system:serviceaccount:${namespace}:${name}` } }[
      kind
    ];
    const spec = { ...who, resourceAttributes: { group, ...attempt } };
    return (await this.admin('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).status.allowed;
  }

  /** Names of all that a runner made. */
  async ownObjects(): Promise<string[]> {
    const lists = [`${RBAC}/rolebindings`, `${RBAC}/clusterrolebindings`, '/api/v1/serviceaccounts'];
    const items = (await Promise.all(lists.map((path) => this.admin('GET', path)))).flatMap((list) => list.items);
    return items.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`).filter((name) => name.includes('/axm-'));
  }

  /** @param kubeconfig the administrator's, when absent */
  async kubectl(args: readonly string[], { input, kubeconfig = this.server.kubeconfigPath }: Kubectl = {}): Promise<string> {
    const running = promisify(execFile)(this.kubectlPath, ['--kubeconfig', kubeconfig, ...args]);
    running.child.stdin?.end(input);
    return (await running).stdout;
  }

  /** Sets up the runner's service account as the documentation says. @param bindable further ClusterRoles that it may give */
  async setUpRunner(bindable: readonly string[] = []): Promise<string> {
    const [manifest = ''] = await documentedBlocks('yaml');
    const input = manifest.replace(
      'resourceNames: [view, edit, admin]',
      `resourceNames: ${JSON.stringify(['view', 'edit', 'admin', ...bindable])}`,
    );
    await this.kubectl(['apply', '--filename', '-'], { input });
    return this.tokenOf(`${OWN_ACCOUNT}-token`);
  }

  /** The token in a Secret that the cluster fills. */
  async tokenOf(secret: string): Promise<string> {
    const path = `/api/v1/namespaces/${OWN_NAMESPACE}/secrets/${secret}`;
    await until(async () => (await this.admin('GET', path)).data?.token !== undefined);
    return Buffer.from((await this.admin('GET', path)).data.token, 'base64').toString();
  }

  secret(token: string, overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return {
      k8s_cluster_name: CLUSTER,
      k8s_fqdn: this.server.server,
      k8s_cert_secret: token,
      k8s_cert_authority: Buffer.from(this.ca).toString('base64'),
      ...overrides,
    };
  }
}

interface Kubectl {
  readonly input?: string;
  readonly kubeconfig?: string;
}

interface ByHand {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly role: string;
  readonly subjects: readonly object[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

type RuleText = readonly [verb: string, group: string, resource: string];

function role(name: string, rules: readonly RuleText[]) {
  const written = rules.map(([verb, group, resource]) => ({ verbs: [verb], apiGroups: [group], resources: [resource] }));
  return { metadata: { name }, rules: written };
}

/** Path of the bindings of a namespace, or of the cluster. */
export function bindings(namespace: string | undefined): string {
  return namespace === undefined ? `${RBAC}/clusterrolebindings` : `${RBAC}/namespaces/${namespace}/rolebindings`;
}

/** A principal as a binding names it. */
export function subject({ kind, id }: Principal): object {
  const [namespace, name] = id.split('/');
  if (kind === 'serviceaccount') return { kind: 'ServiceAccount', namespace, name };
  return { kind: kind === 'group' ? 'Group' : 'User', apiGroup: 'rbac.authorization.k8s.io', name: id };
}

/** Code blocks of the page of this integration. */
export async function documentedBlocks(language: string): Promise<string[]> {
  const text = await readFile(DOCS, 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
}

/** Waits for what a cluster does by itself. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let poll = 0; poll < POLLS; poll += 1) {
    if (await condition()) return;
    await pause(POLL_MS);
  }
  throw new Error('the cluster did not come to it');
}
