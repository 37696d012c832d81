import { type FakeCall, type FakeReply, FakeVendor } from '../fake-vendor.js';
import { iamRoutes } from './iam-routes.js';
import { refusal, serviceDisabled } from './replies.js';
import { resourceRoutes } from './resource-routes.js';
import { tokenRoutes } from './token-routes.js';
import { World } from './world.js';

const EXPIRED = refusal('UNAUTHENTICATED', 'Request had invalid authentication credentials.');

/** Google Cloud on a loopback port: Resource Manager, IAM, Service Account Credentials and the token endpoint at one address. */
export class FakeGoogleCloud {
  private constructor(
    readonly vendor: FakeVendor,
    readonly world: World,
  ) {}

  /** @param now unix seconds */
  static async start(now: number): Promise<FakeGoogleCloud> {
    const world = new World(now);
    const vendor = await FakeVendor.start({
      vendor: 'gcp',
      notFound: () => refusal('NOT_FOUND', 'Method not found.'),
      authorize: (call) => authorize(world, call),
      refusals: {
        'rate limit': { ...refusal('RESOURCE_EXHAUSTED', 'Quota exceeded.'), headers: { 'retry-after': '0' } },
        'server error': refusal('INTERNAL', 'Internal error encountered.'),
        unavailable: refusal('UNAVAILABLE', 'The service is currently unavailable.'),
        'expired token': EXPIRED,
      },
    });
    const callerOf = ({ headers }: FakeCall) => tokenOf(world, headers)?.email ?? '';
    tokenRoutes(vendor, world, callerOf);
    resourceRoutes(vendor, world, callerOf);
    iamRoutes(vendor, world, callerOf);
    return new FakeGoogleCloud(vendor, world);
  }

  get url(): string {
    return this.vendor.url;
  }
}

function authorize(world: World, { path, headers }: FakeCall): FakeReply | undefined {
  if (path === '/token') return undefined;
  if (tokenOf(world, headers) === undefined) return EXPIRED;
  const api = apiOf(path);
  return world.disabledApis.has(api) ? serviceDisabled(api) : undefined;
}

function tokenOf({ tokens, accounts, now }: World, headers: FakeCall['headers']) {
  const token = tokens.get(/^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '');
  return token === undefined || token.expiresAt <= now || accounts.get(token.email)?.disabled !== false ? undefined : token;
}

/** In the world each has a host of its own. */
function apiOf(path: string): string {
  if (path.startsWith('/v3/')) return 'cloudresourcemanager.googleapis.com';
  return path.startsWith('/v1/projects/-/') ? 'iamcredentials.googleapis.com' : 'iam.googleapis.com';
}
