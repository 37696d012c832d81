import { z } from 'zod';
import { type ErrorCode, RunnerError, type RunnerErrorDetails } from '../../errors.js';
import type { Refusal } from '../../integration-kit/http/json-client.js';

/** What a refusal says beyond its status, where that changes what is done next. */
export type Reason = 'exists' | 'gone' | 'unlicensed';

/** A refusal that may mean that all is well. */
export class GraphRefusal extends RunnerError {
  constructor(
    readonly reason: Reason,
    code: ErrorCode,
    message: string,
    details: RunnerErrorDetails,
  ) {
    super(code, message, details);
  }
}

/** Whether an error is a refusal for one of these reasons. */
export function isRefusal(error: unknown, ...reasons: readonly Reason[]): boolean {
  return error instanceof GraphRefusal && reasons.includes(error.reason);
}

const bodySchema = z.object({ error: z.object({ code: z.string(), message: z.string().catch('') }) });

/** https://learn.microsoft.com/graph/errors. One code covers many cases, which only the English of the message tells apart. */
export function explain({ status, method, path, body }: Refusal): RunnerError | undefined {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return undefined;
  const { code, message } = parsed.data.error;
  const object = `${method} ${path}`;
  switch (code) {
    case 'RoleAssignmentExists':
      return exists(object);
    case 'RoleAssignmentDoesNotExist':
      return gone(object);
    case 'AadPremiumLicenseRequired':
      return new GraphRefusal('unlicensed', 'UNSUPPORTED', 'The tenant has no licence for Privileged Identity Management.', { object });
    case 'RoleAssignmentRequestPolicyValidationFailed':
      return new RunnerError('UNSUPPORTED', 'The settings of the role in Privileged Identity Management do not allow this assignment.', {
        object,
        mend: 'In the settings of the role, let active assignments last as long, and require neither ticket nor multi-factor authentication for them.',
      });
    case 'PendingRoleAssignmentRequest':
      return new RunnerError('CONFLICT', 'Another request for the same role assignment is still pending.', { object, retryable: true });
    case 'Directory_ExpiredPageToken':
      return new RunnerError('CONFLICT', 'The place in the list is no longer known.', { object, mend: 'Start the collection again.' });
    default:
  }
  if (status !== 400) return undefined;
  if (/references already exist|assigned already exists|conflicting object/i.test(message)) return exists(object);
  if (/removed object references do not exist/i.test(message)) return gone(object);
  return undefined;
}

function exists(object: string): GraphRefusal {
  return new GraphRefusal('exists', 'CONFLICT', 'What was to be made is there already.', { object });
}

function gone(object: string): GraphRefusal {
  return new GraphRefusal('gone', 'TARGET_NOT_FOUND', 'What was to be removed or changed is not there.', { object });
}
