import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Refusal } from '../../integration-kit/http/json-client.js';
import type { Answer } from '../../integration-kit/http/vendor-fetch.js';

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */
const bodySchema = z.object({ message: z.string() });

/** What a refusal of the app itself means, which signs with its key. */
export function explainToApp({ status, body, path }: Refusal): RunnerError | undefined {
  const message = messageOf(body);
  if (status === 401 && /'(exp|iat)'/.test(message)) {
    return new RunnerError(
      'TARGET_AUTH_FAILED',
      "GitHub takes the signature of the app for one of another time: the runner's clock is wrong.",
      {
        mend: "Set the clock of the runner's machine, e.g. by NTP.",
      },
    );
  }
  if (status === 401) {
    return new RunnerError('TARGET_AUTH_FAILED', 'GitHub does not take the signature of the app: the key is not one of this app.', {
      mend: 'Check github_private_key and github_app_identifier of the secret; make a new private key on the page of the app.',
    });
  }
  if (status === 404 && path === '/app') {
    return new RunnerError('TARGET_AUTH_FAILED', 'GitHub does not know the app.', { mend: 'Check github_app_identifier of the secret.' });
  }
  if (status === 404) {
    return new RunnerError('TARGET_AUTH_FAILED', 'The app has no such installation.', {
      mend: 'Check github_installation_id of the secret: the number at the end of the URL of the installation.',
    });
  }
  if (status === 403 && /suspended/.test(message)) {
    return new RunnerError('TARGET_PERMISSION_DENIED', 'The installation of the app is suspended.', {
      mend: 'Let an owner of the organization unsuspend it: Settings, GitHub Apps.',
    });
  }
  return undefined;
}

/** What a refusal of the installation means. */
export function explainToInstallation({ status, path }: Refusal): RunnerError | undefined {
  if (status === 301 || status === 302 || status === 307 || status === 308) {
    return new RunnerError('TARGET_NOT_FOUND', 'It has another name by now.', {
      object: path,
      mend: 'Use the name as the collection shows it.',
    });
  }
  return undefined;
}

/** Limits that are answered with 403: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function isThrottled({ status, headers, body }: Answer): boolean {
  if (status !== 403) return false;
  if (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0') return true;
  return /secondary rate limit/i.test(Buffer.from(body).toString('utf8'));
}

/** For looking up what it means only: it is GitHub's own text. */
function messageOf(body: unknown): string {
  const parsed = bodySchema.safeParse(body);
  return parsed.success ? parsed.data.message : '';
}
