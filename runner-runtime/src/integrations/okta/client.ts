import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { JsonClient, type Refusal } from '../../integration-kit/http/json-client.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import type { OktaSecret } from './secret.js';

export type Access = SystemAccess<OktaSecret>;

/** Okta's management API, https://developer.okta.com/docs/api/openapi/okta-management/guides/overview */
export function oktaClient(access: Access): JsonClient {
  const { secret } = access;
  const where = { host: 'okta_domain of the secret', port: 'okta_domain of the secret', ca: 'NODE_EXTRA_CA_CERTS of the runner' };
  return new JsonClient({
    fetch: vendorFetch(access, access.network.fetch, { where, bucket: bucketOf }),
    base: secret.base,
    headers: () => ({ authorization: `SSWS ${secret.token}` }),
    explain: (refusal) => explain(refusal, secret.host),
  });
}

/**
 * What Okta counts together: a list and what is below it count apart, each kind of object for itself.
 * https://developer.okta.com/docs/reference/rl-global-mgmt/
 */
function bucketOf(_method: string, { host, pathname }: URL): string {
  const [, , , kind = '', ...below] = pathname.split('/');
  return `${host}/${kind}${below.length > 0 ? '/*' : ''}`;
}

/** An app cannot be taken from a user to whom a group gives it as well: https://developer.okta.com/docs/reference/error-codes/#E0000046 */
export const GIVEN_BY_GROUP = 'The app cannot be taken from the user while a group gives it as well.';

const refusalSchema = z.object({ errorCode: z.string() });

function explain({ status, method, path, body }: Refusal, host: string): RunnerError | undefined {
  const code = refusalSchema.safeParse(body).data?.errorCode;
  const object = `${method} ${host}${path}`;
  if (status === 401) {
    return new RunnerError(
      'TARGET_AUTH_FAILED',
      'Okta refuses the API token: it was revoked, not used for 30 days, or is of another org.',
      {
        object: host,
        mend: 'Create a token in Security > API > Tokens, and put it into the secret. Its user must be active.',
      },
    );
  }
  if (status === 404 && path === '/api/v1/org') {
    return new RunnerError('TARGET_UNREACHABLE', 'There is no Okta org at this address.', {
      object: host,
      mend: 'Check okta_domain of the secret.',
    });
  }
  if (code === 'E0000046') {
    return new RunnerError('CONFLICT', GIVEN_BY_GROUP, {
      object,
      mend: 'The runner asks Okta to make it an assignment of the group, and tries again. Where that does not help: Convert Assignments in the app.',
      retryable: true,
    });
  }
  if (status === 403) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The user of the API token lacks an admin role that allows this.', {
      object,
      mend: 'Run the connection test, and compare the admin roles of the user with docs/integrations/okta.md.',
    });
  }
  if (status === 400 && method === 'POST' && /^\/api\/v1\/apps\/[^/]+\/users$/.test(path)) {
    return new RunnerError('UNSUPPORTED', 'The app wants a user name, a password or a profile for each user that it is assigned to.', {
      object,
      mend: 'Assign the app to a group, and ask for membership in the group.',
    });
  }
  return undefined;
}
