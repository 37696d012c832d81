import { explainGoogle, isThrottledByGoogle } from '../../integration-kit/google/refusals.js';
import { isTokenCall, TokenSource } from '../../integration-kit/google/token-source.js';
import { JsonClient } from '../../integration-kit/http/json-client.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import { policyRefusal } from './policy-refusal.js';
import type { ResourceInfo } from './resources.js';
import type { GcpSecret } from './secret.js';

export type Access = SystemAccess<GcpSecret>;

export const RESOURCE_MANAGER = 'cloudresourcemanager.googleapis.com';
export const IAM = 'iam.googleapis.com';
export const IAM_CREDENTIALS = 'iamcredentials.googleapis.com';

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];
const WHERE = { host: 'api_base_url of the secret', port: 'api_base_url of the secret', ca: 'AXIOM_EXTRA_CA' };
/** Questions that Google asks by POST. */
const READS = /:(getIamPolicy|testIamPermissions|queryGrantableRoles)$/;

/** Google Cloud during one step of a task: one token, and what does not change meanwhile. */
export class GoogleCloud {
  readonly resourceManager: JsonClient;
  readonly iam: JsonClient;
  readonly credentials: JsonClient;
  readonly tokens: TokenSource;
  /** Resources that this step has read, by name. */
  readonly known = new Map<string, Promise<ResourceInfo>>();

  constructor(readonly access: Access) {
    const { key } = access.secret;
    const fetch = vendorFetch(access, access.network.fetch, {
      where: WHERE,
      isRead: (_, url) => READS.test(url.pathname) || isTokenCall(key, url),
      isThrottled: isThrottledByGoogle,
    });
    this.tokens = new TokenSource(fetch, access.now, key, { scopes: SCOPES });
    this.resourceManager = this.#client(RESOURCE_MANAGER);
    this.iam = this.#client(IAM);
    this.credentials = this.#client(IAM_CREDENTIALS);
  }

  get organization(): string {
    return this.access.secret.organization;
  }

  #client(api: string): JsonClient {
    return new JsonClient({
      fetch: this.tokens.authorized,
      base: this.access.secret.base ?? `https://${api}`,
      headers: () => ({}),
      explain: (refusal) => explainGoogle(api, refusal) ?? policyRefusal(refusal),
    });
  }
}

const clouds = new WeakMap<Access, GoogleCloud>();

/** The client of a step: its token is made once. */
export function googleCloud(access: Access): GoogleCloud {
  const known = clouds.get(access) ?? new GoogleCloud(access);
  clouds.set(access, known);
  return known;
}
