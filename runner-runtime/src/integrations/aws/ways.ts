import type { z } from 'zod';
import type { AccessWay } from '../../integration-kit/access-way.js';
import { byWay, stateOfWays } from '../../integration-kit/access-way.js';
import type { AccessRequest } from '../integration.js';
import { crafted, craftedStateSchema } from './crafted-permission-set.js';
import { iamGroup, iamGroupStateSchema } from './iam-group.js';
import { iamPolicy, iamPolicyStateSchema } from './iam-policy.js';
import { permissionSet, permissionSetStateSchema } from './permission-set.js';
import { isPolicy } from './policy-document.js';
import { roleSession, roleSessionStateSchema } from './role-session.js';
import type { AwsSecret } from './secret.js';
import { requireShape } from './target.js';

export const stateSchema = stateOfWays([
  permissionSetStateSchema,
  craftedStateSchema,
  iamGroupStateSchema,
  iamPolicyStateSchema,
  roleSessionStateSchema,
]);
export type AwsState = z.infer<typeof stateSchema>;

const WAYS = {
  'permission-set': permissionSet,
  crafted,
  'iam-group': iamGroup,
  'iam-policy': iamPolicy,
  'role-session': roleSession,
};

/** Plan, apply, extend, revert and verify, by the way that a request takes. */
// Each way gets the states that it has made: byWay tells them apart by their name.
export const lives = byWay(WAYS as unknown as Readonly<Record<string, AccessWay<AwsSecret, AwsState>>>, wayOf);

function wayOf({ target, permission }: AccessRequest): string {
  requireShape(target);
  if (target.kind === 'account') return isPolicy(permission) ? 'crafted' : 'permission-set';
  return target.kind === 'role' ? 'role-session' : target.kind;
}
