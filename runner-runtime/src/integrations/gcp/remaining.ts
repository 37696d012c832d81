import { RunnerError } from '../../errors.js';
import { type Access, googleCloud } from './api.js';
import { endOf } from './conditions.js';
import type { ResourceName } from './names.js';
import { type Binding, holds, readPolicy } from './policy.js';
import { ancestorsOf } from './resources.js';

/**
 * Ways by which a member still has a role on a resource, in words: other bindings there, and those above. Memberships of groups are not seen;
 * neither are policies that the runner may not read.
 * @param isOurs bindings that are not told
 */
export async function waysLeft(
  access: Access,
  { resource, role, member }: { readonly resource: ResourceName; readonly role: string; readonly member: string },
  isOurs: (binding: Binding) => boolean,
): Promise<readonly string[]> {
  const ways: string[] = [];
  for (const place of [resource, ...(await readable(() => ancestorsOf(googleCloud(access), resource), []))]) {
    const policy = await readable(() => readPolicy(access, place), undefined);
    const standing = (policy?.bindings ?? []).filter(
      (binding) =>
        binding.role === role && holds(binding, member) && isInForce(binding, access.now()) && !(place === resource && isOurs(binding)),
    );
    if (standing.length > 0) ways.push(`${standing.length === 1 ? 'a binding' : `${standing.length} bindings`} of ${role} on ${place}`);
  }
  return ways;
}

function isInForce({ condition }: Binding, now: number): boolean {
  const end = condition === undefined ? undefined : endOf(condition.expression);
  return end === undefined || end > now / 1000;
}

/** What may not be read, or is gone, hides a way and proves nothing: the answer goes on without it. */
async function readable<T>(read: () => Promise<T>, without: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RunnerError && ['TARGET_PERMISSION_DENIED', 'TARGET_NOT_FOUND'].includes(error.code)) return without;
    throw error;
  }
}
