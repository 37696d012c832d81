import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { JsonClient, type Refusal } from '../../integration-kit/http/json-client.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import type { K8sSecret } from './secret.js';

export type Access = SystemAccess<K8sSecret>;

const WHERE = { host: 'k8s_fqdn of the secret', port: 'the port in k8s_fqdn of the secret', ca: 'k8s_cert_authority of the secret' };

/** Questions that are asked by POST: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access */
const REVIEW = /\/(selfsubjectaccessreviews|selfsubjectreviews|subjectaccessreviews|tokenreviews)$/;

/**
 * The Kubernetes API, https://kubernetes.io/docs/reference/using-api/api-concepts/. By our own client: the project's library takes ten times
 * as long to load, and as much memory as the rest of an idle runner, for types that this folder has in a few schemas.
 */
export function openApi(access: Access): JsonClient {
  const { server, token, ca } = access.secret;
  return new JsonClient({
    fetch: vendorFetch(access, access.network.fetchTrusting(ca), { where: WHERE, isRead }),
    base: server,
    // The audit log of the cluster shows who asks.
    headers: () => ({ authorization: `Bearer ${token}`, 'user-agent': 'axiom-runner' }),
    explain,
  });
}

function isRead(method: string, { pathname, searchParams }: URL): boolean {
  return method === 'POST' && (REVIEW.test(pathname) || searchParams.get('dryRun') === 'All');
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
const statusSchema = z.object({
  kind: z.literal('Status'),
  message: z.string().optional(),
  details: z.object({ causes: z.array(z.object({ reason: z.string().optional() })).optional() }).optional(),
});

function explain({ status, body }: Refusal): RunnerError | undefined {
  const said = statusSchema.safeParse(body).data;
  if (status === 400 && said?.message?.includes('does not support dry run') === true) {
    return new RunnerError('UNSUPPORTED', 'An admission webhook of the cluster refuses dry runs, by which the runner plans.', {
      mend: 'Declare the webhook with "sideEffects: None" or "NoneOnDryRun".',
    });
  }
  if (status !== 403 || said === undefined) return undefined;
  if (said.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating')) {
    return new RunnerError('TARGET_NOT_FOUND', 'The namespace is being deleted.');
  }
  // The API server has no reason of its own for this: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update
  if (said.message?.includes('attempting to grant RBAC permissions not currently held') === true) {
    return new RunnerError(
      'TARGET_PERMISSION_DENIED',
      "The runner may not give this role: it neither may bind it nor has all of the role's rights.",
      {
        mend: 'Add the name of the role to the rule with the verb "bind", see docs/integrations/k8s.md.',
      },
    );
  }
  return undefined;
}
