import { RunnerError } from '../../errors.js';
import type { Binding } from './policy.js';
import { isSameMember } from './principals.js';

/** Of one allow policy: https://cloud.google.com/iam/quotas#limits */
const MOST_PRINCIPALS = 1500;
/** Groups and domains together. */
const MOST_GROUPS = 250;
/** Bindings of one role for one principal that differ in their conditions. */
const MOST_CONDITIONS = 20;

/**
 * Says before Google does, which names no limit, why a policy takes no more.
 * @param bindings the policy's, with the new one
 * @throws {RunnerError} `CONFLICT`
 */
export function requireRoom(bindings: readonly Binding[], { role, members: [member = ''] }: Binding, on: string): void {
  const members = bindings.flatMap((binding) => binding.members);
  const full = (what: string, mend: string): RunnerError =>
    new RunnerError('CONFLICT', `The allow policy of the resource is full: ${what}.`, { object: on, mend });
  if (members.length > MOST_PRINCIPALS) throw full(`${MOST_PRINCIPALS} principals`, 'Grant roles to groups instead of users.');
  if (members.filter((one) => /^(group|domain):/.test(one)).length > MOST_GROUPS) {
    throw full(`${MOST_GROUPS} groups and domains`, 'Put groups into groups, or grant on another level.');
  }
  const conditional = bindings.filter(({ condition }) => condition !== undefined);
  const same = conditional.filter((binding) => binding.role === role && binding.members.some((one) => isSameMember(one, member)));
  if (same.length > MOST_CONDITIONS) {
    throw full(`${MOST_CONDITIONS} conditional bindings of ${role} for ${member}`, 'Remove those that have expired.');
  }
}
