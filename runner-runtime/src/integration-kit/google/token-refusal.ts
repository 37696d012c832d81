import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { ServiceAccountKey } from './key-file.js';
import type { TokenUse } from './token-source.js';

/** RFC 6749, section 5.2; Google tells apart in the description what has one code. */
const refusalSchema = z.object({ error: z.string(), error_description: z.string().catch('') });

/** What was asked for. */
interface Asked {
  readonly key: ServiceAccountKey;
  readonly use: TokenUse;
}

/**
 * What a refusal of the token endpoint means, in our own words;
 * https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
 */
export function tokenRefusal(status: number, body: unknown, asked: Asked): RunnerError {
  if (status >= 500 || status < 400) {
    return new RunnerError('TARGET_UNREACHABLE', `The token endpoint does not do its work (status ${status}).`, {
      object: new URL(asked.key.tokenUri).host,
    });
  }
  const { error = '', error_description: description = '' } = refusalSchema.safeParse(body).data ?? {};
  const { key, use } = asked;
  if (error === 'unauthorized_client' || error === 'access_denied') return notDelegated(asked);
  if (error === 'invalid_scope')
    return refused('The token endpoint does not know a scope.', use.scopes.join(' '), 'Report it: the runner asks for it by itself.');
  if (error === 'disabled_client' || /disabled/i.test(description)) {
    return refused(
      'The service account or its key is disabled.',
      key.email,
      'Enable it in the Google Cloud console, or create another key.',
    );
  }
  if (error === 'invalid_grant' && /signature/i.test(description)) {
    return refused(
      'The key of the service account is not valid: it was deleted or disabled, or belongs to another account.',
      key.email,
      'Create a new key, and put its file into the secret.',
    );
  }
  if (error === 'invalid_grant' && /timeframe|\biat\b|\bexp\b/i.test(description)) {
    return refused(
      'The token endpoint finds that the clock of the runner is wrong.',
      key.email,
      'Let the machine of the runner synchronise its clock.',
    );
  }
  if (error === 'invalid_client' || (error === 'invalid_grant' && /account not found/i.test(description))) {
    return refused(
      'The service account does not exist (any more).',
      key.email,
      'Create a service account and a key, and put its file into the secret.',
    );
  }
  if (error === 'invalid_grant' && use.subject !== undefined) {
    return refused(
      'The user that the service account acts as does not exist, is suspended, or belongs to another organization.',
      use.subject,
      'Check impersonation_email of the secret, and that this user is active.',
    );
  }
  return refused('The token endpoint refuses the key of the service account.', key.email, 'Check the key, and the clock of the runner.');
}

/** The service account may not act with these scopes for users. */
function notDelegated({ key, use }: Asked): RunnerError {
  return new RunnerError('TARGET_PERMISSION_DENIED', 'The service account has no domain-wide delegation for this scope.', {
    object: use.scopes.join(' '),
    mend: `Add the scope to client id ${key.clientId} in the Admin console, Security > Access and data control > API controls > Domain-wide delegation; it may take a day to have effect.`,
  });
}

function refused(message: string, object: string, mend: string): RunnerError {
  return new RunnerError('TARGET_AUTH_FAILED', message, { object, mend });
}
