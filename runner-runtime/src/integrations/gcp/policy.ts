import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { path } from '../../integration-kit/http/path.js';
import { type Access, googleCloud } from './api.js';
import { partsOf, type ResourceName } from './names.js';
import { isSameMember } from './principals.js';
import { isGone } from './resources.js';

/** The first version that shows conditions. One who writes an older one deletes them all: https://cloud.google.com/iam/docs/allow-policies#versions */
const VERSION = 3;
/** Google asks for the whole of reading and writing again, after growing pauses: https://cloud.google.com/iam/docs/allow-policies#etag */
const ROUNDS = 12;
const FIRST_PAUSE_MS = 30;
const LONGEST_PAUSE_MS = 3_000;

// What is not known here is kept as it was read.
const conditionSchema = z.looseObject({ title: z.string().default(''), expression: z.string().default('') });
const bindingSchema = z.looseObject({
  role: z.string(),
  members: z.array(z.string()).default([]),
  condition: conditionSchema.optional(),
});
/** Principals that have a role on a resource, perhaps under a condition. */
export type Binding = z.infer<typeof bindingSchema>;
const policySchema = z.looseObject({ etag: z.string(), bindings: z.array(bindingSchema).default([]) });
/** Everything that is granted on a resource itself: https://cloud.google.com/iam/docs/allow-policies#structure */
export type Policy = z.infer<typeof policySchema>;

/** The policy of a resource, conditions included; nothing where the resource is gone. */
export async function readPolicy(access: Access, name: ResourceName): Promise<Policy | undefined> {
  const cloud = googleCloud(access);
  const [collection, id] = partsOf(name);
  try {
    return await cloud.resourceManager.read({
      method: 'POST',
      path: path`/v3/${collection}/${id}:getIamPolicy`,
      body: { options: { requestedPolicyVersion: VERSION } },
      schema: policySchema,
    });
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    if (error.code === 'TARGET_NOT_FOUND') return undefined;
    if (error.code === 'TARGET_PERMISSION_DENIED' && (await isGone(cloud, name, 'getIamPolicy'))) return undefined;
    throw error;
  }
}

/**
 * Changes the bindings of a resource and nothing else: reads, changes, writes; again, where somebody else was faster.
 * @param change the bindings as they shall be; nothing where they are so already. It is called once a round, and gets what was read
 * @returns the bindings as they are now; nothing where the resource is gone
 * @throws {RunnerError} retryable `CONFLICT`, when others change the policy all the time
 */
export async function changeBindings(
  access: Access,
  name: ResourceName,
  change: (bindings: readonly Binding[]) => readonly Binding[] | undefined,
): Promise<readonly Binding[] | undefined> {
  for (let round = 0; ; round += 1) {
    const policy = await readPolicy(access, name);
    if (policy === undefined) return undefined;
    const bindings = change(policy.bindings);
    if (bindings === undefined) return policy.bindings;
    try {
      return (await write(access, name, { ...policy, version: VERSION, bindings: [...bindings] })).bindings;
    } catch (error) {
      if (!(error instanceof RunnerError) || error.code !== 'CONFLICT' || !error.retryable || round >= ROUNDS) throw error;
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round);
      await pause(Math.random() * longest, undefined, { signal: access.signal });
    }
  }
}

/** Whether a member is one of a binding. */
export function holds({ members }: Binding, member: string): boolean {
  return members.some((one) => isSameMember(one, member));
}

/** A binding without one of its members; nothing where no other is left. */
export function withoutMember(binding: Binding, member: string): readonly Binding[] {
  const members = binding.members.filter((one) => !isSameMember(one, member));
  return members.length === 0 ? [] : [{ ...binding, members }];
}

/** Google writes `bindings` and `etag` where no mask is given: audit configurations stay whatever is sent. */
function write(access: Access, name: ResourceName, policy: Policy): Promise<Policy> {
  const [collection, id] = partsOf(name);
  return googleCloud(access).resourceManager.read({
    method: 'POST',
    path: path`/v3/${collection}/${id}:setIamPolicy`,
    body: { policy },
    schema: policySchema,
  });
}
