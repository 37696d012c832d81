import type { Target } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import type { Access } from './api.js';
import { declaration } from './declaration.js';
import { find, namespaceSchema } from './objects.js';
import { namespacePath } from './paths.js';
import type { Self } from './reviews.js';
import type { K8sState } from './state.js';

/** RFC 1123: what a namespace can be called. */
const NAMESPACE_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The namespace that is asked for; `undefined` for the whole cluster. */
export async function resolveTarget(access: Access, api: JsonClient, target: Target, self: Self): Promise<K8sState['namespace']> {
  const [name = ''] = target.path;
  if (!declaration.targets.some(({ kind }) => kind === target.kind)) {
    throw new RunnerError('UNSUPPORTED', 'Access to Kubernetes is given on a cluster or a namespace.', { object: target.kind });
  }
  if (target.path.length !== 1) {
    throw new RunnerError('TARGET_NOT_FOUND', `A ${target.kind} has a path of one name.`, { object: target.path.join('/') });
  }
  if (target.kind === 'cluster') {
    if (name === access.secret.cluster) return undefined;
    throw new RunnerError('TARGET_NOT_FOUND', 'The cluster has another name.', {
      object: name,
      mend: `Ask for ${access.secret.cluster}, the k8s_cluster_name of the secret.`,
    });
  }
  if (name === self.account?.namespace) {
    throw new RunnerError('UNSUPPORTED', "No access is given to the runner's own namespace: it would lead to the rights of the runner.", {
      object: name,
      mend: 'Keep nothing else in that namespace.',
    });
  }
  const uid = NAMESPACE_NAME.test(name) ? await namespaceUid(api, name) : undefined;
  if (uid === undefined) throw missing(name);
  return { name, uid };
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` where the namespace of a plan is gone, or another one has its name */
export async function requireNamespace(api: JsonClient, namespace: K8sState['namespace']): Promise<void> {
  if (!(await isThere(api, namespace))) throw missing(namespace?.name ?? '');
}

/** Whether the namespace of a plan is there, not another one of its name. */
export async function isThere(api: JsonClient, namespace: K8sState['namespace']): Promise<boolean> {
  return namespace === undefined || (await namespaceUid(api, namespace.name)) === namespace.uid;
}

/** @returns undefined where there is none, or one that is being deleted */
async function namespaceUid(api: JsonClient, name: string): Promise<string | undefined> {
  const found = await find(api, namespacePath(name), namespaceSchema);
  return found?.status?.phase === 'Terminating' ? undefined : found?.metadata.uid;
}

function missing(name: string): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', 'There is no namespace of this name, or it is another one than was planned for.', {
    object: name,
  });
}
