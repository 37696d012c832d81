import * as oauth from 'oauth4webapi';
import { RunnerError } from '../../../errors.js';
import type { Identity } from '../../pairing/identity.js';
import { unlessAborted } from '../unless-aborted.js';
import type { Endpoints } from './endpoints.js';
import { answerOf, noRoute, rateLimited, saysNoRoute, unavailable } from './refusal.js';
import type { VaultHttp } from './vault-http.js';

/** Life of a token of which the vault does not say it, seconds. */
const DEFAULT_LIFE_SECONDS = 300;
/** A token is renewed before its end: a tenth of its life, at most this many seconds. */
const LONGEST_MARGIN_SECONDS = 60;

/** Tokens of the vault: OAuth 2.0 client credentials. */
export interface SignIn {
  /**
   * A token that is good for a while; all who ask at once share one request.
   * @param refused a token that the vault did not take: never answered again
   * @throws {RunnerError} `SECRET_ACCESS_DENIED`, `SECRET_STORE_UNAVAILABLE`, `RATE_LIMITED`; the signal's reason once it is aborted
   */
  token(signal: AbortSignal, refused?: string): Promise<string>;
  /** Forgets the token. */
  forget(): void;
}

interface Token {
  readonly text: string;
  /** Unix milliseconds. */
  readonly renewAt: number;
}

/** @param now unix milliseconds */
export function signIn(identity: Identity, endpoints: Endpoints, http: VaultHttp, now: () => number): SignIn {
  let held: Token | undefined;
  let underWay: Promise<Token> | undefined;
  const renew = async (): Promise<Token> => {
    try {
      held = await requestToken(identity, endpoints, http, now);
      return held;
    } finally {
      underWay = undefined;
    }
  };
  return {
    token: async (signal, refused) => {
      signal.throwIfAborted();
      if (held !== undefined && (held.text === refused || now() >= held.renewAt)) held = undefined;
      if (held !== undefined) return held.text;
      // Others may wait for the same request: the one who gives up does not end it.
      underWay ??= renew();
      return (await unlessAborted(signal, underWay)).text;
    },
    forget: () => {
      held = undefined;
    },
  };
}

async function requestToken(identity: Identity, endpoints: Endpoints, http: VaultHttp, now: () => number): Promise<Token> {
  const { signal } = new AbortController();
  const server: oauth.AuthorizationServer = { issuer: endpoints.base, token_endpoint: endpoints.token };
  const client: oauth.Client = { client_id: identity.clientId };
  const proof = identity.kind === 'client' ? oauth.ClientSecretPost(identity.clientSecret) : oauth.TlsClientAuth();
  const askedAt = now();
  let response: Response | undefined;
  try {
    const answered = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      proof,
      {},
      {
        // The address was checked: unencrypted to this host only.
        [oauth.allowInsecureRequests]: true,
        [oauth.customFetch]: async (url, { method: _, headers, body }) => {
          response = await http.call(url, { method: 'POST', headers, body: String(body), isRepeatable: true }, signal);
          return response.clone();
        },
      },
    );
    const {
      access_token: text,
      expires_in: life = DEFAULT_LIFE_SECONDS,
      token_type: type,
    } = await oauth.processClientCredentialsResponse(server, client, answered);
    if (type !== 'bearer') throw unavailable(endpoints.token, 'the token is no bearer token');
    const margin = Math.min(LONGEST_MARGIN_SECONDS, life / 10);
    return { text, renewAt: askedAt + (life - margin) * 1000 };
  } catch (error) {
    if (error instanceof RunnerError) throw error;
    if (response === undefined) throw error;
    throw await tokenRefusal(error, response, endpoints.token, now());
  }
}

/** Errors of the library hold the answer: only a code that the standard knows is shown. */
async function tokenRefusal(error: unknown, response: Response, object: string, now: number): Promise<RunnerError> {
  const answer = await answerOf(response);
  if (saysNoRoute(answer)) return noRoute(object, 'vault.paths.token');
  if (answer.status === 429) return rateLimited(answer, object, now);
  if (answer.status >= 500 || answer.status < 400)
    return unavailable(object, answer.status === 200 ? 'its answer is no token' : `status ${answer.status}`);
  const code = error instanceof oauth.ResponseBodyError && /^[a-z_]{1,40}$/.test(error.error) ? error.error : `status ${answer.status}`;
  return new RunnerError('SECRET_ACCESS_DENIED', `The vault does not accept the identity of the agent (${code}).`, {
    object,
    mend: 'Check that the authorization of the agent is active in the vault and allows the address of this host; pair again where it was renewed: axiomrunner agent pair.',
  });
}
