import { isThrottledByGoogle } from '../../integration-kit/google/refusals.js';
import { isTokenCall, TokenSource } from '../../integration-kit/google/token-source.js';
import { JsonClient } from '../../integration-kit/http/json-client.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { Fetch } from '../../operations/transport.js';
import type { SystemAccess } from '../integration.js';
import { explainRefusal } from './refusals.js';
import { SCOPES, type ScopeName } from './scopes.js';
import type { WorkspaceSecret } from './secret.js';

export type WorkspaceAccess = SystemAccess<WorkspaceSecret>;

/** https://developers.google.com/workspace/admin/directory/reference/rest */
export const DIRECTORY = 'admin.googleapis.com';
/** https://cloud.google.com/identity/docs/reference/rest */
export const IDENTITY = 'cloudidentity.googleapis.com';

/** The interfaces of Google Workspace, opened with one token for each scope. */
class Workspace {
  readonly #tokens = new Map<ScopeName, TokenSource>();
  readonly #fetch: Fetch;

  constructor(private readonly access: WorkspaceAccess) {
    const { key } = access.secret;
    this.#fetch = vendorFetch(access, access.network.fetch, {
      where: { host: 'api_base_url of the secret', port: 'that the runner may reach *.googleapis.com', ca: 'NODE_EXTRA_CA_CERTS' },
      isRead: (_, url) => isTokenCall(key, url),
      isThrottled: isThrottledByGoogle,
    });
  }

  /** The Directory API with the token of one scope. */
  directory(scope: Exclude<ScopeName, 'expiry'>): JsonClient {
    return this.#client(DIRECTORY, '/admin/directory/v1', scope);
  }

  /** The Cloud Identity API. */
  identity(): JsonClient {
    return this.#client(IDENTITY, '/v1', 'expiry');
  }

  tokens(scope: ScopeName): TokenSource {
    const { secret, now } = this.access;
    const known =
      this.#tokens.get(scope) ?? new TokenSource(this.#fetch, now, secret.key, { scopes: [SCOPES[scope]], subject: secret.subject });
    this.#tokens.set(scope, known);
    return known;
  }

  #client(host: string, prefix: string, scope: ScopeName): JsonClient {
    return new JsonClient({
      fetch: this.tokens(scope).authorized,
      base: `${this.access.secret.baseUrl ?? `https://${host}`}${prefix}`,
      headers: () => ({}),
      explain: (refusal) => explainRefusal(host, refusal),
    });
  }
}

const opened = new WeakMap<WorkspaceAccess, Workspace>();

/** The interfaces as one access uses them: its tokens are asked for once. */
export function workspace(access: WorkspaceAccess): Workspace {
  const known = opened.get(access) ?? new Workspace(access);
  opened.set(access, known);
  return known;
}
