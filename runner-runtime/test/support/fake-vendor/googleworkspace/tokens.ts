import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { FakeCall, FakeReply } from '../fake-vendor.js';
import type { Domain } from './domain.js';
import { status } from './replies.js';

/** What starts every token: it must be seen nowhere. */
export const TOKEN_CANARY = 'ya29.fake-token-';

interface Account {
  readonly publicKey: KeyObject;
  readonly keyId: string;
  /** What is delegated to it. */
  readonly scopes: Set<string>;
  disabled: boolean;
}

interface Issued {
  readonly scopes: readonly string[];
  readonly subject: string;
}

/** The token endpoint: assertions of service accounts, https://developers.google.com/identity/protocols/oauth2/service-account */
export class TokenOffice {
  readonly #accounts = new Map<string, Account>();
  readonly #issued = new Map<string, Issued>();
  /** Its own clock, unix seconds; absent where every time is taken. */
  now: number | undefined;
  life = 3599;

  constructor(
    private readonly domain: Domain,
    private readonly audience: () => string,
  ) {}

  add(email: string, keyId: string, privateKey: KeyObject, scopes: readonly string[]): Account {
    const account = { publicKey: createPublicKey(privateKey), keyId, scopes: new Set(scopes), disabled: false };
    this.#accounts.set(email, account);
    return account;
  }

  /** Ends every token before its time. */
  forget(): void {
    this.#issued.clear();
  }

  async answer(call: FakeCall): Promise<FakeReply> {
    const { grant_type: grant = '', assertion = '' } = call.body as Record<string, string>;
    if (grant !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refused('unsupported_grant_type', `Invalid grant_type: ${grant}`);
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const account = this.#accounts.get(claims.iss);
    if (account === undefined) return refused('invalid_grant', 'Invalid grant: account not found');
    if (account.disabled) return refused('disabled_client', 'The OAuth client was disabled.', 401);
    if (!(await this.#isSigned(assertion, account))) return refused('invalid_grant', 'Invalid JWT Signature.');
    const at = this.now ?? claims.iat;
    if (claims.aud !== this.audience() || claims.exp - claims.iat > 3600 || claims.iat > at + 300 || claims.exp < at) {
      return refused(
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    }
    const scopes = String(claims.scope ?? '').split(' ');
    if (!scopes.every((scope) => account.scopes.has(scope))) {
      return refused(
        'unauthorized_client',
        'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
        401,
      );
    }
    const user = this.domain.user(claims.sub ?? '');
    if (user === undefined || user.suspended) return refused('invalid_grant', 'Invalid email or User ID');
    const token = TOKEN_CANARY + randomBytes(24).toString('base64url');
    this.#issued.set(token, { scopes, subject: user.id });
    return { status: 200, body: { access_token: token, expires_in: this.life, token_type: 'Bearer' } };
  }

  /** The user behind a call, or the refusal of its token. */
  subject(call: FakeCall, accepted: readonly string[]): string | FakeReply {
    const issued = this.#issued.get((call.headers['authorization'] ?? '').replace(/^Bearer /, ''));
    if (issued === undefined) return status(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (issued.scopes.some((scope) => accepted.includes(scope))) return issued.subject;
    return status(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT');
  }

  async #isSigned(assertion: string, { publicKey, keyId }: Account): Promise<boolean> {
    if (decodeProtectedHeader(assertion).kid !== keyId) return false;
    try {
      await jwtVerify(assertion, publicKey, { algorithms: ['RS256'], currentDate: new Date(0) });
      return true;
    } catch {
      return false;
    }
  }
}

function refused(error: string, description: string, code = 400): FakeReply {
  return { status: code, body: { error, error_description: description } };
}
