import { randomUUID } from 'node:crypto';
import type { FakeCall, FakeReply } from '../fake-vendor.js';
import { noRoute, oauthError } from './replies.js';
import type { FakeSegura, SeguraClient } from './segura.js';
import { CLIENT_NAME_HEADER } from './tls-front.js';

/** Tokens (RFC 6749, 4.4; RFC 8705, 2.1) and registrations (RFC 7591, RFC 7592). */
export function signInRoutes(segura: FakeSegura): void {
  segura.vendor
    .on('POST', '/iso/oauth2/token', async (call) => {
      await segura.held;
      return token(segura, call);
    })
    .on('POST', '/iso/oauth2/register', (call) => register(segura, call))
    .on('DELETE', '/iso/oauth2/register/:client', ({ params, headers }) => {
      const client = segura.clients.get(params['client'] ?? '');
      if (client?.registrationToken === undefined || headers['authorization'] !== `Bearer ${client.registrationToken}`) {
        return oauthError(401, 'invalid_token');
      }
      segura.clients.delete(client.id);
      return { status: 204 };
    });
}

function token(segura: FakeSegura, { headers, body }: FakeCall): FakeReply {
  if (!(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) return oauthError(400, 'invalid_request');
  const form = body as Readonly<Record<string, string>>;
  if (form['grant_type'] !== 'client_credentials') return oauthError(400, 'unsupported_grant_type');
  const client = segura.clients.get(form['client_id'] ?? '');
  if (client === undefined || !client.active || !isProved(client, form['client_secret'], headers[CLIENT_NAME_HEADER])) return noRoute(401);
  const access_token = `canary-token-${randomUUID()}`;
  segura.tokens.set(access_token, { client: client.id, endsAt: segura.now() + segura.tokenLifeSeconds * 1000 });
  return { status: 200, body: { token_type: 'Bearer', expires_in: segura.tokenLifeSeconds, access_token } };
}

function isProved({ secret, commonName }: SeguraClient, shown: string | undefined, certificate: string | undefined): boolean {
  return secret === undefined ? commonName !== undefined && commonName === certificate : secret === shown;
}

function register(segura: FakeSegura, { headers, body }: FakeCall): FakeReply {
  const oneTime = (headers['authorization'] ?? '').replace(/^Bearer /, '');
  if (!segura.oneTimeTokens.delete(oneTime)) return oauthError(401, 'invalid_token');
  const metadata = body as Readonly<Record<string, unknown>>;
  if (JSON.stringify(metadata['grant_types']) !== '["client_credentials"]') return oauthError(400, 'invalid_client_metadata');
  const client = segura.addClient({ secret: `canary-secret-${randomUUID()}`, registrationToken: `canary-registration-${randomUUID()}` });
  return {
    status: 201,
    headers: { 'cache-control': 'no-store' },
    body: {
      ...metadata,
      client_id: client.id,
      client_secret: client.secret,
      client_secret_expires_at: 0,
      registration_access_token: client.registrationToken,
      registration_client_uri: `${segura.url}/iso/oauth2/register/${client.id}`,
    },
  };
}
