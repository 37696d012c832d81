import type { Evidence } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { bounded } from '../../integration-kit/bounded.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import type { Intent } from '../intent.js';
import { findAccount } from './account.js';
import { type Access, openApi } from './api.js';
import { findBinding, gives, isTombstone, markOf, nameOf } from './binding.js';
import { remainingAccess } from './remaining.js';
import type { K8sState } from './state.js';

type Observe = (question: string, answer: string) => void;

/** Reads back from the cluster's store: the binding gives nothing any more, and the service account, to which every token is bound, is gone. */
export async function verify(access: Access, intent: Intent<K8sState>): Promise<Pick<Evidence, 'observations' | 'proved' | 'warnings'>> {
  const observations: Evidence['observations'] = [];
  const observe: Observe = (question, answer) => {
    observations.push({ question, answer, at: new Date(access.now()).toISOString() });
  };
  const api = openApi(access);
  const bindingGone = await observeBinding(access, api, intent, observe);
  const { accountNamespace } = intent.state;
  if (accountNamespace !== undefined) {
    const accountGone = await observeAccount(api, intent.state.name, accountNamespace, observe);
    return { observations, proved: bindingGone && accountGone, warnings: [] };
  }
  const warnings = bindingGone ? await observeRemaining(access, api, intent, observe) : [];
  return { observations, proved: bindingGone, warnings: bounded(warnings) };
}

async function observeBinding(access: Access, api: JsonClient, intent: Intent<K8sState>, observe: Observe): Promise<boolean> {
  const question = `Does ${nameOf(intent.state)} exist?`;
  const binding = await findBinding(api, intent.state);
  if (binding === undefined) {
    observe(question, 'no');
    return true;
  }
  const mark = await markOf(binding, intent, access);
  if (isTombstone(binding, mark)) {
    observe(question, 'only as a tombstone: it has no subjects, and gives nothing');
    return true;
  }
  const foreign = mark === undefined && !gives(binding, intent);
  observe(
    question,
    foreign ? "yes, but it is not the runner's, and gives something else" : `yes, with ${binding.subjects.length} subjects`,
  );
  return foreign;
}

async function observeAccount(api: JsonClient, name: string, namespace: string, observe: Observe): Promise<boolean> {
  const account = await findAccount(api, namespace, name);
  const question = `Does service account ${namespace}/${name} exist, to which all tokens of the access are bound?`;
  observe(question, account === undefined ? 'no: no token of it is valid' : 'yes');
  return account === undefined;
}

/**
 * Access by other ways is legitimate, so it proves nothing against the revocation; a person should know of it all the same.
 * @returns warnings
 */
async function observeRemaining(access: Access, api: JsonClient, intent: Intent<K8sState>, observe: Observe): Promise<string[]> {
  const { principal, permission, target } = intent;
  const who = `${principal.kind} ${principal.id}`;
  const question = `Does ${who} still have ${permission} on ${target.kind} ${target.path.join('/')}?`;
  try {
    const { bindings, asked, allowed } = await remainingAccess(access, api, intent);
    const all = asked > 0 && allowed === asked;
    const ways = bindings.length === 0 && all ? ['a group, another role, or another authorizer'] : bindings;
    const counted = `the cluster allows ${allowed} of ${asked} rights that were asked for`;
    observe(question, `${ways.length === 0 ? 'no' : `yes, through ${ways.slice(0, 10).join('; ')}`}; ${counted}`);
    return ways.map((way) => `${who} still has access through ${way}`);
  } catch (error) {
    if (access.signal.aborted || !(error instanceof RunnerError) || error.retryable) throw error;
    observe(question, `not known (${error.code})`);
    return [`what ${who} can still do on ${target.kind} ${target.path.join('/')} is not known (${error.code})`];
  }
}
