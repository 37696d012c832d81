import { randomUUID } from 'node:crypto';
import type { FakeCall, FakeReply } from '../fake-vendor.js';
import { envelope, noRoute, problem } from './replies.js';
import type { FakeSegura } from './segura.js';

/** Credentials in both versions of the interface. */
export function credentialRoutes(segura: FakeSegura): void {
  segura.vendor
    .on('GET', '/api/pam/credential/:id', async (call) => {
      await segura.held;
      return versionOne(segura, call);
    })
    .on('GET', '/api/v2/pam/credentials/:id', async (call) => {
      await segura.held;
      const { headers = {}, ...reply } = versionTwo(segura, call);
      return { ...reply, headers: { 'x-request-id': randomUUID(), ...headers } };
    });
}

function versionOne(segura: FakeSegura, { params, headers }: FakeCall): FakeReply {
  const client = segura.clientOf(headers['authorization']);
  if (client === undefined) return noRoute();
  const credential = segura.credentials.get(params['id'] ?? '');
  if (credential === undefined) return envelope(400, '1007: Credential not found', 1_007);
  if (!credential.readers.has(client.id)) return envelope(400, '1009: No access to credential', 1_009);
  const { id, username, password, content, expirationTime } = credential;
  return envelope(200, `Credential ${id}`, 0, {
    credential: {
      id,
      identifier: `identifier-${id}`,
      username,
      ...(password === null ? {} : { password }),
      content,
      hostname: 'db.example.com',
      parent_credential_cod: null,
      additional: null,
      domain: '',
      ip: '192.0.2.10',
      port: '5432',
      model: 'PostgreSQL',
      expiration_time: expirationTime,
    },
  });
}

function versionTwo(segura: FakeSegura, { params, headers }: FakeCall): FakeReply {
  const client = segura.clientOf(headers['authorization']);
  if (client === undefined) return problem(401, 'UNAUTHORIZED');
  const reset = Math.ceil(segura.now() / 1000) + 30;
  const limits = {
    'x-ratelimit-limit': '100',
    'x-ratelimit-remaining': String(Math.max(0, Math.min(100, segura.callsLeft))),
    'x-ratelimit-reset': String(reset),
  };
  if (segura.callsLeft <= 0) return problem(429, 'TOO_MANY_REQUESTS', limits);
  segura.callsLeft -= 1;
  const credential = segura.credentials.get(params['id'] ?? '');
  if (credential === undefined) return problem(404, 'NOT_FOUND', limits);
  if (!credential.readers.has(client.id)) return problem(403, 'FORBIDDEN', limits);
  const etag = `"revision-${credential.revision}"`;
  if (headers['if-none-match'] === etag) return { status: 304, headers: { ...limits, etag } };
  const { id, username, password, content } = credential;
  const value = segura.showsPasswordsInVersion2 ? { password, content } : {};
  return {
    status: 200,
    headers: { ...limits, etag },
    body: {
      id,
      credential: { username, active: true, password_type: 'Local User', tags: [], ...value },
      device: { id: 1, name: 'db.example.com' },
    },
  };
}
