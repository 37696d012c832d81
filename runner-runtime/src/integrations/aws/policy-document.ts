import { z } from 'zod';
import { RunnerError } from '../../errors.js';

/** Services whose permissions outlive their end, or let the holder give himself more. */
const POWERS = ['iam', 'sts', 'sso', 'sso-directory', 'identitystore', 'identitystore-auth', 'organizations', 'account', 'identity-sync'];
/** What AWS takes in a policy: https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutInlinePolicyToPermissionSet.html */
const CHARACTERS = /^[\t\n\r\u0020-\u00ff]+$/;
const ACTION = /^(\*|[a-z0-9-]{1,40}:[A-Za-z0-9*?]{1,100})$/i;

const oneOrMore = (item: z.ZodString) => z.union([item.transform((one) => [one]), z.array(item).min(1)]);
const texts = oneOrMore(z.string().min(1));
const actions = oneOrMore(z.string().regex(ACTION));

/** The elements of a statement of an identity's policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html */
const statementSchema = z
  .strictObject({
    Sid: z
      .string()
      .regex(/^[A-Za-z0-9]*$/)
      .optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: actions.optional(),
    NotAction: actions.optional(),
    Resource: texts.optional(),
    NotResource: texts.optional(),
    Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  })
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined))
  .refine(({ Resource, NotResource }) => (Resource === undefined) !== (NotResource === undefined));
const policySchema = z.strictObject({
  Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
  Id: z.string().optional(),
  Statement: z.union([statementSchema.transform((one) => [one]), z.array(statementSchema).min(1)]),
});
export type PolicyDocument = z.infer<typeof policySchema>;

/** Whether a permission is meant as a policy. */
export function isPolicy(permission: string): boolean {
  return permission.trimStart().startsWith('{');
}

/** @throws {RunnerError} `PERMISSION_NOT_FOUND` for what is no policy of an identity */
export function readPolicy(permission: string): PolicyDocument {
  try {
    if (CHARACTERS.test(permission)) return policySchema.parse(JSON.parse(permission));
  } catch {
    // Refused below: what the parser says would quote the policy.
  }
  throw new RunnerError('PERMISSION_NOT_FOUND', 'The permission is no policy of AWS.', {
    object: permission.slice(0, 80),
    mend: 'Write {"Statement":[{"Effect":"Allow","Action":"service:Action","Resource":"…"}]}, without Principal.',
  });
}

/**
 * A policy that a permission set is made of: whatever it allows is named by service, and none of them could make the access outlive its end.
 * @throws {RunnerError} `PERMISSION_NOT_FOUND`, `UNSUPPORTED`
 */
export function requireHarmlessPolicy(permission: string): PolicyDocument {
  const policy = readPolicy(permission);
  for (const { Effect, Action, NotAction } of policy.Statement) {
    if (Effect !== 'Allow') continue;
    const refused = NotAction !== undefined ? 'NotAction' : Action?.find(isPowerful);
    if (refused === undefined) continue;
    throw new RunnerError('UNSUPPORTED', 'A policy in a request may not allow everything, nor rights on identities.', {
      object: refused,
      mend: 'Name the services; for more make a permission set, and ask for it by name.',
    });
  }
  return policy;
}

function isPowerful(action: string): boolean {
  const [service = ''] = action.toLowerCase().split(':');
  return service === '*' || POWERS.includes(service);
}
