import type { FakeReply } from '../fake-vendor.js';
import { refusal } from './replies.js';
import type { Binding, World } from './world.js';

const BASIC = ['roles/owner', 'roles/editor', 'roles/viewer'];

/** What Google refuses in a policy, in its words: https://cloud.google.com/iam/quotas, https://cloud.google.com/iam/docs/policies */
export function faultOf(world: World, resource: string, bindings: readonly Binding[]): FakeReply | undefined {
  for (const { role, members, condition } of bindings) {
    const known = world.roles.get(role);
    const owner = /^(projects\/[^/]+|organizations\/[^/]+)\/roles\//.exec(role)?.[1];
    if (known === undefined || known.deleted === true || (owner?.startsWith('projects/') === true && owner !== resource)) {
      return invalid(`Role ${role} does not exist in the resource's hierarchy.`);
    }
    if (known.notOn?.includes(resource.split('/')[0] ?? '') === true) return invalid(`Role ${role} is not supported for this resource.`);
    if (condition !== undefined && BASIC.includes(role)) return invalid("Conditions can't be set on primitive roles");
    for (const member of members) {
      const fault = faultOfMember(world, member);
      if (fault !== undefined) return fault;
    }
  }
  return faultOfSize(bindings);
}

/** The form in which Google keeps bindings: addresses in lower case and primary, one binding for a role and condition, none empty. */
export function normalised(world: World, bindings: readonly Binding[]): readonly Binding[] {
  const merged = new Map<string, Binding>();
  for (const { role, members, condition } of bindings) {
    const key = JSON.stringify([role, condition]);
    const all = [...(merged.get(key)?.members ?? []), ...members.map((member) => primary(world, member))];
    if (all.length > 0) merged.set(key, { role, members: [...new Set(all)].sort(), ...(condition && { condition }) });
  }
  return [...merged.values()].sort((one, other) => (one.role < other.role ? -1 : one.role > other.role ? 1 : 0));
}

function primary({ aliases }: World, member: string): string {
  if (member.startsWith('deleted:') || !member.includes('@')) return member;
  const [prefix = '', email = ''] = member.split(/:(.*)/s);
  return `${prefix}:${aliases.get(email.toLowerCase()) ?? email.toLowerCase()}`;
}

function faultOfMember({ people, accounts, aliases, permittedDomain }: World, member: string): FakeReply | undefined {
  const [prefix = '', id = ''] = member.split(/:(.*)/s);
  const email = aliases.get(id.toLowerCase()) ?? id.toLowerCase();
  if (prefix === 'deleted') return undefined;
  if (prefix === 'user' && people.get(email) !== 'user') return invalid(`User ${id} does not exist.`);
  if (prefix === 'group' && people.get(email) !== 'group') return invalid(`Group ${id} does not exist.`);
  if (prefix === 'serviceAccount' && !accounts.has(email)) return invalid(`Service account ${id} does not exist.`);
  if (permittedDomain !== undefined && (prefix === 'user' || prefix === 'group') && !email.endsWith(`@${permittedDomain}`)) {
    return refusal(
      'FAILED_PRECONDITION',
      'One or more users named in the policy do not belong to a permitted customer, perhaps due to an organization policy.',
    );
  }
  return undefined;
}

function faultOfSize(bindings: readonly Binding[]): FakeReply | undefined {
  const members = bindings.flatMap((binding) => binding.members);
  const conditional = bindings.filter(({ condition }) => condition !== undefined);
  const groups = members.filter((member) => /^(group|domain):/.test(member));
  const same = new Map<string, number>();
  for (const { role, members: held } of conditional) {
    for (const member of held) same.set(`${role} ${member}`, (same.get(`${role} ${member}`) ?? 0) + 1);
  }
  const over = members.length > 1500 || groups.length > 250 || Math.max(0, ...same.values()) > 20;
  return over ? invalid('The number of members or conditional bindings in the policy exceeds the maximum allowed size.') : undefined;
}

function invalid(message: string): FakeReply {
  return refusal('INVALID_ARGUMENT', message);
}
