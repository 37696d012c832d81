import { RunnerError } from '../../errors.js';
import type { JsonClient } from '../../integration-kit/http/json-client.js';
import { requireInTime, requireNotRevoked } from '../../integration-kit/turn.js';
import { type Intent, isOutdated } from '../intent.js';
import type { Mark } from '../marks.js';
import type { Access } from './api.js';
import { type Binding, bindingSchema, create, find, LABELS, MARK, RBAC_GROUP, type Subject } from './objects.js';
import { bindingPath, bindingsPath } from './paths.js';
import { subjectOf } from './principal.js';
import { type K8sState, stateSchema } from './state.js';

/** Others that work on the same access at the same moment are few. */
const ROUNDS = 10;

/** The role of a binding without subjects that only keeps its name taken: what it gives, everybody has. */
export const HARMLESS_ROLE = { kind: 'ClusterRole', name: 'system:basic-user' } as const;

export function findBinding(api: JsonClient, { namespace, name }: K8sState): Promise<Binding | undefined> {
  return find(api, bindingPath(namespace?.name, name), bindingSchema);
}

/** A binding as the runner makes it. */
export function bindingBody(
  { name, namespace, role }: Pick<K8sState, 'name' | 'namespace' | 'role'>,
  subject: Subject | undefined,
  mark: string,
) {
  return {
    apiVersion: `${RBAC_GROUP}/v1`,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace: namespace.name }),
      labels: LABELS,
      annotations: { [MARK]: mark },
    },
    roleRef: { apiGroup: RBAC_GROUP, ...role },
    ...(subject === undefined ? {} : { subjects: [subject] }),
  };
}

/** The authentic mark of this request on a binding. */
export async function markOf(
  { metadata }: Pick<Binding, 'metadata'>,
  intent: Intent<K8sState>,
  { marks }: Access,
): Promise<Mark | undefined> {
  const mark = await marks.read(metadata.annotations?.[MARK] ?? '');
  return mark?.intent.requestId === intent.requestId ? mark : undefined;
}

/**
 * Makes the binding, or finds it as it was made. Its name is taken by one binding only, the access or its tombstone: so the API server decides
 * between giving and taking away.
 * @returns what was done, for the audit
 * @throws {RunnerError} `CONFLICT` for somebody else's binding, `TASK_REJECTED` for a request that was revoked
 */
export async function ensureBinding(access: Access, api: JsonClient, intent: Intent<K8sState>): Promise<string[]> {
  const { state, principal } = intent;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (await requireOwnOrNone(access, api, intent)) return [];
    requireInTime(access, intent);
    const body = bindingBody(state, subjectOf(principal), await access.marks.write('active', intent));
    if (await create(api, bindingsPath(state.namespace?.name), body)) {
      return [`gave ${state.role.kind} ${state.role.name} to ${principal.kind} ${principal.id} by ${nameOf(state)}`];
    }
  }
  throw new RunnerError('CONFLICT', 'Somebody else works on the same binding again and again.', { object: state.name, retryable: true });
}

/** @returns whether the binding is there, exactly as the runner makes it */
export async function requireOwnOrNone(access: Access, api: JsonClient, intent: Intent<K8sState>): Promise<boolean> {
  const binding = await findBinding(api, intent.state);
  if (binding === undefined) return false;
  const mark = await markOf(binding, intent, access);
  if (mark === undefined) throw foreign(intent.state);
  requireNotRevoked(mark, intent);
  if (mark.intent.plannedAt !== intent.plannedAt || isOutdated(intent, mark.intent)) {
    throw new RunnerError('TASK_REJECTED', 'The access stands already, by another plan or with an end that was moved since.', {
      object: intent.requestId,
    });
  }
  const [subject, ...more] = binding.subjects;
  const intact =
    essence(mark.intent) === essence(intent) &&
    isPlannedRole(binding, intent) &&
    subject !== undefined &&
    isSame(subject, subjectOf(intent.principal)) &&
    more.length === 0 &&
    binding.metadata.deletionTimestamp == null;
  if (!intact) throw foreign(intent.state, 'The binding of this access was changed by somebody else.');
  return true;
}

/** Whether a binding gives the access, whatever its mark says. */
export function gives(binding: Binding, intent: Intent<K8sState>): boolean {
  return isPlannedRole(binding, intent) && binding.subjects.some((subject) => isSame(subject, subjectOf(intent.principal)));
}

/** Whether a binding only keeps the request from being carried out again. */
export function isTombstone({ roleRef, subjects }: Binding, mark: Mark | undefined): boolean {
  return mark?.state === 'revoked' && subjects.length === 0 && roleRef.kind === HARMLESS_ROLE.kind && roleRef.name === HARMLESS_ROLE.name;
}

export function isSame(one: Subject, other: Subject): boolean {
  return one.kind === other.kind && one.name === other.name && (one.kind !== 'ServiceAccount' || one.namespace === other.namespace);
}

/** `RoleBinding payments/axm-…`. */
export function nameOf({ name, namespace }: Pick<K8sState, 'name' | 'namespace'>): string {
  return namespace === undefined ? `ClusterRoleBinding ${name}` : `RoleBinding ${namespace.name}/${name}`;
}

function isPlannedRole({ roleRef }: Binding, { state }: Intent<K8sState>): boolean {
  return roleRef.kind === state.role.kind && roleRef.name === state.role.name;
}

/** What two intents of one request must have in common; the end may have been moved. */
function essence({ kind, target, permission, principal, state }: Intent): string {
  const { name, namespace, role, accountNamespace } = stateSchema.parse(state);
  const where = [namespace?.name, namespace?.uid, accountNamespace];
  return JSON.stringify([kind, target.kind, target.path, permission, principal.kind, principal.id, name, role.kind, role.name, where]);
}

function foreign(state: K8sState, message = 'A binding of this name exists that this runner group did not make.'): RunnerError {
  return new RunnerError('CONFLICT', message, {
    object: nameOf(state),
    mend: 'Find out who made or changed it; delete it when nobody needs it.',
  });
}
