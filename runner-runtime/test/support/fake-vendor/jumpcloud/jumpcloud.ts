import { type FakeCall, type FakeReply, FakeVendor } from '../fake-vendor.js';
import { applicationRoutes } from './application-routes.js';
import { deviceRoutes } from './device-routes.js';
import { groupRoutes } from './group-routes.js';
import { FORBIDDEN, NOT_FOUND, pieceOf, refusal, UNAUTHORIZED } from './replies.js';
import { requestRoutes } from './request-routes.js';
import { userRoutes } from './user-routes.js';
import { type FakeKey, JumpCloudWorld } from './world.js';

/** Roles that change nothing of the directory. https://jumpcloud.com/support/admin-portal-roles */
const READERS = ['Read Only', 'Billing Only'];

const TOO_MANY = refusal(429, 'Too Many Requests');

/** JumpCloud's two interfaces over one organization: https://docs.jumpcloud.com/api/ */
export class FakeJumpCloud {
  readonly world = new JumpCloudWorld();
  /** How often the graph is answered as it was before, after each change of a membership. */
  lag = 0;
  /** Whether the console's question who is signed in is answered to a key. */
  showsSelf = true;
  /** What is answered at a path in the place of what is there. */
  readonly refused = new Map<string, FakeReply>();
  /** Whether the lists of the newer interface are counted in a header: not all of them are. */
  countsLists = true;
  /** Whether the rate limit is used up. */
  isThrottled = false;
  /** Whether no access request is granted. */
  refusesRequests = false;

  private constructor(readonly vendor: FakeVendor) {}

  static async start(): Promise<FakeJumpCloud> {
    let fake: FakeJumpCloud | undefined;
    const vendor = await FakeVendor.start({
      vendor: 'jumpcloud',
      notFound: () => NOT_FOUND,
      authorize: (call) => fake?.authorize(call),
      refusals: {
        'rate limit': { ...TOO_MANY, headers: { 'retry-after': '0' } },
        'server error': refusal(500, 'Internal Server Error'),
        unavailable: { status: 503, body: 'upstream connect error', headers: { 'content-type': 'text/plain' } },
        'expired token': UNAUTHORIZED,
      },
    });
    fake = new FakeJumpCloud(vendor);
    for (const routes of [userRoutes, groupRoutes, applicationRoutes, deviceRoutes, requestRoutes]) routes(fake);
    return fake;
  }

  keyOf({ headers }: FakeCall): FakeKey | undefined {
    return this.world.keys.get(headers['x-api-key'] ?? '');
  }

  /** The object that a part of the path names, or the answer that there is none. */
  require<Thing>(things: ReadonlyMap<string, Thing>, id: string | undefined, then: (thing: Thing) => FakeReply): FakeReply {
    const thing = things.get(id ?? '');
    return thing === undefined ? NOT_FOUND : then(thing);
  }

  /** A page of the newer interface: an array, counted in a header. */
  page(call: FakeCall, all: readonly unknown[]): FakeReply {
    const headers: Record<string, string> = this.countsLists ? { 'x-total-count': String(all.length) } : {};
    return { status: 200, body: pieceOf(call, all), headers };
  }

  private authorize(call: FakeCall): FakeReply | undefined {
    if (this.isThrottled) return TOO_MANY;
    const key = this.keyOf(call);
    if (key === undefined) return UNAUTHORIZED;
    const organization = call.headers['x-org-id'];
    if (organization !== undefined && !key.organizations.includes(organization)) return FORBIDDEN;
    // An administrator of several has to say which one is meant.
    const isAboutSelf = call.path === '/api/organizations' || call.path.startsWith('/api/users/');
    if (organization === undefined && key.organizations.length > 1 && !isAboutSelf) return FORBIDDEN;
    const refused = this.refused.get(call.path);
    if (refused !== undefined) return refused;
    return call.method !== 'GET' && READERS.includes(key.role) ? FORBIDDEN : undefined;
  }
}
