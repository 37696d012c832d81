import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { FakeCall, FakeReply, FakeVendor } from '../fake-vendor.js';
import { permissionsOf } from './judgement.js';
import { ok, refusal } from './replies.js';
import type { World } from './world.js';

const LIFETIME_SECONDS = 3600;
const CLOCK_TOLERANCE_SECONDS = 300;

/** Tokens by assertion, and tokens of other service accounts: https://cloud.google.com/iam/docs/create-short-lived-credentials-direct */
export function tokenRoutes(vendor: FakeVendor, world: World, callerOf: (call: FakeCall) => string): void {
  vendor
    .on('POST', '/token', ({ body }) => exchange(world, body as Readonly<Record<string, string>>))
    .on('POST', '/v1/projects/-/serviceAccounts/:call', (call) => generate(world, call, callerOf(call)))
    .on('GET', '/v1/projects/-/serviceAccounts/:email/allowedLocations', () => ok({ locations: [], encodedLocations: '0x0' }));
}

async function exchange(world: World, form: Readonly<Record<string, string>>): Promise<FakeReply> {
  const assertion = form['assertion'] ?? '';
  const { iss = '', iat = 0 } = decodeJwt(assertion);
  const account = world.accounts.get(iss);
  if (account === undefined) return invalidGrant('Invalid grant: account not found');
  if (account.disabled) return invalidGrant('Invalid grant: account is disabled');
  const key = account.keys.get(decodeProtectedHeader(assertion).kid ?? '');
  try {
    if (key === undefined) return invalidGrant('Invalid JWT Signature.');
    await jwtVerify(assertion, key, { algorithms: ['RS256'], currentDate: new Date(iat * 1000) });
  } catch {
    return invalidGrant('Invalid JWT Signature.');
  }
  if (world.strictClock && Math.abs(iat - world.now) > CLOCK_TOLERANCE_SECONDS) {
    return invalidGrant('Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.');
  }
  const { text } = world.issueToken(iss, LIFETIME_SECONDS);
  return ok({ access_token: text, expires_in: LIFETIME_SECONDS - 1, token_type: 'Bearer' });
}

function generate(world: World, { params, body }: FakeCall, caller: string): FakeReply {
  const [email = '', verb] = (params['call'] ?? '').split(':');
  if (verb !== 'generateAccessToken') return refusal('NOT_FOUND', 'Method not found.');
  const account = world.accounts.get(email);
  const may = permissionsOf(world, `serviceAccount:${caller}`, `serviceAccounts/${email}`).has('iam.serviceAccounts.getAccessToken');
  if (account === undefined || !may) {
    return refusal('PERMISSION_DENIED', "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).");
  }
  if (account.disabled) return refusal('FAILED_PRECONDITION', 'Service account is disabled.');
  const { scope, lifetime = '3600s' } = body as { readonly scope?: readonly string[]; readonly lifetime?: string };
  const seconds = Number(/^(\d+)s$/.exec(lifetime)?.[1]);
  if (!Array.isArray(scope) || scope.length === 0 || !(seconds >= 1 && seconds <= LIFETIME_SECONDS)) {
    return refusal('INVALID_ARGUMENT', 'Request contains an invalid argument.');
  }
  const { text, expiresAt } = world.issueToken(email, seconds);
  return ok({ accessToken: text, expireTime: new Date(expiresAt * 1000).toISOString().replace('.000Z', 'Z') });
}

function invalidGrant(description: string): FakeReply {
  return { status: 400, body: { error: 'invalid_grant', error_description: description } };
}
