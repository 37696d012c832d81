import type { FakeCall, FakeReply, FakeVendor } from '../fake-vendor.js';
import { failure } from './odata.js';
import { type Directory, DOMAIN, type Registration, TENANT } from './state.js';

/** End of every token: nothing that leaves a runner may hold it. */
export const TOKEN_CANARY = 'c2lnbmF0dXJlLWNhbmFyeQ';
const NO_ROLE = '0997a1d0-0d1d-4acb-b408-d5ca73121e90';

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
export class SignIn {
  readonly #issued = new Map<string, Registration>();

  constructor(private readonly directory: Directory) {}

  serve(vendor: FakeVendor): void {
    vendor.on('POST', '/:tenant/oauth2/v2.0/token', (call) => this.#token(call, vendor.url));
  }

  /** The refusal of a call without a valid token. */
  authorize({ path, headers }: FakeCall): FakeReply | undefined {
    if (path.endsWith('/oauth2/v2.0/token')) return undefined;
    if (this.callerOf(headers) !== undefined) return undefined;
    return failure(401, 'InvalidAuthenticationToken', 'Access token is empty or invalid.');
  }

  /** Whether the caller has one of these application permissions. */
  may(call: FakeCall, ...permissions: readonly string[]): boolean {
    return this.callerOf(call.headers)?.roles.some((role) => permissions.includes(role)) ?? false;
  }

  callerOf(headers: FakeCall['headers']): Registration | undefined {
    return this.#issued.get((headers['authorization'] ?? '').replace(/^Bearer /, ''));
  }

  #token({ params, body }: FakeCall, base: string): FakeReply {
    const { client_id: clientId = '', client_secret: secret = '', grant_type: grant, scope } = body as Record<string, string>;
    const tenant = params['tenant'] ?? '';
    if (![TENANT, DOMAIN].includes(tenant)) return refusal(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`);
    if (grant !== 'client_credentials') return refusal(400, 'unsupported_grant_type', 70003, 'The grant type is not supported.');
    if (scope !== `${base}/.default`) return refusal(400, 'invalid_scope', 1002012, 'The provided value for scope is not valid.');
    const registration = this.directory.registrations.get(clientId);
    if (registration === undefined) {
      return refusal(400, 'unauthorized_client', 700016, `Application with identifier '${clientId}' was not found in the directory.`);
    }
    if (registration.secret !== secret) return refusal(401, 'invalid_client', 7000215, 'Invalid client secret provided.');
    if (registration.isSecretExpired) return refusal(401, 'invalid_client', 7000222, 'The provided client secret keys are expired.');
    const token = this.#issue(registration);
    return { status: 200, body: { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: token } };
  }

  #issue(registration: Registration): string {
    const { clientId, servicePrincipalId, roles } = registration;
    const claims = {
      tid: TENANT,
      oid: servicePrincipalId,
      appid: clientId,
      wids: [NO_ROLE],
      ...(roles.length > 0 && { roles }),
      number: this.#issued.size,
    };
    const token = `${encoded({ typ: 'JWT', alg: 'RS256' })}.${encoded(claims)}.${TOKEN_CANARY}`;
    this.#issued.set(token, registration);
    return token;
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function refusal(status: number, error: string, code: number, words: string): FakeReply {
  return {
    status,
    body: { error, error_description: `AADSTS${code}: ${words} Trace ID: 5a1e`, error_codes: [code], timestamp: '2030-01-01 00:00:00Z' },
  };
}
