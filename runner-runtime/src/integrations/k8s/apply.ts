import { RunnerError } from '../../errors.js';
import { bounded } from '../../integration-kit/bounded.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { nativeExpiryOf, requireExtensible, requireInTime } from '../../integration-kit/turn.js';
import type { Applied } from '../integration.js';
import type { Intent } from '../intent.js';
import { findAccount, isOwnAccount, renewAccount, requestToken } from './account.js';
import { type Access, openApi } from './api.js';
import { ensureBinding, findBinding, markOf, requireOwnOrNone } from './binding.js';
import { credentialOf, lifeSeconds } from './credential.js';
import { MARK, patch, removalStep } from './objects.js';
import { accountPath, bindingPath } from './paths.js';
import type { K8sState } from './state.js';
import { requireNamespace } from './target.js';

/** How much shorter than asked for a token may be before it is worth a word, seconds. */
const UNNOTICED_SECONDS = 60;

/** Makes the binding; for a temporary credential a service account before it, and a token at the end. */
export async function apply(access: Access, intent: Intent<K8sState>): Promise<Applied> {
  requireInTime(access, intent);
  const api = openApi(access);
  const { namespace, accountNamespace } = intent.state;
  await requireNamespace(api, namespace);
  if (accountNamespace === undefined) return { actions: bounded(await ensureBinding(access, api, intent)) };
  return dispense(access, api, intent, accountNamespace);
}

async function dispense(access: Access, api: JsonClient, intent: Intent<K8sState>, namespace: string): Promise<Applied> {
  const { name } = intent.state;
  await requireOwnOrNone(access, api, intent);
  const actions = await renewAccount(access, api, intent, namespace);
  try {
    actions.push(...(await ensureBinding(access, api, intent)));
  } catch (error) {
    // A revocation came first, and has perhaps looked for the account before it was made.
    if (error instanceof RunnerError && error.code === 'TASK_REJECTED') await removeAccount(access, api, intent, namespace);
    throw error;
  }
  const wanted = nativeExpiryOf(intent) - access.now() / 1000;
  const token = await requestToken(api, namespace, name, wanted);
  actions.push(`made a token of service account ${namespace}/${name} until ${token.expirationTimestamp}`);
  if ((lifeSeconds(token.token) ?? wanted) < wanted - UNNOTICED_SECONDS) {
    actions.push('the cluster allows no longer life of a token: the credential ends before the access does');
  }
  return { actions: bounded(actions), credential: credentialOf(access.secret, intent, namespace, token) };
}

async function removeAccount(access: Access, api: JsonClient, intent: Intent<K8sState>, namespace: string): Promise<void> {
  const account = await findAccount(api, namespace, intent.state.name);
  if (account === undefined || !(await isOwnAccount(account, intent, access))) return;
  await removalStep(api, accountPath(namespace, intent.state.name), account);
}

/** Moves the end in the mark: a binding has no expiry. */
export async function extend(access: Access, intent: Intent<K8sState>): Promise<void> {
  const { namespace, name, accountNamespace } = intent.state;
  const api = openApi(access);
  const binding = await findBinding(api, intent.state);
  requireExtensible(binding === undefined ? undefined : await markOf(binding, intent, access), intent);
  if (accountNamespace !== undefined) {
    throw new RunnerError('UNSUPPORTED', 'The token of a temporary service account cannot be given another end.', {
      object: `${accountNamespace}/${name}`,
      mend: 'Ask for another credential.',
    });
  }
  const mark = await access.marks.write('active', intent);
  const metadata = { resourceVersion: binding?.metadata.resourceVersion, annotations: { [MARK]: mark } };
  await patch(api, bindingPath(namespace?.name, name), { metadata });
}
