import { type FakeCall, type FakeReply, type FakeRoute, FakeVendor } from '../fake-vendor.js';
import { policyRoutes } from './policy-routes.js';
import { ACCESS_DENIED, invalid, NOT_FOUND, refusal, UNAUTHORIZED } from './replies.js';
import { mayChange } from './rights.js';
import { scheduleRoutes } from './schedule-routes.js';
import { Account, type Key } from './state.js';
import { teamRoutes } from './team-routes.js';
import { userRoutes } from './user-routes.js';

/** https://developer.pagerduty.com/docs/72d3b724589e3-rest-api-rate-limits */
const LIMIT = 960;
const ACCEPT = 'application/vnd.pagerduty+json;version=2';

/** PagerDuty's REST interface over an account of its own: https://developer.pagerduty.com/api-reference */
export class FakePagerduty {
  readonly account = new Account();
  readonly clock = {
    /** Unix seconds. */
    now: Math.floor(Date.now() / 1000),
    /** Whether it goes by the times that the runner asks for: for tests that move the runner's clock at will. */
    follows: false,
  };

  private constructor(readonly vendor: FakeVendor) {}

  static async start(): Promise<FakePagerduty> {
    let fake: FakePagerduty | undefined;
    const vendor = await FakeVendor.start({
      vendor: 'pagerduty',
      notFound: () => NOT_FOUND,
      authorize: (call) => fake?.authorize(call),
      refusals: {
        'rate limit': { ...refusal(429, 2020, 'Rate Limit Exceeded'), headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '0' } },
        'server error': refusal(500, 2000, 'Internal Server Error'),
        unavailable: refusal(503, 2000, 'Service Unavailable'),
        'expired token': UNAUTHORIZED,
      },
    });
    fake = new FakePagerduty(vendor);
    vendor.commonHeaders = () => fake?.limits() ?? {};
    for (const routes of [userRoutes, teamRoutes, scheduleRoutes, policyRoutes]) routes(fake);
    return fake;
  }

  /** What `api_base_url` is. */
  get base(): string {
    return this.vendor.url;
  }

  stop(): Promise<void> {
    return this.vendor.stop();
  }

  on(method: string, pattern: string, route: FakeRoute): this {
    this.vendor.on(method, pattern, route);
    return this;
  }

  keyOf({ headers }: FakeCall): Key | undefined {
    return this.account.keys.get(/^Token token=(\S+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '');
  }

  private authorize(call: FakeCall): FakeReply | undefined {
    if (call.headers['accept'] !== ACCEPT || call.headers['content-type'] !== 'application/json') {
      return invalid('The version of the interface is not named.');
    }
    const key = this.keyOf(call);
    if (key === undefined) return UNAUTHORIZED;
    // Before anything else: https://support.pagerduty.com/main/docs/api-access-keys
    if (key.readOnly === true && call.method !== 'GET') return ACCESS_DENIED;
    if (call.path !== '/users/me' && key.hidden?.includes(call.path.split('/')[1] ?? '') === true) return ACCESS_DENIED;
    if (/^\/teams(\/|$)/.test(call.path) && !this.account.abilities.includes('teams')) {
      return refusal(402, 2014, 'Account does not have the abilities to perform the action');
    }
    if (!mayChange(this.account, key, call)) return ACCESS_DENIED;
    const since = call.query.get('since');
    if (this.clock.follows && since !== null) this.clock.now = Math.max(this.clock.now, Date.parse(since) / 1000);
    return undefined;
  }

  private limits(): Readonly<Record<string, string>> {
    const used = this.vendor.calls.length % (LIMIT / 2);
    return { 'ratelimit-limit': String(LIMIT), 'ratelimit-remaining': String(LIMIT - used), 'ratelimit-reset': '30' };
  }
}
