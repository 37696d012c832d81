import { setTimeout as pause } from 'node:timers/promises';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import type { Intent } from '../intent.js';
import type { Access } from './api.js';
import { nameOf } from './binding.js';
import { readAll } from './list.js';
import { type Binding, bindingSchema, type Rule, type Subject } from './objects.js';
import { bindingsPath } from './paths.js';
import { identityOf, subjectOf } from './principal.js';
import { type Attempt, type Identity, may } from './reviews.js';
import { readRole } from './role.js';
import type { K8sState } from './state.js';

/** Rights of a role that the authorizer is asked for. */
const MOST_ASKED = 8;
/** The authorizer sees a removal a moment later. */
const ROUNDS = 10;
const PAUSE_MS = 200;

/** What somebody can do without the access of an intent. */
export interface Remaining {
  /** Other bindings that give the same role. */
  readonly bindings: readonly string[];
  /** Of so many rights of the role. */
  readonly asked: number;
  readonly allowed: number;
}

/** Whether the principal still has the role on the target, by bindings and by the word of the authorizer. */
export async function remainingAccess(access: Access, api: JsonClient, intent: Intent<K8sState>): Promise<Remaining> {
  const { state, principal } = intent;
  const bindings = await otherBindings(api, intent);
  const identity = identityOf(principal);
  const role = await readRole(api, state.role, state.namespace?.name);
  const attempts = (role?.rules ?? []).flatMap((rule) => attemptsOf(rule, state.namespace?.name)).slice(0, MOST_ASKED);
  let allowed = await countAllowed(api, identity, attempts);
  for (let round = 0; round < ROUNDS && bindings.length === 0 && allowed > 0; round += 1) {
    await pause(PAUSE_MS, undefined, { signal: access.signal });
    const again = await countAllowed(api, identity, attempts);
    if (again === allowed && again < attempts.length) break;
    allowed = again;
  }
  return { bindings, asked: attempts.length, allowed };
}

async function otherBindings(api: JsonClient, { state, principal }: Intent<K8sState>): Promise<string[]> {
  const places = state.namespace === undefined ? [undefined] : [state.namespace, ...(state.role.kind === 'Role' ? [] : [undefined])];
  const found: string[] = [];
  for (const namespace of places) {
    for (const binding of await readAll(api, { path: bindingsPath(namespace?.name), schema: bindingSchema })) {
      const { name } = binding.metadata;
      if (name === state.name || !isOfRole(binding, state) || !binding.subjects.some((subject) => includes(subject, principal))) continue;
      found.push(nameOf({ name, ...(namespace === undefined ? {} : { namespace }) }));
    }
  }
  return found;
}

function isOfRole({ roleRef }: Binding, { role }: K8sState): boolean {
  return roleRef.kind === role.kind && roleRef.name === role.name;
}

/** Whether a subject is the principal, or a group that the principal is in for certain. */
function includes(subject: Subject, principal: Intent['principal']): boolean {
  const { user, groups } = identityOf(principal);
  if (subject.kind === 'Group') return groups.includes(subject.name);
  if (subject.kind === 'User') return user !== undefined && user === subject.name;
  const wanted = subjectOf(principal);
  return wanted.kind === 'ServiceAccount' && wanted.name === subject.name && wanted.namespace === subject.namespace;
}

async function countAllowed(api: JsonClient, identity: Identity, attempts: readonly Attempt[]): Promise<number> {
  let allowed = 0;
  for (const attempt of attempts) if (await may(api, identity, attempt)) allowed += 1;
  return allowed;
}

/** One right of a rule: the first of each of its lists. Paths that are no objects are left out. */
function attemptsOf({ verbs, apiGroups, resources, resourceNames }: Rule, namespace: string | undefined): Attempt[] {
  const [verb] = verbs;
  const [group] = apiGroups ?? [];
  const [resource, subresource] = (resources?.[0] ?? '').split('/');
  if (verb === undefined || group === undefined || resource === undefined || resource === '') return [];
  const name = resourceNames?.[0];
  const place = namespace === undefined ? {} : { namespace };
  return [
    { verb, group, resource, ...place, ...(subresource === undefined ? {} : { subresource }), ...(name === undefined ? {} : { name }) },
  ];
}
