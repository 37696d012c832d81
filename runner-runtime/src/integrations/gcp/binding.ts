import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { type ObjectKind, objectLife } from '../../integration-kit/objects/object-life.js';
import { nativeExpiryOf } from '../../integration-kit/turn.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Intent } from '../intent.js';
import type { Access } from './api.js';
import { until } from './conditions.js';
import { requireRoom } from './limits.js';
import { type Binding, changeBindings, holds, readPolicy, withoutMember } from './policy.js';
import { isSameMember, resolveMember } from './principals.js';
import { waysLeft } from './remaining.js';
import { resolveResource } from './resources.js';
import { requireGrantable } from './roles.js';
import type { GcpSecret } from './secret.js';
import type { BindingState } from './state.js';

const DESCRIPTION = 'Temporary access, made by Axiom Runner.';
/** Title of what others added to a binding of the runner, once the access itself has ended. */
const OF_OTHERS = 'added by others to a temporary access';

/**
 * A binding of a role for one principal with a condition that ends it, found again by the title of the condition;
 * https://cloud.google.com/iam/docs/configuring-temporary-access
 */
const kind: ObjectKind<GcpSecret, BindingState> = {
  exists: async (access, { state }) => ((await readPolicy(access, state.resource))?.bindings ?? []).some((binding) => isOf(binding, state)),

  make: async (access, intent) => {
    const { state } = intent;
    const wanted = bindingOf(intent);
    const now = await changeBindings(access, state.resource, (bindings) => {
      if (bindings.some((binding) => isSameGrant(binding, wanted))) return undefined;
      const changed = [...withoutOwn(bindings, state), wanted];
      requireRoom(changed, wanted, state.resource);
      return changed;
    });
    if (now === undefined) throw gone(state.resource);
    await requireKnown(access, intent, now);
    return {
      actions: [
        `gave ${state.member} ${state.role} on ${state.resource} until ${timeOf(nativeExpiryOf(intent))} by the binding ${state.object}`,
      ],
    };
  },

  extend: async (access, intent) => {
    const { state } = intent;
    const wanted = bindingOf(intent);
    const now = await changeBindings(access, state.resource, (bindings) => {
      if (bindings.some((binding) => isSameGrant(binding, wanted))) return undefined;
      if (!bindings.some((binding) => isOf(binding, state))) throw gone(state.object);
      return [...withoutOwn(bindings, state), wanted];
    });
    if (now === undefined) throw gone(state.resource);
  },

  remove: async (access, { state }) => {
    let removed = false;
    let others = 0;
    const now = await changeBindings(access, state.resource, (bindings) => {
      const standing = bindings.filter((binding) => isOf(binding, state));
      removed = standing.length > 0;
      if (!removed) return undefined;
      const changed = withoutOwn(bindings, state);
      others = changed.length - (bindings.length - standing.length);
      return changed;
    });
    if (now === undefined) return { actions: [], warnings: [`${state.resource} is gone`] };
    return {
      actions: [removed ? `removed the binding ${state.object} from ${state.resource}` : `the binding ${state.object} was gone`],
      warnings: others === 0 ? [] : [`somebody added others to the binding: they keep ${state.role} on ${state.resource} until it expires`],
    };
  },

  prove: async (access, { state }) => {
    const policy = await readPolicy(access, state.resource);
    const at = new Date(access.now()).toISOString();
    const question = `Is the binding ${state.object} in the allow policy of ${state.resource}?`;
    if (policy === undefined) return { observations: [{ question, answer: 'the resource is gone', at }], proved: true, warnings: [] };
    const stands = policy.bindings.some((binding) => isOf(binding, state));
    const ways = await waysLeft(access, state, (binding) => isOf(binding, state));
    return {
      observations: [{ question, answer: stands ? 'yes' : 'no', at }],
      proved: !stands,
      warnings: ways.map((way) => `${state.member} still has access through ${way}`),
    };
  },
};

export const binding: AccessWay<GcpSecret, BindingState> = { ...objectLife(kind), plan };

async function plan(access: Access, { requestId, target, permission, principal }: AccessRequest): Promise<Plan<BindingState>> {
  const resource = await resolveResource(access, target);
  if (principal === undefined) throw new RunnerError('UNSUPPORTED', 'A role needs somebody to have it.', { object: permission });
  const member = await resolveMember(access, principal);
  await requireGrantable(access, permission, resource);
  return { principal, state: { way: 'binding', object: access.marks.name(requestId, 'binding'), resource, role: permission, member } };
}

function bindingOf(intent: Intent<BindingState>): Binding {
  const { object, role, member } = intent.state;
  return { role, members: [member], condition: { title: object, description: DESCRIPTION, expression: until(nativeExpiryOf(intent)) } };
}

function isOf({ condition }: Binding, { object }: BindingState): boolean {
  return condition?.title === object;
}

function isSameGrant({ role, members, condition }: Binding, wanted: Binding): boolean {
  const [member = ''] = wanted.members;
  return (
    condition?.title === wanted.condition?.title &&
    condition?.expression === wanted.condition?.expression &&
    role === wanted.role &&
    members.some((one) => isSameMember(one, member))
  );
}

/** The bindings without the access. Whom others added to it stays; where its own member is in none, that one was renamed or deleted. */
function withoutOwn(bindings: readonly Binding[], state: BindingState): readonly Binding[] {
  const isKnown = bindings.some((binding) => isOf(binding, state) && holds(binding, state.member));
  return bindings.flatMap((binding) => {
    if (!isOf(binding, state)) return [binding];
    return isKnown ? withoutMember(binding, state.member).map(asOfOthers) : [];
  });
}

function asOfOthers(binding: Binding): Binding {
  return { ...binding, condition: { expression: '', ...binding.condition, title: OF_OTHERS } };
}

/** Google writes an alias as the primary address: then nobody could tell whose binding it is. */
async function requireKnown(access: Access, intent: Intent<BindingState>, bindings: readonly Binding[]): Promise<void> {
  if (bindings.some((one) => isOf(one, intent.state) && holds(one, intent.state.member))) return;
  await kind.remove(access, intent, undefined);
  throw new RunnerError('PRINCIPAL_NOT_FOUND', 'Google knows the principal under another address.', {
    object: intent.state.member,
    mend: 'Use its primary address.',
  });
}

function gone(object: string): RunnerError {
  return new RunnerError('TARGET_NOT_FOUND', 'It is gone.', { object });
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
