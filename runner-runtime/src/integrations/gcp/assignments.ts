import type { Item, Principal, Target } from '@axiom-runner/protocol';
import { endOf } from './conditions.js';
import type { Policy } from './policy.js';

/** Everybody, as bindings call it: https://cloud.google.com/iam/docs/principals-overview#all-users */
const EVERYBODY = ['allUsers', 'allAuthenticatedUsers'];

/** Who has what by the allow policy of a resource, each once. */
export function assignmentsOf(policy: Policy | undefined, target: Target): Item[] {
  const items = new Map<string, Item>();
  for (const { role, members, condition } of policy?.bindings ?? []) {
    const end = condition === undefined ? undefined : endOf(condition.expression);
    for (const principal of members.flatMap(principalOf)) {
      const item: Item = { item: 'assignment', principal, permission: role, target, ...(end !== undefined && { expiresAt: end }) };
      items.set(JSON.stringify(item), item);
    }
  }
  return [...items.values()];
}

/** A member of a binding; nothing for one that was deleted and has its roles no more. */
function principalOf(member: string): Principal[] {
  if (EVERYBODY.includes(member)) return [{ kind: 'everybody', id: member }];
  const [, prefix = '', id = ''] = /^([A-Za-z]+):(.+)$/s.exec(member) ?? [];
  return prefix === '' || prefix === 'deleted' ? [] : [{ kind: prefix.toLowerCase(), id }];
}
