import type { Agent as HttpsAgent } from 'node:https';
import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici';
import type { NetworkSettings } from '../config/settings.js';
import { httpsAgent, proxyFor, trustedCas } from './network.js';

/** As the web's `fetch`. */
export type Fetch = typeof globalThis.fetch;

/** The ways out of a runner, opened once: its connections, its proxy and what it trusts. */
export interface Network {
  /** For HTTP interfaces. */
  readonly fetch: Fetch;
  /** For a server whose certificate only one authority vouches for. @param ca PEM */
  fetchTrusting(ca: string): Fetch;
  /** For libraries that bring their own HTTP client. */
  readonly agent: HttpsAgent;
  /** Roots that TLS connections trust, PEM; absent where they are Node's own. */
  readonly cas: readonly string[] | undefined;
}

/** How long connections wait, ms; the time of a whole call is for the caller to bound. */
const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 60_000;

/** As many as one runner reaches Kubernetes clusters; a CA that has changed makes another. */
const MOST_TRANSPORTS = 64;

/** Opens nothing yet: connections come with the first call. */
export function openNetwork(settings: NetworkSettings): Network {
  const trusting = new Map<string, Fetch>();
  return {
    fetch: createTransport(settings),
    fetchTrusting: (ca) => {
      const known = trusting.get(ca) ?? createTransport(settings, ca);
      if (trusting.size >= MOST_TRANSPORTS) trusting.clear();
      trusting.set(ca, known);
      return known;
    },
    agent: httpsAgent(settings),
    cas: trustedCas(settings),
  };
}

/**
 * The `fetch` of every HTTP call to a system: keeps connections, goes through the proxy, follows no redirect.
 * @param onlyCa the one authority that is trusted, PEM. @default the system's roots and those of the settings
 */
export function createTransport(network: NetworkSettings, onlyCa?: string): Fetch {
  const ca = onlyCa === undefined ? trustedCas(network) : [onlyCa];
  const common = { headersTimeout: SILENCE_TIMEOUT_MS, bodyTimeout: SILENCE_TIMEOUT_MS };
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...(ca === undefined ? {} : { ca }) };
  const direct = new Agent({ ...common, connect });
  const proxied = network.proxy === undefined ? undefined : viaProxy(network.proxy, ca);
  const dispatcherOf = ({ hostname, port, protocol }: URL): Dispatcher => {
    const reached = port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
    return proxied !== undefined && proxyFor(hostname, reached, network) !== undefined ? proxied : direct;
  };
  const send = async (input: string | URL | Request, init: RequestInit = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    // A redirect could lead a credential to another host.
    const options = { ...init, redirect: 'manual', dispatcher: dispatcherOf(url) } as Parameters<typeof undiciFetch>[1];
    return undiciFetch(url, options);
  };
  // The types of the package and of Node's own copy of it differ in name only.
  return send as unknown as Fetch;
}

function viaProxy(proxy: string, ca: readonly string[] | undefined): ProxyAgent {
  const { username, password, origin } = new URL(proxy);
  const token =
    username === ''
      ? undefined
      : `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
  const trust = ca === undefined ? {} : { ca: [...ca] };
  return new ProxyAgent({
    uri: origin,
    ...(token === undefined ? {} : { token }),
    requestTls: { timeout: CONNECT_TIMEOUT_MS, ...trust },
    proxyTls: trust,
    headersTimeout: SILENCE_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
  });
}
