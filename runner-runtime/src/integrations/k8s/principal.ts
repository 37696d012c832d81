import type { Principal } from '@axiom-runner/protocol';
import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { find, NAME_PREFIX, objectSchema, RBAC_GROUP, type Subject } from './objects.js';
import { accountPath } from './paths.js';
import type { Identity, Self } from './reviews.js';

/** What Kubernetes keeps for itself: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects */
const RESERVED = 'system:';
/** RFC 1123: names of namespaces and service accounts. */
const ACCOUNT = /^(?<namespace>[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)\/(?<name>[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)$/;

/** @throws {RunnerError} where access must not or cannot be given to the principal */
export async function requirePrincipal(api: JsonClient, principal: Principal, self: Self): Promise<void> {
  const { kind, id } = principal;
  if (kind === 'serviceaccount') return requireAccount(api, id, self);
  if (kind !== 'user' && kind !== 'group') {
    throw new RunnerError('UNSUPPORTED', 'A principal of Kubernetes is a user, a group or a service account.', { object: kind });
  }
  if (id.startsWith(RESERVED)) {
    throw new RunnerError('UNSUPPORTED', `Names that start with ${RESERVED} belong to Kubernetes itself.`, {
      object: id,
      mend: 'For a service account use the kind serviceaccount, and <namespace>/<name>.',
    });
  }
  if (kind === 'user' ? id === self.username : self.groups.includes(id)) throw ownIdentity(id);
}

async function requireAccount(api: JsonClient, id: string, { account }: Self): Promise<void> {
  const { namespace, name } = accountOf(id);
  if (namespace === account?.namespace && (name === account.name || name.startsWith(NAME_PREFIX))) throw ownIdentity(id);
  if ((await find(api, accountPath(namespace, name), objectSchema)) === undefined) throw missing(id);
}

/** The principal as a binding names it. */
export function subjectOf({ kind, id }: Principal): Subject {
  if (kind === 'serviceaccount') return { kind: 'ServiceAccount', ...accountOf(id) };
  return { kind: kind === 'group' ? 'Group' : 'User', apiGroup: RBAC_GROUP, name: id };
}

/** The principal as the authorizer sees it; what further groups a user is in only the authentication knows. */
export function identityOf({ kind, id }: Principal): Identity {
  if (kind === 'group') return { groups: [id] };
  if (kind === 'user') return { user: id, groups: ['system:authenticated'] };
  const { namespace, name } = accountOf(id);
  return {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

/** The principal that a subject of a binding is. */
export function principalOf({ kind, name, namespace = '' }: Subject): Principal | undefined {
  if (kind === 'ServiceAccount') return { kind: 'serviceaccount', id: `${namespace}/${name}` };
  if (kind === 'User' || kind === 'Group') return { kind: kind === 'User' ? 'user' : 'group', id: name };
  return undefined;
}

function accountOf(id: string): { readonly namespace: string; readonly name: string } {
  const { namespace, name } = ACCOUNT.exec(id)?.groups ?? {};
  if (namespace === undefined || name === undefined) throw missing(id);
  return { namespace, name };
}

function missing(id: string): RunnerError {
  return new RunnerError('PRINCIPAL_NOT_FOUND', 'There is no such service account.', {
    object: id,
    mend: 'Write it as <namespace>/<name>.',
  });
}

function ownIdentity(id: string): RunnerError {
  return new RunnerError('UNSUPPORTED', 'No access is given to the runner itself, nor to what it made.', { object: id });
}
