import { setTimeout as pause } from 'node:timers/promises';
import type { Evidence } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import { bounded } from '../../integration-kit/bounded.js';
import { isNotFound, type JsonClient } from '../../integration-kit/http/json-client.js';
import { isReplayOver } from '../../integration-kit/turn.js';
import type { Intent } from '../intent.js';
import { findAccount, isOwnAccount, requestToken } from './account.js';
import { type Access, openApi } from './api.js';
import { bindingBody, findBinding, gives, HARMLESS_ROLE, isSame, isTombstone, markOf, nameOf } from './binding.js';
import { type Binding, create, removalStep } from './objects.js';
import { accountPath, bindingPath, bindingsPath } from './paths.js';
import { principalOf, subjectOf } from './principal.js';
import { isAccepted } from './reviews.js';
import type { K8sState } from './state.js';
import { isThere } from './target.js';

const ROUNDS = 12;
/** API servers see a removal a moment later, and each remembers for ten seconds that it has accepted a token. */
const REVIEW_PAUSES_MS = [250, 1000, 2000, 4000, 8000];

type Report = Record<'actions' | 'warnings', string[]>;

/** Removes the binding, then the temporary service account, and with it all its tokens; leaves a binding without subjects as a tombstone. */
export async function revert(access: Access, intent: Intent<K8sState>): Promise<Pick<Evidence, 'actions' | 'warnings'>> {
  const report: Report = { actions: [], warnings: [] };
  const api = openApi(access);
  await removeBinding(access, api, intent, report);
  if (intent.state.accountNamespace !== undefined) await removeAccount(access, api, intent, intent.state.accountNamespace, report);
  return { actions: bounded(report.actions), warnings: bounded(report.warnings) };
}

async function removeBinding(access: Access, api: JsonClient, intent: Intent<K8sState>, report: Report): Promise<void> {
  const { state } = intent;
  const path = bindingPath(state.namespace?.name, state.name);
  for (let round = 0; round < ROUNDS; round += 1) {
    const binding = await findBinding(api, state);
    if (binding === undefined) {
      if (await entomb(access, api, intent)) return;
      continue;
    }
    const mark = await markOf(binding, intent, access);
    const tombstone = isTombstone(binding, mark);
    if (tombstone && !isReplayOver(access, intent)) return;
    if (mark === undefined && !gives(binding, intent)) {
      report.warnings.push(`${nameOf(state)} is not the runner's and gives something else: it was left`);
      return;
    }
    if (!tombstone && round === 0) {
      report.actions.push(`removed ${nameOf(state)} of ${state.role.kind} ${state.role.name}`);
      report.warnings.push(...addedSubjects(binding, intent));
    }
    await removalStep(api, path, binding);
  }
  throw new RunnerError('CONFLICT', 'The binding comes back again and again: somebody else makes it.', {
    object: nameOf(state),
    retryable: true,
  });
}

/** @returns whether the request cannot be carried out again; `false` where a binding of the name came first */
async function entomb(access: Access, api: JsonClient, intent: Intent<K8sState>): Promise<boolean> {
  const { state } = intent;
  if (isReplayOver(access, intent) || !(await isThere(api, state.namespace))) return true;
  const body = bindingBody({ ...state, role: HARMLESS_ROLE }, undefined, await access.marks.write('revoked', intent));
  try {
    return await create(api, bindingsPath(state.namespace?.name), body);
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** Others whom somebody gave the access by adding them to its binding. */
function addedSubjects({ subjects }: Binding, { principal, state }: Intent<K8sState>): string[] {
  return subjects
    .filter((subject) => !isSame(subject, subjectOf(principal)))
    .map((subject) => {
      const { kind, id } = principalOf(subject) ?? { kind: subject.kind, id: subject.name };
      return `${kind} ${id} had been added to ${nameOf(state)} by somebody else, and has lost the access with it`;
    });
}

async function removeAccount(access: Access, api: JsonClient, intent: Intent<K8sState>, namespace: string, report: Report): Promise<void> {
  const { name } = intent.state;
  let probe: string | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const account = await findAccount(api, namespace, name);
    if (account === undefined) {
      if (probe !== undefined) await showThatTokensAreDead(access, api, probe, `${namespace}/${name}`, report);
      return;
    }
    if (!(await isOwnAccount(account, intent, access))) {
      report.warnings.push(`service account ${namespace}/${name} is not the runner's: it was left`);
      return;
    }
    if (round === 0) {
      probe = await probeToken(access, api, namespace, name);
      report.actions.push(`removed service account ${namespace}/${name}`);
    }
    await removalStep(api, accountPath(namespace, name), account);
  }
  throw new RunnerError('CONFLICT', 'The service account comes back again and again: somebody else makes it.', {
    object: name,
    retryable: true,
  });
}

/** The token that was given out is kept nowhere. One more, made of the same account just before its end and by then without any right, dies of the same. */
async function probeToken(access: Access, api: JsonClient, namespace: string, name: string): Promise<string | undefined> {
  try {
    return (await requestToken(api, namespace, name, 0)).token;
  } catch (error) {
    if (access.signal.aborted || !(error instanceof RunnerError) || error.retryable) throw error;
    return undefined;
  }
}

async function showThatTokensAreDead(access: Access, api: JsonClient, probe: string, account: string, report: Report): Promise<void> {
  try {
    for (const ms of REVIEW_PAUSES_MS) {
      await pause(ms, undefined, { signal: access.signal });
      if (await isAccepted(api, probe)) continue;
      report.actions.push(`asked by a TokenReview whether a token of service account ${account} is still valid: it is not`);
      return;
    }
    report.warnings.push(`a token of service account ${account} was still accepted some seconds after its end; it gives no rights`);
  } catch (error) {
    if (access.signal.aborted || !(error instanceof RunnerError)) throw error;
    report.warnings.push(`no TokenReview could show that the tokens of service account ${account} are dead (${error.code})`);
  }
}
