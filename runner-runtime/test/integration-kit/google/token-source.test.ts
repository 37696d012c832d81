import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { ServiceAccountKey } from '../../../src/integration-kit/google/key-file.js';
import { isTokenCall, TokenSource } from '../../../src/integration-kit/google/token-source.js';
import type { Fetch } from '../../../src/operations/transport.js';

const KEY: ServiceAccountKey = {
  email: 'runner@project-1.iam.gserviceaccount.com',
  clientId: '100000000000000000001',
  keyId: 'key-1',
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  tokenUri: 'https://oauth2.googleapis.com/token',
};
const API = 'https://admin.googleapis.com/admin/directory/v1/users';

/** A token endpoint that gives token-1, token-2, …, and an API that takes some of them. */
class Google {
  seconds = 1_900_000_000;
  given = 0;
  readonly forms: URLSearchParams[] = [];
  readonly calls: { readonly token: string; readonly body: string }[] = [];
  accepts = (_token: string): boolean => true;
  refusal: { readonly status: number; readonly body: unknown } | undefined;

  readonly fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    if (isTokenCall(KEY, new URL(request.url))) {
      this.forms.push(new URLSearchParams(await request.text()));
      if (this.refusal !== undefined) return Response.json(this.refusal.body, { status: this.refusal.status });
      this.given += 1;
      return Response.json({ access_token: `token-${this.given}`, expires_in: 3599, token_type: 'Bearer' });
    }
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? '';
    this.calls.push({ token, body: await request.text() });
    return new Response(null, { status: this.accepts(token) ? 200 : 401 });
  };

  source(subject?: string): TokenSource {
    const use = { scopes: ['scope-1', 'scope-2'], ...(subject !== undefined && { subject }) };
    return new TokenSource(this.fetch, () => this.seconds * 1000, KEY, use);
  }
}

describe('tokens of a service account', () => {
  it('are asked for by an assertion that says who, for whom, for what, to whom and how long', async () => {
    const google = new Google();
    await google.source('admin@example.com').token();
    const assertion = google.forms[0]?.get('assertion') ?? '';
    expect(google.forms[0]?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(decodeJwt(assertion)).toEqual({
      iss: KEY.email,
      sub: 'admin@example.com',
      scope: 'scope-1 scope-2',
      aud: KEY.tokenUri,
      iat: google.seconds,
      exp: google.seconds + 3600,
    });
  });

  it('name nobody else where the account works as itself', async () => {
    const google = new Google();
    await google.source().token();
    expect(decodeJwt(google.forms[0]?.get('assertion') ?? '')).not.toHaveProperty('sub');
  });

  it('are kept until shortly before their end', async () => {
    const google = new Google();
    const source = google.source();
    expect([await source.token(), await source.token()]).toEqual(['token-1', 'token-1']);
    google.seconds += 3599 - 121;
    expect(await source.token()).toBe('token-1');
    google.seconds += 2;
    expect(await source.token()).toBe('token-2');
  });

  it('are renewed once when the vendor takes them no longer, and the call is made again whole', async () => {
    const google = new Google();
    google.accepts = (token) => token === 'token-2';
    const response = await google.source().authorized(API, { method: 'POST', body: '{"a":1}' });
    expect(response.status).toBe(200);
    expect(google.calls).toEqual([
      { token: 'token-1', body: '{"a":1}' },
      { token: 'token-2', body: '{"a":1}' },
    ]);
  });

  it('are not renewed again and again', async () => {
    const google = new Google();
    google.accepts = () => false;
    expect((await google.source().authorized(API)).status).toBe(401);
    expect(google.calls).toHaveLength(2);
  });

  it.each([
    ['unauthorized_client', 'Client is unauthorized', 'TARGET_PERMISSION_DENIED', 'scope-1 scope-2'],
    ['access_denied', 'Requested client not authorized.', 'TARGET_PERMISSION_DENIED', 'scope-1 scope-2'],
    ['invalid_grant', 'Invalid JWT Signature.', 'TARGET_AUTH_FAILED', KEY.email],
    [
      'invalid_grant',
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
      'TARGET_AUTH_FAILED',
      KEY.email,
    ],
    ['invalid_grant', 'Invalid grant: account not found', 'TARGET_AUTH_FAILED', KEY.email],
    ['invalid_grant', 'Invalid email or User ID', 'TARGET_AUTH_FAILED', 'admin@example.com'],
    ['disabled_client', 'The OAuth client was disabled.', 'TARGET_AUTH_FAILED', KEY.email],
    ['invalid_scope', 'Invalid OAuth scope', 'TARGET_AUTH_FAILED', 'scope-1 scope-2'],
    ['something_new', 'sEcReT vendor text', 'TARGET_AUTH_FAILED', KEY.email],
  ])('that are refused with %s (%s) say what to mend, in our own words', async (error, description, code, object) => {
    const google = new Google();
    google.refusal = { status: 400, body: { error, error_description: description } };
    const failure = google.source('admin@example.com').token();
    await expect(failure).rejects.toMatchObject({ name: 'RunnerError', code, object, mend: expect.any(String) });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining(description) });
  });

  it('are unreachable where the endpoint does not do its work, or answers something else', async () => {
    const google = new Google();
    for (const refusal of [
      { status: 503, body: {} },
      { status: 200, body: { token: 'x' } },
    ]) {
      google.refusal = refusal;
      await expect(google.source().token()).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    }
  });
});
