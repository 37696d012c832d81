import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { isNotFound } from '../../integration-kit/http/json-client.js';
import type { Intent } from '../intent.js';
import type { Access } from './api.js';
import { markOf } from './binding.js';
import { type ClusterObject, create, find, LABELS, MARK, objectSchema, removalStep } from './objects.js';
import { accountPath, accountsPath, tokenPath } from './paths.js';
import type { K8sState } from './state.js';

const ROUNDS = 10;
/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
const SHORTEST_TOKEN_SECONDS = 600;
/** API servers take this very number for the kubelet's wish, and make a token of a year: https://github.com/kubernetes/kubernetes `WarnOnlyBoundTokenExpirationPeriod`. */
const MISREAD_SECONDS = 3607;

/** A service account as the runner makes it. */
export function accountBody(name: string, mark: string) {
  const metadata = { name, labels: LABELS, annotations: { [MARK]: mark } };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false };
}

export function findAccount(api: JsonClient, namespace: string, name: string): Promise<ClusterObject | undefined> {
  return find(api, accountPath(namespace, name), objectSchema);
}

/** Makes the service account, without any right. One of an earlier attempt goes, and its tokens with it: only the last credential is valid. */
export async function renewAccount(access: Access, api: JsonClient, intent: Intent<K8sState>, namespace: string): Promise<string[]> {
  const { name } = intent.state;
  for (let round = 0; round < ROUNDS; round += 1) {
    const existing = await findAccount(api, namespace, name);
    if (existing !== undefined) {
      if ((await markOf(existing, intent, access)) === undefined) throw foreign(`${namespace}/${name}`);
      await removalStep(api, accountPath(namespace, name), existing);
      continue;
    }
    const body = accountBody(name, await access.marks.write('active', intent));
    if (await create(api, accountsPath(namespace), body)) return [`made service account ${namespace}/${name}`];
  }
  throw new RunnerError('CONFLICT', 'Somebody else works on the same service account again and again.', { object: name, retryable: true });
}

/** Whether a service account of the name is the runner's: by its mark, or where somebody took that away by its labels. */
export async function isOwnAccount(account: ClusterObject, intent: Intent<K8sState>, access: Access): Promise<boolean> {
  if ((await markOf(account, intent, access)) !== undefined) return true;
  return Object.entries(LABELS).every(([label, value]) => account.metadata.labels?.[label] === value);
}

const tokenSchema = z.object({ status: z.object({ token: z.string().min(1), expirationTimestamp: z.iso.datetime({ offset: true }) }) });

/** A token, and when it ends by the cluster's own clock. */
export type Token = z.infer<typeof tokenSchema>['status'];

/**
 * A token that is bound to the service account: with it, it is dead.
 * @param seconds the cluster may allow less
 * @throws {RunnerError} retryable `CONFLICT` when the service account has gone meanwhile
 */
export async function requestToken(api: JsonClient, namespace: string, name: string, seconds: number): Promise<Token> {
  const wanted = Math.max(SHORTEST_TOKEN_SECONDS, Math.ceil(seconds));
  const expirationSeconds = wanted === MISREAD_SECONDS ? wanted + 1 : wanted;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [], expirationSeconds } };
  try {
    return (await api.read({ method: 'POST', path: tokenPath(namespace, name), body, schema: tokenSchema })).status;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new RunnerError('CONFLICT', 'The temporary service account was removed while its token was made.', {
      object: name,
      retryable: true,
    });
  }
}

function foreign(name: string): RunnerError {
  return new RunnerError('CONFLICT', 'A service account of this name exists that this runner group did not make.', {
    object: name,
    mend: 'Find out who made it; delete it when nobody needs it.',
  });
}
