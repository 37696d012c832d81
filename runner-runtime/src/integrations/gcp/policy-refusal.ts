import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Refusal } from '../../integration-kit/http/json-client.js';

const bodySchema = z.object({ error: z.object({ message: z.string() }) });

/** What Google says of a policy that it does not take, all with status 400: the words are looked at, and never passed on. */
const MEANINGS: readonly (readonly [RegExp, () => RunnerError])[] = [
  [
    /^Role .*does not exist/i,
    () =>
      new RunnerError('PERMISSION_NOT_FOUND', 'Google does not know the role on this resource.', {
        mend: 'Use the name of a role as the collection shows it.',
      }),
  ],
  [
    /does not exist/i,
    () =>
      new RunnerError('PRINCIPAL_NOT_FOUND', 'Google does not know the principal, or knows it as another kind.', {
        mend: 'Check the address, and whether it is a user, a group or a service account.',
      }),
  ],
  [
    /permitted customer|organization policy/i,
    () =>
      new RunnerError('UNSUPPORTED', 'An organization policy keeps principals of this domain out.', {
        mend: 'See iam.allowedPolicyMemberDomains among the organization policies.',
      }),
  ],
  [
    /not supported for this resource/i,
    () =>
      new RunnerError('PERMISSION_NOT_FOUND', 'The role cannot be granted on this kind of resource.', {
        mend: 'Grant it on a project, a folder or the organization, wherever Google offers it.',
      }),
  ],
  [
    /condition/i,
    () =>
      new RunnerError('UNSUPPORTED', 'Google takes no end for this role on this resource.', {
        mend: 'Use a predefined or custom role.',
      }),
  ],
  [
    /number of|too many|too large|exceed|limit/i,
    () =>
      new RunnerError('CONFLICT', 'The allow policy of the resource is full.', {
        mend: 'Remove bindings that are not needed, or grant roles to groups: https://cloud.google.com/iam/quotas',
      }),
  ],
];

/** What the refusal of a changed policy means. */
export function policyRefusal({ status, path, body }: Refusal): RunnerError | undefined {
  if (status !== 400 || !path.endsWith(':setIamPolicy')) return undefined;
  const message = bodySchema.safeParse(body).data?.error.message ?? '';
  return MEANINGS.find(([words]) => words.test(message))?.[1]();
}
