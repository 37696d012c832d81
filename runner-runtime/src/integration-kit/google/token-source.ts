import { SignJWT } from 'jose';
import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import type { Fetch } from '../../operations/transport.js';
import type { ServiceAccountKey } from './key-file.js';
import { tokenRefusal } from './token-refusal.js';

/** The longest that Google takes, https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
const ASSERTION_SECONDS = 3600;
/** A token is not used for the last seconds of its life. */
const SPARE_SECONDS = 120;

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** What a token is for. */
export interface TokenUse {
  readonly scopes: readonly string[];
  /** The user that the service account acts as, by domain-wide delegation. */
  readonly subject?: string;
}

/** Access tokens of a service account for one use, renewed when they are about to end. */
export class TokenSource {
  #token: { readonly text: string; readonly endsAt: number } | undefined;

  /**
   * @param fetch passes the gate of changes: a token changes nothing, see {@link isTokenCall}
   * @param now   unix milliseconds
   */
  constructor(
    private readonly fetch: Fetch,
    private readonly now: () => number,
    private readonly key: ServiceAccountKey,
    private readonly use: TokenUse,
  ) {}

  /**
   * @param refused a token that the vendor no longer takes
   * @throws {RunnerError} `TARGET_AUTH_FAILED` for the key or the subject, `TARGET_PERMISSION_DENIED` for a scope that is not delegated
   */
  async token(refused?: string): Promise<string> {
    const seconds = this.now() / 1000;
    if (this.#token !== undefined && this.#token.text !== refused && this.#token.endsAt - SPARE_SECONDS > seconds) return this.#token.text;
    const { access_token: text, expires_in: life } = await this.#ask();
    this.#token = { text, endsAt: seconds + life };
    return text;
  }

  /** A `fetch` with the token in each call. A call that is refused for its token has done nothing, and is made again with a new one. */
  readonly authorized: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = request.body === null ? null : await request.arrayBuffer();
    const send = (token: string) => {
      const headers = new Headers(request.headers);
      headers.set('authorization', `Bearer ${token}`);
      return this.fetch(request.url, { method: request.method, headers, body, ...(init?.signal && { signal: init.signal }) });
    };
    const token = await this.token();
    const response = await send(token);
    return response.status === 401 ? send(await this.token(token)) : response;
  };

  async #ask(): Promise<z.infer<typeof tokenSchema>> {
    const form = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: await this.#assertion() });
    const response = await this.fetch(this.key.tokenUri, { method: 'POST', body: form });
    const body = await json(response);
    if (!response.ok) throw tokenRefusal(response.status, body, { key: this.key, use: this.use });
    const parsed = tokenSchema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new RunnerError('TARGET_UNREACHABLE', "The answer of the token endpoint is not of the shape that Google's has.", {
      object: new URL(this.key.tokenUri).host,
      mend: 'Check token_uri of the secret, and that no proxy answers in the place of Google.',
    });
  }

  /** RFC 7523, section 3. */
  #assertion(): Promise<string> {
    const at = Math.floor(this.now() / 1000);
    const { email, keyId, privateKey, tokenUri } = this.key;
    const { scopes, subject } = this.use;
    return new SignJWT({
      iss: email,
      scope: scopes.join(' '),
      aud: tokenUri,
      iat: at,
      exp: at + ASSERTION_SECONDS,
      ...(subject && { sub: subject }),
    })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: keyId })
      .sign(privateKey);
  }
}

/** Whether a call is one for a token: for `isRead` of a vendor's fetch. */
export function isTokenCall({ tokenUri }: ServiceAccountKey, url: URL): boolean {
  return url.href === new URL(tokenUri).href;
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
