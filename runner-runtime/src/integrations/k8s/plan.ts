import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import type { AccessRequest, Plan } from '../integration.js';
import { accountBody } from './account.js';
import { type Access, openApi } from './api.js';
import { bindingBody } from './binding.js';
import { create } from './objects.js';
import { accountsPath, bindingsPath } from './paths.js';
import { requirePrincipal, subjectOf } from './principal.js';
import { mayI, type Self, whoAmI } from './reviews.js';
import { resolveRole } from './role.js';
import type { K8sState } from './state.js';
import { resolveTarget } from './target.js';

/** Resolves all names, and lets the API server try the access without making it: the rules against escalation are its own. */
export async function plan(access: Access, request: AccessRequest): Promise<Plan<K8sState>> {
  const api = openApi(access);
  const self = await whoAmI(api);
  const namespace = await resolveTarget(access, api, request.target, self);
  const role = await resolveRole(api, request.permission, namespace);
  const name = access.marks.name(request.requestId, 'binding').replaceAll('_', '-');
  const base = { name, role, ...(namespace === undefined ? {} : { namespace }) };
  if (request.principal !== undefined) {
    await requirePrincipal(api, request.principal, self);
    const planned = { principal: request.principal, state: base };
    await tryOut(api, planned);
    return planned;
  }
  const accountNamespace = requireAccountNamespace(self);
  const planned = { principal: { kind: 'serviceaccount', id: `${accountNamespace}/${name}` }, state: { ...base, accountNamespace } };
  await tryOutAccount(api, planned.state, accountNamespace);
  await tryOut(api, planned);
  return planned;
}

/**
 * Temporary service accounts live where the runner's own does: whoever may make tokens in a namespace can be every service account in it, so
 * that is asked of one namespace only, in which nobody but the runner has a right.
 */
function requireAccountNamespace({ account, username }: Self): string {
  if (account !== undefined) return account.namespace;
  throw new RunnerError(
    'UNSUPPORTED',
    'Temporary service accounts are made next to the service account of the runner, and its token is of none.',
    {
      object: username,
      mend: 'Put the token of a service account into k8s_cert_secret.',
    },
  );
}

async function tryOut(api: JsonClient, { principal, state }: Plan<K8sState>): Promise<void> {
  await create(api, bindingsPath(state.namespace?.name), bindingBody(state, subjectOf(principal), ''), { dryRun: true });
}

async function tryOutAccount(api: JsonClient, { name }: K8sState, namespace: string): Promise<void> {
  await create(api, accountsPath(namespace), accountBody(name, ''), { dryRun: true });
  if (await mayI(api, { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace })) return;
  throw new RunnerError('TARGET_PERMISSION_DENIED', 'The runner may not make tokens of service accounts in its own namespace.', {
    object: namespace,
    mend: 'Allow it to create serviceaccounts/token there, see docs/integrations/k8s.md.',
  });
}
