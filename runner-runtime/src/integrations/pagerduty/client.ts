import { z } from 'zod';
import { RunnerError } from '../../errors.js';
import { numberOf } from '../../integration-kit/collection/paging.js';
import type { ListPage } from '../../integration-kit/collection/source.js';
import { JsonClient, type Query } from '../../integration-kit/http/json-client.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import { isId } from './ids.js';
import { explain } from './refusals.js';
import type { PagerdutySecret } from './secret.js';

export type Access = SystemAccess<PagerdutySecret>;

/** Largest page of a list. */
export const PAGE_SIZE = 100;
/** PagerDuty shows no more of a list: offset and limit together. https://developer.pagerduty.com/docs/rest-api-v2/pagination/ */
const LONGEST_LIST = 10_000;
const WHERE = { host: 'api_base_url of the secret', port: 'api_base_url of the secret', ca: 'RUNNER_CA_CERTIFICATES' };
const VERSION = { accept: 'application/vnd.pagerduty+json;version=2', 'content-type': 'application/json', 'user-agent': 'axiom-runner' };

const meSchema = z.object({ user: z.object({ id: z.string().refine(isId), role: z.string() }) });
/** The user whose key it is. */
export type Me = z.infer<typeof meSchema>['user'];

/** A list, and what its elements are. */
export interface ListCall<Element> {
  readonly path: SafePath;
  /** The field of the answer that has the elements. */
  readonly field: string;
  readonly query?: Query;
  readonly schema: z.ZodType<Element>;
}

/** PagerDuty during one step of a task. https://developer.pagerduty.com/api-reference */
export class PagerDuty {
  readonly api: JsonClient;
  /** For calls that change nothing though their method says otherwise. */
  readonly probe: JsonClient;
  #me: Promise<Me | undefined> | undefined;

  constructor(readonly access: Access) {
    this.api = newClient(access, () => false);
    this.probe = newClient(access, () => true);
  }

  get company(): string {
    return this.access.secret.company;
  }

  /** Whose key it is. @returns undefined for a key of the account, which is nobody's: PagerDuty refuses the question with 400 */
  me(): Promise<Me | undefined> {
    this.#me ??= this.#readMe().catch((error: unknown) => {
      this.#me = undefined;
      throw error;
    });
    return this.#me;
  }

  /** One page of a list. @param token offset of its first element */
  async page<Element>(
    { path: where, field, query = {}, schema }: ListCall<Element>,
    token: string | undefined,
    size: number,
  ): Promise<ListPage<Element>> {
    const offset = numberOf(token, 0);
    const limit = Math.min(size, PAGE_SIZE, Math.max(1, LONGEST_LIST - offset));
    const { elements, more } = await this.api.read({ path: where, query: { ...query, limit, offset }, schema: pageSchema(field, schema) });
    const next = offset + elements.length;
    if (!more || elements.length === 0) return { elements };
    if (next < LONGEST_LIST) return { elements, next: String(next) };
    return { elements, warnings: [`PagerDuty shows no more than ${LONGEST_LIST} ${field.replaceAll('_', ' ')}: the rest is left out`] };
  }

  /** The first element of a list that is looked for. @throws {RunnerError} `UNSUPPORTED` where the list is longer than PagerDuty shows */
  async find<Element>(call: ListCall<Element>, isWanted: (element: Element) => boolean): Promise<Element | undefined> {
    let token: string | undefined;
    do {
      const { elements, next, warnings = [] } = await this.page(call, token, PAGE_SIZE);
      const found = elements.find(isWanted);
      if (found !== undefined) return found;
      if (warnings.length > 0) throw tooLong(call.path);
      token = next;
    } while (token !== undefined);
    return undefined;
  }

  async #readMe(): Promise<Me | undefined> {
    try {
      return (await this.api.read({ path: path`/users/me`, schema: meSchema })).user;
    } catch (error) {
      if (error instanceof RunnerError && error.code === 'UNSUPPORTED') return undefined;
      throw error;
    }
  }
}

const clients = new WeakMap<Access, PagerDuty>();

/** The client of a step: whose key it is, is asked once. */
export function pagerDuty(access: Access): PagerDuty {
  const known = clients.get(access);
  if (known !== undefined) return known;
  const client = new PagerDuty(access);
  clients.set(access, client);
  return client;
}

function newClient(access: Access, isRead: () => boolean): JsonClient {
  return new JsonClient({
    fetch: vendorFetch(access, access.network.fetch, { where: WHERE, bucket, isRead }),
    base: access.secret.base,
    headers: () => ({ ...VERSION, authorization: `Token token=${access.secret.key}` }),
    explain,
  });
}

/** On-calls have a limit of their own. https://developer.pagerduty.com/docs/72d3b724589e3-rest-api-rate-limits */
function bucket(_: string, url: URL): string {
  return url.pathname.endsWith('/oncalls') ? `${url.host}/oncalls` : url.host;
}

function pageSchema<Element>(field: string, schema: z.ZodType<Element>) {
  return z.looseObject({ more: z.boolean() }).transform((body, context) => {
    const elements = z.array(schema).safeParse(body[field]);
    if (elements.success) return { elements: elements.data, more: body.more };
    context.addIssue({ code: 'custom', message: `no list of ${field}` });
    return z.NEVER;
  });
}

function tooLong(where: string): RunnerError {
  return new RunnerError(
    'UNSUPPORTED',
    `PagerDuty shows no more than ${LONGEST_LIST} entries of this list, and what is looked for is not among them.`,
    {
      object: where,
      mend: 'Use the id instead of the e-mail, or a team with fewer members.',
    },
  );
}
