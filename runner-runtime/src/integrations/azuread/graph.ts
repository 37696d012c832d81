import { JsonClient } from '../../integration-kit/http/json-client.js';
import { vendorFetch } from '../../integration-kit/http/vendor-fetch.js';
import type { SystemAccess } from '../integration.js';
import { explain } from './refusals.js';
import type { AzureadSecret } from './secret.js';
import { isTokenCall, requestToken, type Token } from './token.js';

export type Access = SystemAccess<AzureadSecret>;

/** Microsoft Graph, signed in. */
export interface Graph {
  readonly client: JsonClient;
  readonly token: Token;
  /** With the version, without a slash at the end. */
  readonly base: string;
}

const opened = new WeakMap<Access, Promise<Graph>>();

/**
 * Signs in, once for one piece of work: that is shorter than a token's life.
 * @throws {RunnerError} `TARGET_AUTH_FAILED`, `TARGET_UNREACHABLE`
 */
export async function openGraph(access: Access): Promise<Graph> {
  const graph = opened.get(access) ?? signIn(access);
  opened.set(access, graph);
  try {
    return await graph;
  } catch (error) {
    opened.delete(access);
    throw error;
  }
}

async function signIn(access: Access): Promise<Graph> {
  const base = `${access.secret.cloud.graph}/v1.0`;
  const fetch = vendorFetch(access, access.network.fetch, {
    where: { host: 'api_base_url of the secret', port: 'api_base_url of the secret', ca: 'AXIOM_TLS_CA_FILE of the runner' },
    isRead: (_, url) => isTokenCall(url) || url.pathname.endsWith('/checkMemberGroups'),
  });
  const token = await requestToken(access, fetch);
  return { client: new JsonClient({ fetch, base, headers: () => ({ authorization: `Bearer ${token.bearer}` }), explain }), token, base };
}
