import * as oauth from 'oauth4webapi';
import { RunnerError } from '../../errors.js';
import type { Endpoints } from '../vaults/segura/endpoints.js';
import { answerOf, noRoute, rateLimited, saysNoRoute, unavailable } from '../vaults/segura/refusal.js';
import type { VaultHttp } from '../vaults/segura/vault-http.js';
import type { Identity } from './identity.js';

/** What is registered. */
export interface RegistrationRequest {
  /** One-time token that the vault's administrator gave. */
  readonly token: string;
  /** What the vault calls the agent. */
  readonly clientName: string;
}

/**
 * Exchanges a one-time token for a client of the vault: RFC 7591 with the token as initial access token.
 * @throws {RunnerError} `SECRET_ACCESS_DENIED` for a token that is wrong or used, `SECRET_STORE_UNAVAILABLE`, `RATE_LIMITED`
 */
export async function registerClient(
  { token, clientName }: RegistrationRequest,
  endpoints: Endpoints,
  http: VaultHttp,
  { signal, now }: { readonly signal: AbortSignal; readonly now: () => number },
): Promise<Identity> {
  const server: oauth.AuthorizationServer = { issuer: endpoints.base, registration_endpoint: endpoints.register };
  const metadata = { client_name: clientName, grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' };
  let response: Response | undefined;
  try {
    const answered = await oauth.dynamicClientRegistrationRequest(server, metadata, {
      initialAccessToken: token,
      // The address was checked: unencrypted to this host only.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (url, { headers, body }) => {
        response = await http.call(url, { method: 'POST', headers, body: String(body) }, signal);
        return response.clone();
      },
    });
    return identityOf(await oauth.processDynamicClientRegistrationResponse(answered), endpoints);
  } catch (error) {
    if (error instanceof RunnerError || response === undefined) throw error;
    throw await registrationRefusal(response, endpoints.register, now());
  }
}

/**
 * Ends a client that {@link registerClient} made: RFC 7592, 2.3.
 * @returns whether the vault has it no more
 */
export async function endRegistration({ registration }: Identity, http: VaultHttp, signal: AbortSignal): Promise<boolean> {
  if (registration === undefined) return false;
  const headers = { authorization: `Bearer ${registration.token}` };
  const { status } = await http.call(registration.uri, { method: 'DELETE', headers }, signal);
  // 401: the token is of no client any more.
  return [200, 204, 401, 404, 410].includes(status);
}

function identityOf(client: oauth.OmitSymbolProperties<oauth.Client>, endpoints: Endpoints): Identity {
  const { client_id: clientId, client_secret: clientSecret, client_secret_expires_at: expiresAt } = client;
  if (typeof clientSecret !== 'string' || clientSecret === '')
    throw unavailable(endpoints.register, 'it registered the agent without a secret');
  const { registration_client_uri: uri, registration_access_token: token } = client;
  // Its token goes to the vault and nowhere else.
  const isManaged =
    typeof uri === 'string' && typeof token === 'string' && URL.canParse(uri) && new URL(uri).origin === new URL(endpoints.base).origin;
  return {
    kind: 'client',
    vault: endpoints.base,
    clientId,
    clientSecret,
    ...(isManaged ? { registration: { uri, token } } : {}),
    ...(typeof expiresAt === 'number' && expiresAt > 0 ? { expiresAt } : {}),
  };
}

async function registrationRefusal(response: Response, object: string, now: number): Promise<RunnerError> {
  const answer = await answerOf(response);
  if (saysNoRoute(answer)) return noRoute(object, 'vault.paths.register');
  if (answer.status === 429) return rateLimited(answer, object, now);
  if (answer.status >= 500 || answer.status < 400) {
    return unavailable(object, answer.status === 201 ? 'its answer is no registration' : `status ${answer.status}`);
  }
  return new RunnerError('SECRET_ACCESS_DENIED', `The vault does not take the one-time token (status ${answer.status}).`, {
    object,
    mend: 'A token works once and for a short time: have another one made in the vault. Check vault.paths.register.',
  });
}
