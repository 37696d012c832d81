import type { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { ProxyAgent } from 'proxy-agent';
import type { NetworkSettings } from '../config/settings.js';

/** The trusted roots of every outgoing TLS connection: Node's own and the further ones of the settings. */
export function trustedCas({ extraCa }: NetworkSettings): string[] | undefined {
  return extraCa === undefined ? undefined : [...rootCertificates, extraCa];
}

/**
 * The HTTP proxy for a host, if it is reached through one: `NO_PROXY` lists hosts, `.suffixes`, `host:port` or `*`.
 * @returns the proxy's URL
 */
export function proxyFor(host: string, port: number, { proxy, noProxy }: NetworkSettings): string | undefined {
  if (proxy === undefined) return undefined;
  const wanted = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  const direct = (noProxy ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      // host, host:port, an IPv6 address (several colons), or [address]:port
      const [, name = entry, wantedPort] = /^\[(.*)\](?::(\d+))?$/.exec(entry) ?? /^([^:]*)(?::(\d+))?$/.exec(entry) ?? [];
      if (wantedPort !== undefined && Number(wantedPort) !== port) return false;
      const suffix = name.replace(/^\*?\./, '.').toLowerCase();
      return name === '*' || wanted === suffix.replace(/^\./, '') || (suffix.startsWith('.') && wanted.endsWith(suffix));
    });
  return direct ? undefined : proxy;
}

/** The agent of every HTTPS call: keeps connections, trusts the settings' CAs, goes through the proxy. */
export function httpsAgent(network: NetworkSettings): Agent {
  const ca = trustedCas(network);
  return new ProxyAgent({
    keepAlive: true,
    ...(ca === undefined ? {} : { ca }),
    getProxyForUrl: (url) => {
      const { hostname, port } = new URL(url);
      return proxyFor(hostname, port === '' ? 443 : Number(port), network) ?? '';
    },
  }) as unknown as Agent; // The SDK types its agent as node:https's; ProxyAgent is a node:http agent for both schemes.
}
