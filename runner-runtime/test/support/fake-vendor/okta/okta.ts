import { type FakeCall, type FakeReply, type FakeRoute, FakeVendor } from '../fake-vendor.js';
import { may, type Need } from './admin.js';
import { appRoutes } from './app-routes.js';
import { groupRoutes } from './group-routes.js';
import { iamRoutes } from './iam-routes.js';
import { FORBIDDEN, INVALID_TOKEN, NOT_FOUND, refusal } from './replies.js';
import { roleRoutes } from './role-routes.js';
import { userRoutes } from './user-routes.js';
import { OktaWorld } from './world.js';

const LIMIT = 600;
const WINDOW_SECONDS = 60;
/** A moment that has passed: the limit is renewed already. */
const PASSED = '1600000000';
const TOO_MANY = 'API call exceeded rate limit due to too many requests.';

/** Okta's management interface over an org of its own: https://developer.okta.com/docs/api/openapi/okta-management/guides/overview */
export class FakeOkta {
  /** Until when every call is refused, unix seconds. */
  #closedUntil = 0;
  #toCloseFor = 0;
  refusals = 0;
  /** Whether somebody who may not look at roles is shown his own: nothing is published of it. */
  showsOwnRoles = false;

  private constructor(
    readonly vendor: FakeVendor,
    readonly world: OktaWorld,
  ) {}

  static async start(): Promise<FakeOkta> {
    let fake: FakeOkta | undefined;
    const world = new OktaWorld();
    const limits = { 'x-rate-limit-limit': String(LIMIT), 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': PASSED };
    const vendor = await FakeVendor.start({
      vendor: 'okta',
      notFound: () => refusal(404, 'E0000022', 'The endpoint does not support the provided HTTP method'),
      authorize: (call) => fake?.authorize(call),
      refusals: {
        'rate limit': refusal(429, 'E0000047', TOO_MANY, limits),
        'server error': refusal(500, 'E0000009', 'Internal Server Error'),
        unavailable: { status: 503, body: 'upstream connect error', headers: { 'content-type': 'text/plain' } },
        'expired token': INVALID_TOKEN,
      },
    });
    fake = new FakeOkta(vendor, world);
    vendor.commonHeaders = () => ({
      'x-okta-request-id': 'Example0000000000000000000',
      'x-rate-limit-limit': String(LIMIT),
      'x-rate-limit-remaining': String(LIMIT - 1),
      'x-rate-limit-reset': String(Math.ceil(Date.now() / 1000) + WINDOW_SECONDS),
    });
    for (const routes of [userRoutes, groupRoutes, appRoutes, roleRoutes, iamRoutes]) routes(fake);
    return fake;
  }

  /** Uses up the rate limit with the next call, for some seconds. */
  closeFor(seconds: number): void {
    this.#toCloseFor = seconds;
  }

  /** Renews the rate limit. */
  reopen(): void {
    this.#closedUntil = 0;
  }

  authorize(call: FakeCall): FakeReply | undefined {
    if (this.#toCloseFor > 0) {
      this.#closedUntil = Math.ceil(Date.now() / 1000) + this.#toCloseFor;
      this.#toCloseFor = 0;
    }
    if (Date.now() / 1000 < this.#closedUntil) {
      this.refusals += 1;
      const limits = { 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(this.#closedUntil) };
      return refusal(429, 'E0000047', TOO_MANY, limits);
    }
    return this.#userOf(call) === undefined ? INVALID_TOKEN : undefined;
  }

  /** Who makes a call. */
  callerOf(call: FakeCall): string {
    return this.#userOf(call) ?? '';
  }

  may(call: FakeCall, need: Need): boolean {
    return may(this.world, this.callerOf(call), need);
  }

  /** A call about one thing: refused to an admin without the right. */
  on(method: string, pattern: string, need: Need | undefined, route: FakeRoute): void {
    this.vendor.on(method, pattern, (call) => (need === undefined || this.may(call, need) ? route(call) : FORBIDDEN));
  }

  /** A list: an admin without the right to it is shown nothing. */
  onList(pattern: string, need: Need, route: FakeRoute): void {
    this.vendor.on('GET', pattern, (call) => (this.may(call, need) ? route(call) : { status: 200, body: [] }));
  }

  #userOf({ headers }: FakeCall): string | undefined {
    const [, token = ''] = /^SSWS (\S+)$/.exec(headers['authorization'] ?? '') ?? [];
    const user = this.world.users.get(this.world.tokens.get(token) ?? '');
    return user?.status === 'ACTIVE' ? user.id : undefined;
  }

  /** The object that a part of the path names, or Okta's answer that there is none. */
  require<Thing>(things: ReadonlyMap<string, Thing>, id: string | undefined, then: (thing: Thing) => FakeReply): FakeReply {
    const thing = things.get(id ?? '');
    return thing === undefined ? NOT_FOUND : then(thing);
  }
}
