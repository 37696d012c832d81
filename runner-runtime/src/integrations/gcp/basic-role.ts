import { RunnerError } from '../../errors.js';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { SETS } from '../../integration-kit/slots/lattice.js';
import type { SlotKind } from '../../integration-kit/slots/slot.js';
import { slotLife } from '../../integration-kit/slots/slot-life.js';
import type { AccessRequest, Plan } from '../integration.js';
import type { Access } from './api.js';
import { requireRoom } from './limits.js';
import { isResourceName, type ResourceName } from './names.js';
import { type Binding, changeBindings, holds, readPolicy, withoutMember } from './policy.js';
import { isSameMember, resolveMember } from './principals.js';
import { waysLeft } from './remaining.js';
import { resolveResource } from './resources.js';
import { requireGrantable } from './roles.js';
import type { GcpSecret } from './secret.js';
import type { BasicRoleState } from './state.js';

/** A basic role, held without condition: on one resource a principal has it once. */
const kind: SlotKind<GcpSecret> = {
  lattice: SETS,
  expires: false,

  read: async (access, slot) => {
    const { resource, role, member } = placeOf(slot);
    const bindings = (await readPolicy(access, resource))?.bindings ?? [];
    return bindings.some((binding) => isPlain(binding, role) && holds(binding, member)) ? [role] : [];
  },

  write: async (access, slot, { to }) => {
    const place = placeOf(slot);
    const given = to.includes(place.role);
    let before: readonly string[] = [];
    const now = await changeBindings(access, place.resource, (bindings) => {
      before = holdersOf(bindings, place.role);
      return given ? withMember(bindings, place) : withoutIt(bindings, place);
    });
    if (!given) return;
    if (now === undefined) throw new RunnerError('TARGET_NOT_FOUND', 'The resource is gone.', { object: place.resource });
    await requireKnown(access, place, before, holdersOf(now, place.role));
  },

  describe: ([role]) => (role === undefined ? 'no basic role' : `the role ${role}`),

  otherWays: (access, { state }) => {
    const place = placeOf(state.slot);
    return waysLeft(access, place, (binding) => isPlain(binding, place.role));
  },
};

export const basicRole: AccessWay<GcpSecret, BasicRoleState> = { ...slotLife(kind), plan };

async function plan(access: Access, { target, permission, principal }: AccessRequest): Promise<Plan<BasicRoleState>> {
  const resource = await resolveResource(access, target);
  if (principal === undefined) throw new RunnerError('UNSUPPORTED', 'A role needs somebody to have it.', { object: permission });
  const member = await resolveMember(access, principal);
  await requireGrantable(access, permission, resource);
  return { principal, state: { way: 'basic-role', slot: [resource, permission, member], value: [permission] } };
}

interface Place {
  readonly resource: ResourceName;
  readonly role: string;
  readonly member: string;
}

function placeOf([resource = '', role = '', member = '']: readonly string[]): Place {
  if (isResourceName(resource)) return { resource, role, member };
  throw new RunnerError('INTERNAL', 'The record of this access names no resource.', { object: resource });
}

/** Google writes an alias as the primary address: what came of this very change goes again, since nobody could tell it from another's. */
async function requireKnown(access: Access, place: Place, before: readonly string[], now: readonly string[]): Promise<void> {
  if (now.some((member) => isSameMember(member, place.member))) return;
  for (const member of now.filter((one) => !before.includes(one))) {
    await changeBindings(access, place.resource, (bindings) => withoutIt(bindings, { ...place, member }));
  }
  throw new RunnerError('PRINCIPAL_NOT_FOUND', 'Google knows the principal under another address.', {
    object: place.member,
    mend: 'Use its primary address.',
  });
}

function holdersOf(bindings: readonly Binding[], role: string): readonly string[] {
  return bindings.filter((binding) => isPlain(binding, role)).flatMap(({ members }) => members);
}

function isPlain(binding: Binding, role: string): boolean {
  return binding.role === role && binding.condition === undefined;
}

function withMember(bindings: readonly Binding[], { resource, role, member }: Place): readonly Binding[] | undefined {
  const standing = bindings.filter((binding) => isPlain(binding, role));
  if (standing.some((binding) => holds(binding, member))) return undefined;
  const [first] = standing;
  const added: Binding = { role, members: [member] };
  const changed =
    first === undefined
      ? [...bindings, added]
      : bindings.map((binding) => (binding === first ? { ...binding, members: [...binding.members, member] } : binding));
  requireRoom(changed, added, resource);
  return changed;
}

function withoutIt(bindings: readonly Binding[], { role, member }: Place): readonly Binding[] | undefined {
  if (!bindings.some((binding) => isPlain(binding, role) && holds(binding, member))) return undefined;
  return bindings.flatMap((binding) => (isPlain(binding, role) ? withoutMember(binding, member) : [binding]));
}
