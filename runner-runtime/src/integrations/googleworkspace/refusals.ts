import { RunnerError } from '../../errors.js';
import { explainGoogle, reasonsOf } from '../../integration-kit/google/refusals.js';
import type { Refusal } from '../../integration-kit/http/json-client.js';

/** A user or a group by its key. */
const BY_KEY = /^\/(users|groups)\/[^/]+$/;

/** What a refusal of the Directory API or the Cloud Identity API means, where it says more than its status. */
export function explainRefusal(api: string, refusal: Refusal): RunnerError | undefined {
  const known = explainGoogle(api, refusal);
  if (known !== undefined) return known;
  const { status, method, path, body } = refusal;
  const object = `${method} ${api}${path}`;
  if (status === 403) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The administrator that the service account acts as may not do this.', {
      object,
      mend: 'Give the user of impersonation_email the privileges of the documentation; what belongs to another organization cannot be reached.',
    });
  }
  // The Directory API says "invalid" of keys that cannot belong to anything.
  if (status === 400 && method === 'GET' && BY_KEY.test(path)) {
    return new RunnerError('TARGET_NOT_FOUND', 'The system does not know what was asked for.', { object });
  }
  if (/cyclic/i.test(reasonsOf(body).join(' '))) {
    return new RunnerError('UNSUPPORTED', 'Groups cannot be members of each other.', {
      object,
      mend: 'Take one of the groups out of the other.',
    });
  }
  if (status === 412) {
    return new RunnerError('UNSUPPORTED', 'The settings of the organization or of the group do not allow this.', {
      object,
      mend: 'Dynamic and locked groups take no members by hand; administrator roles are only for users and for security groups made for them.',
    });
  }
  return undefined;
}
