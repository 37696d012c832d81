import type { Agent as HttpsAgent } from 'node:https';
import type { Dispatcher } from 'undici';
import { isLoopback } from '../config/address.js';
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
  /** For a server that knows its clients by certificates. Its connections are the caller's own: keep what this returns. */
  fetchAs(client: ClientCertificate): Fetch;
  /** For libraries that bring their own HTTP client. */
  readonly agent: HttpsAgent;
  /** Roots that TLS connections trust, PEM; absent where they are Node's own. */
  readonly cas: readonly string[] | undefined;
}

/** What a client shows of itself in a TLS handshake, PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
  /** The one authority that is trusted. @default the system's roots and those of the settings */
  readonly ca?: string | undefined;
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
      const known = trusting.get(ca) ?? createTransport(settings, { ca });
      if (trusting.size >= MOST_TRANSPORTS) trusting.clear();
      trusting.set(ca, known);
      return known;
    },
    fetchAs: (client) => createTransport(settings, client),
    agent: httpsAgent(settings),
    cas: trustedCas(settings),
  };
}

/**
 * The `fetch` of every HTTP call to a system: keeps connections, goes through the proxy, follows no redirect. Its library is loaded with the
 * first call: an idle runner does not pay for it.
 */
function createTransport(network: NetworkSettings, { ca, ...client }: Partial<ClientCertificate> = {}): Fetch {
  const cas = ca === undefined ? trustedCas(network) : [ca];
  let opened: Promise<Dispatch> | undefined;
  const send = async (input: string | URL | Request, init: RequestInit = {}) => {
    opened ??= openDispatch(network, cas, client);
    const { fetch, dispatcherOf } = await opened;
    const url = new URL(input instanceof Request ? input.url : input);
    // A redirect could lead a credential to another host.
    const options = { ...init, redirect: 'manual', dispatcher: dispatcherOf(url) } as Parameters<typeof fetch>[1];
    return fetch(url, options);
  };
  // The types of the package and of Node's own copy of it differ in name only.
  return send as unknown as Fetch;
}

interface Dispatch {
  readonly fetch: typeof import('undici').fetch;
  readonly dispatcherOf: (url: URL) => Dispatcher;
}

async function openDispatch(
  network: NetworkSettings,
  ca: readonly string[] | undefined,
  { certificate, key }: Partial<ClientCertificate>,
): Promise<Dispatch> {
  const { Agent, fetch, ProxyAgent } = await import('undici');
  const common = { headersTimeout: SILENCE_TIMEOUT_MS, bodyTimeout: SILENCE_TIMEOUT_MS };
  const trust = { timeout: CONNECT_TIMEOUT_MS, ...(ca === undefined ? {} : { ca: [...ca] }) };
  // The proxy is not shown the certificate: it is for the system behind it.
  const shown = certificate === undefined || key === undefined ? trust : { ...trust, cert: certificate, key };
  const direct = new Agent({ ...common, connect: shown });
  const proxied =
    network.proxy === undefined ? undefined : new ProxyAgent({ ...common, ...proxyOf(network.proxy), requestTls: shown, proxyTls: trust });
  return {
    fetch,
    dispatcherOf: ({ hostname, port, protocol }) => {
      // Unencrypted calls are for this host alone: a proxy would read them, and answer them as another.
      if (protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))) return direct;
      const reached = port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port);
      return proxied !== undefined && proxyFor(hostname, reached, network) !== undefined ? proxied : direct;
    },
  };
}

function proxyOf(proxy: string): { readonly uri: string; readonly token?: string } {
  const { username, password, origin } = new URL(proxy);
  if (username === '') return { uri: origin };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { uri: origin, token: `Basic ${Buffer.from(credentials).toString('base64')}` };
}
