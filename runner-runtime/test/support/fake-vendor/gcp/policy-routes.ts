import { createHash } from 'node:crypto';
import type { FakeCall, FakeReply } from '../fake-vendor.js';
import { permissionsOf } from './judgement.js';
import { faultOf, normalised } from './policy-rules.js';
import { DENIED, ok, refusal } from './replies.js';
import type { Binding, Policy, World } from './world.js';

interface SentPolicy {
  readonly version?: number;
  readonly etag?: string;
  readonly bindings?: readonly Binding[];
  readonly auditConfigs?: readonly unknown[];
}

/** `getIamPolicy`, `setIamPolicy` and `testIamPermissions` of a resource: https://cloud.google.com/iam/docs/allow-policies */
export function policyCall(world: World, resource: string, verb: string, { body }: FakeCall, caller: string): FakeReply {
  const policy = world.policies.get(resource);
  if (policy === undefined || world.resources.get(resource)?.state === 'DELETE_REQUESTED') return DENIED;
  const permissions = permissionsOf(world, `serviceAccount:${caller}`, resource);
  if (verb === 'testIamPermissions') {
    const asked = (body as { readonly permissions: readonly string[] }).permissions.filter((permission) => permissions.has(permission));
    return ok(asked.length > 0 ? { permissions: asked } : {});
  }
  if (!permissions.has(`resourcemanager.${resource.split('/')[0]}.${verb}`)) return DENIED;
  if (verb === 'getIamPolicy') {
    const version = (body as { readonly options?: { readonly requestedPolicyVersion?: number } } | undefined)?.options
      ?.requestedPolicyVersion;
    return ok(shown(policy, version ?? 0));
  }
  const { policy: sent, updateMask } = body as { readonly policy: SentPolicy; readonly updateMask?: string };
  return change(world, resource, policy, sent, updateMask);
}

function change(world: World, resource: string, policy: Policy, sent: SentPolicy, updateMask = 'bindings,etag'): FakeReply {
  if (sent.etag !== undefined && sent.etag !== etagOf(policy)) {
    return refusal('ABORTED', 'There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.');
  }
  const bindings = sent.bindings ?? [];
  if ([...bindings, ...(sent.etag === undefined ? [] : policy.bindings)].some(isConditional) && sent.version !== 3) {
    return refusal('INVALID_ARGUMENT', 'Policies with conditional bindings need version 3.');
  }
  const fault = faultOf(world, resource, bindings);
  if (fault !== undefined) return fault;
  policy.bindings = normalised(world, bindings);
  if (updateMask.includes('auditConfigs')) policy.auditConfigs = sent.auditConfigs ?? [];
  policy.revision += 1;
  return ok(shown(policy, 3));
}

/** Whoever asks for an old version sees conditional bindings as roles of another name, without their conditions. */
function shown(policy: Policy, version: number): unknown {
  const conditional = policy.bindings.some(isConditional);
  const bindings = policy.bindings.map(({ role, members, condition }) => {
    if (condition === undefined) return { role, members };
    if (version === 3) return { role, members, condition };
    return { role: `${role}_withcond_${createHash('sha256').update(condition.expression).digest('hex').slice(0, 20)}`, members };
  });
  return {
    version: conditional && version === 3 ? 3 : 1,
    etag: etagOf(policy),
    ...(bindings.length > 0 && { bindings }),
    ...(policy.auditConfigs.length > 0 && { auditConfigs: policy.auditConfigs }),
  };
}

function isConditional({ condition }: Binding): boolean {
  return condition !== undefined;
}

function etagOf({ revision }: Policy): string {
  return Buffer.from(`Bw${String(revision).padStart(6, '0')}`).toString('base64');
}
