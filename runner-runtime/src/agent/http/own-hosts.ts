import { X509Certificate } from 'node:crypto';

const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** As many spellings as clients of one host come up with. */
const MOST_KNOWN = 64;

/**
 * Recognises the agent in a `Host` header. A page that was lured here by a foreign name (DNS rebinding) sends that name.
 * @param certificate PEM of the agent's certificate as it is now, whose names count too
 * @param port of the listener; absent for a socket, where none is meant
 */
export function ownHosts(port: number | undefined, certificate: () => string | undefined = () => undefined): (host: string) => boolean {
  let standing: string | undefined;
  let names: readonly string[] = [];
  const known = new Set<string>();
  return (host) => {
    const present = certificate();
    if (present !== standing) {
      names = present === undefined ? [] : namesOf(present);
      standing = present;
      known.clear();
    }
    if (known.has(host)) return true;
    const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(host);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined || !(LOOPBACK_NAME.test(name) || names.some((pattern) => matches(name, pattern)))) return false;
    const asked = match?.[2] === undefined ? undefined : Number(match[2]);
    if (asked !== undefined && port !== undefined && asked !== port) return false;
    if (known.size < MOST_KNOWN) known.add(host);
    return true;
  };
}

/** DNS names and addresses that a certificate vouches for. */
function namesOf(certificate: string): string[] {
  const { subjectAltName = '' } = new X509Certificate(certificate);
  return subjectAltName
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1]?.toLowerCase() ?? [])
    .map((name) => (name.includes(':') ? `[${name}]` : name));
}

/** A wildcard stands for one label: https://www.rfc-editor.org/rfc/rfc9525#section-6.3 */
function matches(name: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? name.slice(name.indexOf('.')) === pattern.slice(1) && name.indexOf('.') > 0 : name === pattern;
}
