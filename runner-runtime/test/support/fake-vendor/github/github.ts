import { generateKeyPairSync } from 'node:crypto';
import { type FakeCall, type FakeReply, type FakeRoute, FakeVendor } from '../fake-vendor.js';
import { appRoutes } from './app-routes.js';
import { authenticate, BAD_CREDENTIALS, type Caller, type Clock, isReply, NOT_FOUND, refusal } from './credentials.js';
import { organizationRoutes } from './organization-routes.js';
import { repositoryRoutes } from './repository-routes.js';
import { GithubWorld, type Installation, type Token } from './state.js';
import { teamRoutes } from './team-routes.js';

/** Everything that the runner asks for. */
export const ALL_PERMISSIONS = { metadata: 'read', administration: 'write', members: 'write', contents: 'write', pull_requests: 'write' };
const LIMIT = 5000;

/** What a route needs, as GitHub calls its permissions. */
export type Need = readonly [permission: string, level: 'read' | 'write'];

/** GitHub's REST interface over an organization of its own: https://docs.github.com/en/rest */
export class FakeGithub {
  readonly world = new GithubWorld();
  readonly clock: Clock = { now: () => Date.now() / 1000, follows: false };
  readonly #callers = new WeakMap<FakeCall, Caller>();

  private constructor(readonly vendor: FakeVendor) {}

  static async start(): Promise<FakeGithub> {
    let fake: FakeGithub | undefined;
    const vendor = await FakeVendor.start({
      vendor: 'github',
      notFound: () => NOT_FOUND,
      authorize: (call) => fake?.authorize(call),
      refusals: {
        'rate limit': {
          ...refusal(403, 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'),
          headers: { 'retry-after': '0' },
        },
        'server error': refusal(500, 'Server Error'),
        unavailable: refusal(503, 'Service unavailable'),
        'expired token': BAD_CREDENTIALS,
      },
    });
    fake = new FakeGithub(vendor);
    fake.vendor.commonHeaders = () => fake?.limits() ?? {};
    for (const routes of [appRoutes, organizationRoutes, teamRoutes, repositoryRoutes]) routes(fake);
    return fake;
  }

  /** What `api_base_url` is. */
  get base(): string {
    return this.vendor.url;
  }

  stop(): Promise<void> {
    return this.vendor.stop();
  }

  /** An app with a key of its own, installed on the organization. @returns its private key, PEM */
  install(permissions: Readonly<Record<string, string>> = ALL_PERMISSIONS): {
    readonly installation: Installation;
    readonly privateKey: string;
  } {
    const app = this.world.newId();
    const { publicKey, privateKey } = keyPair(this.world.apps.size);
    this.world.apps.set(app, publicKey);
    const installation: Installation = { id: this.world.newId(), app, permissions, suspended: false, selection: 'all' };
    this.world.installations.set(installation.id, installation);
    return { installation, privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString() };
  }

  /** @param need absent for what every caller of the right kind may do */
  on(method: string, pattern: string, need: Need | undefined, route: FakeRoute): this {
    this.vendor.on(method, pattern, (call) => {
      const caller = this.#callers.get(call);
      if (need !== undefined && (caller === undefined || !('token' in caller) || !permits(caller.token, need))) {
        return refusal(403, 'Resource not accessible by integration');
      }
      return route(call);
    });
    return this;
  }

  appOf(call: FakeCall): number | undefined {
    const caller = this.#callers.get(call);
    return caller !== undefined && 'app' in caller ? caller.app : undefined;
  }

  tokenOf(call: FakeCall): { readonly token: Token; readonly text: string } | undefined {
    const caller = this.#callers.get(call);
    return caller !== undefined && 'token' in caller ? caller : undefined;
  }

  /** One page of a list, with the links to the others. */
  page<T>({ path, query }: FakeCall, all: readonly T[], wrap: (page: readonly T[]) => unknown = (page) => page): FakeReply {
    const size = Math.min(100, Number(query.get('per_page') ?? 30));
    const page = Number(query.get('page') ?? 1);
    const last = Math.max(1, Math.ceil(all.length / size));
    const link = (number: number, rel: string) => {
      const other = new URLSearchParams(query);
      other.set('page', String(number));
      return `<${this.vendor.url}${path}?${other}>; rel="${rel}"`;
    };
    const links = page < last ? [link(page + 1, 'next'), link(last, 'last')] : [];
    return {
      status: 200,
      body: wrap(all.slice((page - 1) * size, page * size)),
      headers: links.length === 0 ? {} : { link: links.join(', ') },
    };
  }

  private authorize(call: FakeCall): FakeReply | undefined {
    if (call.headers['user-agent'] === undefined) return refusal(403, 'Request forbidden by administrative rules.');
    const answer = authenticate(this.world, this.clock, call);
    if (isReply(answer)) return answer;
    this.#callers.set(call, answer);
    return undefined;
  }

  private limits(): Readonly<Record<string, string>> {
    const used = this.vendor.calls.length % (LIMIT / 2);
    return {
      'x-ratelimit-limit': String(LIMIT),
      'x-ratelimit-remaining': String(LIMIT - used),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(Math.floor(this.clock.now()) + 3600),
      'x-ratelimit-resource': 'core',
    };
  }
}

const keyPairs: ReturnType<typeof newKeyPair>[] = [];

/** Keys take long to make: those of the n-th app are the same in every world of a process. */
function keyPair(index: number): ReturnType<typeof newKeyPair> {
  keyPairs[index] ??= newKeyPair();
  return keyPairs[index];
}

function newKeyPair() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function permits({ permissions }: Token, [permission, level]: Need): boolean {
  const has = permissions[permission];
  return has === level || has === 'write' || has === 'admin';
}
