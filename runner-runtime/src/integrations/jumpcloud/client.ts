import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { nextOffset, numberOf } from '../../integration-kit/collection/paging.js';
import { everyElement, type ListPage } from '../../integration-kit/collection/source.js';
import { ifThere, isNotFound, JsonClient, type Query } from '../../integration-kit/http/json-client.js';
import type { SafePath } from '../../integration-kit/http/path.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import { isId } from './ids.js';
import { explain } from './refusals.js';
import type { JumpCloudSecret } from './secret.js';

export type Access = SystemAccess<JumpCloudSecret>;

/** Largest page of a list, in both versions. */
export const PAGE_SIZE = 100;
const WHERE = { host: 'api_base_url of the secret', port: 'api_base_url of the secret', ca: 'RUNNER_CA_CERTIFICATES' };

/** A list, and what its elements are. */
export interface ListCall<Element> {
  readonly path: SafePath;
  readonly query?: Query;
  readonly schema: z.ZodType<Element>;
}

/** JumpCloud's two interfaces, https://docs.jumpcloud.com/api/: paths beginning with `/api/v2/`, and the older ones with `/api/`. */
export class JumpCloud {
  readonly client: JsonClient;

  /** @param organization the one that every call is about, for administrators of several */
  constructor(access: Access, organization: string | undefined) {
    this.client = new JsonClient({
      fetch: vendorFetch(access, access.network.fetch, { where: WHERE }),
      base: access.secret.base,
      headers: () => ({ 'x-api-key': access.secret.key, ...(organization !== undefined && { 'x-org-id': organization }) }),
      explain,
    });
  }

  /** What stands at a place, or nothing where there is nothing. */
  find<T>(path: SafePath, schema: z.ZodType<T>, query: Query = {}): Promise<T | undefined> {
    return ifThere(this.client.read({ path, schema, query }));
  }

  /** One page of a list of the older interface, which counts its elements in the body. @param token the offset */
  async olderPage<Element>(
    { path, query = {}, schema }: ListCall<Element>,
    token: string | undefined,
    size: number,
  ): Promise<ListPage<Element>> {
    const skip = numberOf(token, 0);
    const { results, totalCount } = await this.client.read({
      path,
      // The order of the ids is the only one that does not change meanwhile.
      query: { ...query, sort: '_id', limit: size, skip },
      schema: z.object({ results: z.array(schema), totalCount: z.int().nonnegative() }),
    });
    return { elements: results, next: nextOffset(skip, results.length, totalCount) };
  }

  /** One page of a list of the newer interface: a bare array, counted in a header. @param token the offset */
  async page<Element>(
    { path, query = {}, schema }: ListCall<Element>,
    token: string | undefined,
    size: number,
  ): Promise<ListPage<Element>> {
    const skip = numberOf(token, 0);
    const { data, headers } = await this.client.call({ path, query: { ...query, limit: size, skip }, schema: z.array(schema) });
    // Not every list is counted: then a full page may have another after it.
    const total = numberOf(headers.get('x-total-count') ?? undefined, data.length < size ? 0 : Number.POSITIVE_INFINITY);
    return { elements: data, next: nextOffset(skip, data.length, total) };
  }

  /** Every element of a list of the newer interface, page by page. */
  each<Element>(call: ListCall<Element>): AsyncGenerator<Element> {
    return everyElement((token, size) => this.page(call, token, size), PAGE_SIZE);
  }

  /**
   * Adds or removes an edge of JumpCloud's graph; one that is there already (409), or gone (404), is done.
   * https://docs.jumpcloud.com/api/2.0/index.html#tag/Graph
   * @throws {RunnerError} `TARGET_NOT_FOUND` where one of its ends is gone and the edge should be added
   */
  async changeEdge(path: SafePath, op: 'add' | 'remove', end: { readonly type: string; readonly id: string }): Promise<void> {
    try {
      await this.client.read({ method: 'POST', path, body: { op, ...end }, schema: z.unknown() });
    } catch (error) {
      const isDone = op === 'add' ? error instanceof RunnerError && error.code === 'CONFLICT' : isNotFound(error);
      if (!isDone) throw error;
    }
  }
}

/** The client of a system. The key of an administrator of several organizations needs to say which one: the id in the secret's name. */
export function jumpCloud(access: Access): JumpCloud {
  return new JumpCloud(access, organizationOf(access));
}

/** The organization of the secret's name, where that is the id of one. */
export function organizationOf({ system }: Pick<Access, 'system'>): string | undefined {
  return isId(system.id) ? system.id : undefined;
}
