import { type FakeCall, type FakeReply, FakeVendor } from '../fake-vendor.js';
import { databaseRoutes } from './database-routes.js';
import { DigestGuard } from './digest.js';
import { peopleRoutes } from './people-routes.js';
import { projectRoutes } from './project-routes.js';
import { NO_GROUP, NO_RESOURCE, refusal, UNAUTHORIZED } from './replies.js';
import { type ApiKey, AtlasWorld, type Project } from './world.js';

const ROOT = '/api/atlas/v2';
const VERSIONED = /^application\/vnd\.atlas\.\d{4}-\d\d-\d\d\+json$/;
/** A token bucket of one endpoint: https://www.mongodb.com/docs/atlas/api/api-rate-limit */
const CAPACITY = 100;

/** What a caller needs: something in the organization, or in the project of the call. */
export type Need = 'any' | 'read' | 'owner' | 'project-read' | 'project-owner' | 'database-access';

/** Atlas's Administration API over an organization of its own: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/ */
export class FakeAtlas {
  readonly world = new AtlasWorld();
  readonly #guard = new DigestGuard();
  readonly #keys = new WeakMap<FakeCall, ApiKey>();
  /** Unix seconds. */
  now = () => Date.now() / 1000;
  /** Seconds for which the rate limit is used up. */
  closedFor = 0;
  /** Calls that were answered with a challenge. */
  challenges = 0;

  private constructor(readonly vendor: FakeVendor) {}

  static async start(): Promise<FakeAtlas> {
    let fake: FakeAtlas | undefined;
    const vendor = await FakeVendor.start({
      vendor: 'mongodbatlas',
      notFound: () => NO_RESOURCE,
      authorize: (call) => fake?.authorize(call),
      refusals: {
        'rate limit': refusal(429, 'RATE_LIMITED_TOKEN_BUCKET', 'Rate limit exceeded.', { 'retry-after': '0' }),
        'server error': refusal(500, 'UNEXPECTED_ERROR', 'Unexpected error.'),
        unavailable: refusal(503, 'SERVICE_UNAVAILABLE', 'Service unavailable.'),
        'expired token': refusal(401, '', 'You are not authorized for this resource.'),
      },
    });
    fake = new FakeAtlas(vendor);
    vendor.commonHeaders = () => ({ 'ratelimit-limit': String(CAPACITY), 'ratelimit-remaining': String(CAPACITY - 1) });
    for (const routes of [peopleRoutes, projectRoutes, databaseRoutes]) routes(fake);
    return fake;
  }

  stop(): Promise<void> {
    return this.vendor.stop();
  }

  /** A route below the interface's root, and what its caller needs. */
  on(method: string, pattern: string, need: Need, route: (call: FakeCall, key: ApiKey) => FakeReply): this {
    this.vendor.on(method, `${ROOT}${pattern}`, (call) => {
      const key = this.#keys.get(call);
      const type = call.headers['accept'] ?? '';
      if (!VERSIONED.test(type)) return refusal(406, 'INVALID_VERSION_DATE', 'The version of the resource was not asked for.');
      if (key === undefined || !this.permits(key, need, call)) return UNAUTHORIZED;
      const reply = route(call, key);
      return { ...reply, headers: { 'content-type': reply.status < 300 ? type : 'application/json', ...reply.headers } };
    });
    return this;
  }

  /** A route on a project. */
  onProject(method: string, pattern: string, need: Need, route: (call: FakeCall, project: Project) => FakeReply): this {
    return this.on(method, `/groups/:group${pattern}`, need, (call) => {
      const project = this.world.projects.get(call.params['group'] ?? '');
      return project === undefined ? NO_GROUP : route(call, project);
    });
  }

  /** One page of a list. */
  page(call: FakeCall, all: readonly unknown[]): FakeReply {
    const size = Number(call.query.get('itemsPerPage') ?? 100);
    const page = Number(call.query.get('pageNum') ?? 1);
    if (!(size >= 1 && size <= 500 && page >= 1)) return refusal(400, 'INVALID_QUERY_PARAMETER', 'A query parameter is out of its range.');
    const link = (number: number, rel: string) => ({ href: `${this.vendor.url}${call.path}?pageNum=${number}&itemsPerPage=${size}`, rel });
    const links = [link(page, 'self'), ...(page * size < all.length ? [link(page + 1, 'next')] : [])];
    const total = call.query.get('includeCount') === 'false' ? {} : { totalCount: all.length };
    return { status: 200, body: { links, results: all.slice((page - 1) * size, page * size), ...total } };
  }

  private authorize(call: FakeCall): FakeReply | undefined {
    const key = this.#guard.check(call, this.world.keys);
    if (typeof key === 'string') {
      this.challenges += 1;
      const challenge = { 'www-authenticate': this.#guard.challenge(key === 'stale') };
      return refusal(401, '', 'You are not authorized for this resource.', challenge);
    }
    if (this.closedFor > 0) {
      return refusal(429, 'RATE_LIMITED_TOKEN_BUCKET', 'Rate limit exceeded.', {
        'retry-after': String(this.closedFor),
        'ratelimit-remaining': '0',
      });
    }
    if (key.refusal !== undefined) return refusal(403, key.refusal, 'IP address 203.0.113.9 is not allowed to access this resource.');
    this.#keys.set(call, key);
    return undefined;
  }

  private permits({ roles }: ApiKey, need: Need, { params }: FakeCall): boolean {
    const org = params['org'] ?? this.world.org.id;
    const has = (name: string) => roles.some(({ orgId, roleName }) => orgId === org && roleName === name);
    const inProject = (...names: string[]) =>
      roles.some(({ groupId, roleName }) => groupId === params['group'] && (names.length === 0 || names.includes(roleName)));
    if (need === 'any' || has('ORG_OWNER')) return org === this.world.org.id;
    if (need === 'read') return has('ORG_READ_ONLY');
    if (need === 'project-read') return has('ORG_READ_ONLY') || inProject();
    if (need === 'project-owner') return inProject('GROUP_OWNER');
    if (need === 'database-access') return inProject('GROUP_OWNER', 'GROUP_DATABASE_ACCESS_ADMIN');
    return false;
  }
}
