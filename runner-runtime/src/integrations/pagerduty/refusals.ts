import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Refusal } from '../../integration-kit/http/json-client.js';

/** https://developer.pagerduty.com/docs/rest-api-v2/errors/ */
const bodySchema = z.object({ error: z.object({ errors: z.array(z.string()) }) });

/** What a refusal of PagerDuty means, where the status alone does not say it. */
export function explain({ status, method, body, path }: Refusal): RunnerError | undefined {
  if (status === 401) {
    return new RunnerError(
      'TARGET_AUTH_FAILED',
      'PagerDuty does not know the API key: mistyped, deleted, disabled, or of the other service region.',
      {
        mend: 'Check pagerduty_api_key of the secret; for an account in the EU set api_base_url to https://api.eu.pagerduty.com.',
      },
    );
  }
  if (status === 402) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The plan of the account does not include this.', {
      object: path,
      mend: 'See the abilities that the connection test lists, and the pricing plan of the account.',
    });
  }
  if (status === 403 && method !== 'GET') {
    return new RunnerError(
      'TARGET_PERMISSION_DENIED',
      'The API key may not change this: it is read-only, or its user has too low a role.',
      {
        object: path,
        mend: 'Use an API key of the account that is not read-only.',
      },
    );
  }
  if (status === 400 && method === 'DELETE' && isOnPolicy(body)) {
    return new RunnerError('CONFLICT', 'The user cannot leave the team while an escalation policy of the team names them.', {
      object: path,
      mend: 'Take the user off the escalation policies of the team.',
      // The end of the access is due until somebody has done that.
      retryable: true,
    });
  }
  return undefined;
}

/** There is no code of its own for it: https://github.com/PagerDuty/terraform-provider-pagerduty/pull/863 */
function isOnPolicy(body: unknown): boolean {
  const parsed = bodySchema.safeParse(body);
  return parsed.success && parsed.data.error.errors.some((text) => /escalation policy/i.test(text));
}
