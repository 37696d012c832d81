import { z } from 'zod';
import type { RunnerError } from '../../errors.js';
import { nextLink, numberOf, queryParameter } from '../../integration-kit/collection/paging.js';
import { everyElement, type ListPage } from '../../integration-kit/collection/source.js';
import { isNotFound, JsonClient, type Query, type Refusal } from '../../integration-kit/http/json-client.js';
import { path, type SafePath } from '../../integration-kit/http/path.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SlotValue } from '../../integration-kit/slots/lattice.js';
import type { SystemAccess } from '../integration.js';
import { appSignature } from './app-signature.js';
import { explainToApp, explainToInstallation, isThrottled } from './refusals.js';
import type { GithubSecret } from './secret.js';

export type Access = SystemAccess<GithubSecret>;

/** Largest page of a list. */
export const PAGE_SIZE = 100;
const WHERE = { host: 'api_base_url of the secret', port: 'api_base_url of the secret', ca: 'RUNNER_CA_CERTIFICATES' };
const VERSION = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28', 'user-agent': 'axiom-runner' };

const tokenSchema = z.object({
  token: z.string().min(1),
  expires_at: z.iso.datetime({ offset: true }),
  repository_selection: z.enum(['all', 'selected']).optional(),
});
/** A token of the installation. */
export type InstallationToken = z.infer<typeof tokenSchema>;

/** GitHub during one step of a task. */
export class GitHub {
  /** As the app itself: its installations and their tokens. */
  readonly app: JsonClient;
  /** As the installation: everything in the organization. */
  readonly installation: JsonClient;
  /** What this step wrote into slots, by slot: GitHub does not always show it. */
  readonly written = new Map<string, SlotValue>();
  #token: Promise<InstallationToken> | undefined;
  readonly #known = new Map<string, Promise<unknown>>();

  constructor(private readonly access: Access) {
    this.app = this.#client(() => this.#sign(), explainToApp);
    this.installation = this.#client(async () => bearer((await this.token()).token), explainToInstallation);
  }

  get org(): string {
    return this.access.secret.org;
  }

  /** The token of this step: it has every permission of the installation, and leaves the process in calls to GitHub only. */
  token(): Promise<InstallationToken> {
    // It changes nothing that a user of GitHub could see, so the gate stays out of it.
    this.#token ??= this.#client(() => this.#sign(), explainToApp, { isRead: () => true }).read(this.#newToken({}));
    return this.#token;
  }

  /** A token for one repository: an effect, that passes the gate. */
  narrowToken(repository: number, permissions: Readonly<Record<string, string>>): Promise<InstallationToken> {
    return this.app.read(this.#newToken({ repository_ids: [repository], permissions }));
  }

  /** With a token that was made earlier. */
  withToken(token: string): JsonClient {
    return this.#client(() => bearer(token));
  }

  /** What does not change within a step, read once. @param name tells it from everything else that is read so */
  once<T>(name: string, read: () => Promise<T>): Promise<T> {
    const known = this.#known.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const reading = read();
    this.#known.set(name, reading);
    reading.catch(() => this.#known.delete(name));
    return reading;
  }

  /** One page of a list. @param token number of the page, from 1 */
  async page<Element>(
    { path: where, query = {}, schema }: ListCall<Element>,
    token: string | undefined,
    size: number,
  ): Promise<ListPage<Element>> {
    const page = numberOf(token, 1);
    const answer = await this.installation.call({ path: where, query: { ...query, per_page: size, page }, schema: z.array(schema) });
    const next = numberOf(queryParameter(nextLink(answer.headers), 'page'), 0);
    return { elements: answer.data, next: next > page ? String(next) : undefined };
  }

  /** Every element of a list, page by page. */
  each<Element>(call: ListCall<Element>): AsyncGenerator<Element> {
    return everyElement((token, size) => this.page(call, token, size), PAGE_SIZE);
  }

  /** Removes what may be gone already. */
  async remove(where: SafePath): Promise<void> {
    try {
      await this.installation.read({ method: 'DELETE', path: where, schema: z.unknown() });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #newToken(body: Readonly<Record<string, unknown>>) {
    return {
      method: 'POST',
      path: path`/app/installations/${this.access.secret.installation}/access_tokens`,
      body,
      schema: tokenSchema,
    } as const;
  }

  async #sign(): Promise<Readonly<Record<string, string>>> {
    return bearer(await appSignature(this.access.secret, this.access.now()));
  }

  #client(
    credential: () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>,
    explain: (refusal: Refusal) => RunnerError | undefined = () => undefined,
    options: { readonly isRead?: () => boolean } = {},
  ): JsonClient {
    const { access } = this;
    return new JsonClient({
      fetch: vendorFetch(access, access.network.fetch, { where: WHERE, isThrottled, bucket, ...options }),
      base: access.secret.base,
      headers: async () => ({ ...VERSION, ...(await credential()) }),
      explain,
    });
  }
}

/** A list, and what its elements are. */
export interface ListCall<Element> {
  readonly path: SafePath;
  readonly query?: Query;
  readonly schema: z.ZodType<Element>;
}

const clients = new WeakMap<Access, GitHub>();

/** The client of a step: its token is made once. */
export function github(access: Access): GitHub {
  const known = clients.get(access) ?? new GitHub(access);
  clients.set(access, known);
  return known;
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

/** The app, its installation, and searches have limits of their own. */
function bucket(_: string, { host, pathname }: URL): string {
  return `${host} ${/\/(app|search)(\/|$)/.exec(pathname)?.[1] ?? 'installation'}`;
}
