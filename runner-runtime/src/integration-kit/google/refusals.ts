import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Refusal } from '../http/json-client.js';
import type { Answer } from '../http/vendor-fetch.js';

/** https://cloud.google.com/apis/design/errors#http_mapping: older interfaces fill `errors`, newer ones `status` and `details`. */
const bodySchema = z.object({
  error: z.object({
    status: z.string().catch(''),
    message: z.string().catch(''),
    errors: z.array(z.object({ reason: z.string().catch('') })).catch([]),
    details: z.array(z.object({ reason: z.string().catch('') })).catch([]),
  }),
});

/** Refusals with status 403 that mean "later", https://developers.google.com/workspace/admin/directory/v1/limits */
const LATER = ['userRateLimitExceeded', 'rateLimitExceeded', 'RATE_LIMIT_EXCEEDED'];
/** Limits that no pause between two attempts renews. */
const USED_UP = ['quotaExceeded', 'dailyLimitExceeded', 'variableTermLimitExceeded'];
const NOT_ENABLED = ['accessNotConfigured', 'SERVICE_DISABLED'];
const SCOPE_MISSING = ['ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'insufficientPermissions'];

/** An interface of Google that is switched off in the project of the service account. */
export class ApiNotEnabled extends RunnerError {
  /** @param api host of the interface: `admin.googleapis.com` */
  constructor(api: string) {
    super('TARGET_PERMISSION_DENIED', 'This API is not enabled in the project of the service account.', {
      object: api,
      mend: `Enable it: gcloud services enable ${api} --project <project of the service account>; it takes some minutes to have effect.`,
    });
  }
}

/** Whether a refusal asks for slower calls: for `isThrottled` of a vendor's fetch. */
export function isThrottledByGoogle({ status, body }: Answer): boolean {
  return status === 403 && reasonsOf(parse(body)).some((reason) => LATER.includes(reason));
}

/**
 * What a refusal of any of Google's interfaces means, where it says more than its status.
 * @param api host of the interface: `admin.googleapis.com`
 */
export function explainGoogle(api: string, { status, method, path, body }: Refusal): RunnerError | undefined {
  const reasons = reasonsOf(body);
  const has = (known: readonly string[]) => reasons.some((reason) => known.includes(reason));
  const object = `${method} ${api}${path}`;
  if (status === 403 && has(NOT_ENABLED)) return new ApiNotEnabled(api);
  if (status === 403 && has(USED_UP)) {
    return new RunnerError('RATE_LIMITED', 'A quota of the project is used up.', {
      object,
      mend: `Raise the quota of ${api} in the Google Cloud console, or wait until it is renewed.`,
      retryable: false,
    });
  }
  if (status === 403 && has(SCOPE_MISSING)) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The token lacks a scope that this needs.', {
      object,
      mend: 'Run the connection test: it names the scope.',
    });
  }
  // What was read meanwhile has changed: the whole step is made again.
  if (status === 409 && reasons.includes('ABORTED')) {
    return new RunnerError('CONFLICT', 'Somebody else changed the same thing at the same moment.', { object, retryable: true });
  }
  return undefined;
}

/** Every machine-readable reason in the body of a refusal. */
export function reasonsOf(body: unknown): readonly string[] {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) return [];
  const { status, errors, details } = parsed.data.error;
  return [status, ...errors.map(({ reason }) => reason), ...details.map(({ reason }) => reason)].filter((reason) => reason !== '');
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
