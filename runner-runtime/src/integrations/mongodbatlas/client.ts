import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { numberOf } from '../../integration-kit/collection/paging.js';
import type { ListPage } from '../../integration-kit/collection/source.js';
import { type Call, ifThere, JsonClient, type Query } from '../../integration-kit/http/json-client.js';
import type { SafePath } from '../../integration-kit/http/path.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import { digestFetch } from './digest.js';
import { explain } from './refusals.js';
import type { AtlasSecret } from './secret.js';

export type Access = SystemAccess<AtlasSecret>;

/** Largest page of a list. */
export const PAGE_SIZE = 500;
const WHERE = { host: 'api_base_url of the secret', port: 'api_base_url of the secret', ca: 'RUNNER_CA_CERTIFICATES' };

/** Versions of resources: https://www.mongodb.com/docs/atlas/api/versioned-api-overview/ */
const VERSIONS = { base: '2023-01-01', clusters: '2024-08-05', people: '2025-02-19' } as const;

/** A call, in the version in which its resource is what the runner expects. */
export type AtlasCall<T> = Omit<Call<T>, 'headers'> & {
  /** @default base */
  readonly version?: keyof typeof VERSIONS;
};

/** A list, and what its elements are. */
export interface ListCall<Element> {
  readonly version?: keyof typeof VERSIONS;
  readonly path: SafePath;
  readonly query?: Query;
  readonly schema: z.ZodType<Element>;
}

/** Atlas during one step of a task. */
export class Atlas {
  readonly #client: JsonClient;

  constructor(readonly access: Access) {
    const { secret, network } = access;
    this.#client = new JsonClient({
      fetch: vendorFetch(access, digestFetch(network.fetch, secret), { where: WHERE }),
      base: secret.base,
      headers: () => ({ 'user-agent': 'axiom-runner' }),
      explain,
    });
  }

  get org(): string {
    return this.access.secret.org;
  }

  read<T>({ version = 'base', ...call }: AtlasCall<T>): Promise<T> {
    const type = `application/vnd.atlas.${VERSIONS[version]}+json`;
    return this.#client.read({ ...call, headers: { accept: type, ...(call.body !== undefined && { 'content-type': type }) } });
  }

  /** What may be not there. */
  find<T>(call: AtlasCall<T>): Promise<T | undefined> {
    return ifThere(this.read(call));
  }

  /** Removes what may be gone already. */
  async remove(call: Pick<AtlasCall<unknown>, 'path' | 'version'>): Promise<void> {
    await this.find({ ...call, method: 'DELETE', schema: z.unknown() });
  }

  /** One page of a list. @param token number of the page, from 1 */
  async page<Element>(
    { schema, query = {}, ...call }: ListCall<Element>,
    token: string | undefined,
    size: number,
  ): Promise<ListPage<Element>> {
    const page = numberOf(token, 1);
    const answer = await this.read({
      ...call,
      query: { ...query, itemsPerPage: size, pageNum: page, includeCount: false },
      schema: z.object({ results: z.array(schema), links: z.array(z.object({ rel: z.string().optional() })).optional() }),
    });
    // A page may be shorter than asked for; where Atlas names a next one it counts.
    const isMore = answer.links?.some(({ rel }) => rel === 'next') || answer.results.length >= size;
    return { elements: answer.results, next: isMore && answer.results.length > 0 ? String(page + 1) : undefined };
  }

  /** Every element of a list, page by page; of what is gone there is none. */
  async *each<Element>(call: ListCall<Element>): AsyncGenerator<Element> {
    let token: string | undefined;
    do {
      const page = await ifThere(this.page(call, token, PAGE_SIZE));
      yield* page?.elements ?? [];
      token = page?.next;
    } while (token !== undefined);
  }
}

const clients = new WeakMap<Access, Atlas>();

/** The client of a step: it answers Atlas's challenge once. */
export function atlasOf(access: Access): Atlas {
  const known = clients.get(access) ?? new Atlas(access);
  clients.set(access, known);
  return known;
}

/** Whether an error says that the same thing is there already. */
export function isConflict(error: unknown): boolean {
  return error instanceof RunnerError && error.code === 'CONFLICT';
}
