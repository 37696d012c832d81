import type { ErrorCode } from '../errors.js';

/** What a failure of the network, a driver or a server means, in our own words. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly mend?: string;
  readonly retryable?: boolean;
}

/** Where a user mends what: `postgresql_hostname of the secret`. */
export interface WhereToMend {
  readonly host: string;
  readonly port: string;
  /** Where the certificate of the server's authority belongs. */
  readonly ca: string;
}

/** By errno of Node, code of OpenSSL (https://docs.openssl.org/3.0/man1/openssl-verification-options/) or of undici. */
export function networkMeanings({ host, port, ca }: WhereToMend): Readonly<Record<string, Meaning>> {
  const unreachable = (message: string, mend?: string): Meaning => ({
    code: 'TARGET_UNREACHABLE',
    message,
    ...(mend === undefined ? {} : { mend }),
  });
  const notTrusted = unreachable(
    "TLS: the server's certificate is not trusted.",
    `Put the certificate of the server's authority into ${ca}.`,
  );
  const closed = unreachable('The connection was closed.');
  const routes = 'Check routes, security groups and firewalls between the runner and the server.';
  const timedOut = unreachable('The connection timed out.', routes);
  const notRouted = unreachable('The host cannot be reached.', routes);
  return {
    ENOTFOUND: unreachable('The host name cannot be resolved.', `Check ${host}, and the DNS of the runner.`),
    EAI_AGAIN: unreachable('The host name cannot be resolved now.', 'Check the DNS of the runner.'),
    ECONNREFUSED: unreachable('The connection was refused.', `Check that the server runs, and ${port}.`),
    ETIMEDOUT: timedOut,
    UND_ERR_CONNECT_TIMEOUT: timedOut,
    UND_ERR_HEADERS_TIMEOUT: timedOut,
    UND_ERR_BODY_TIMEOUT: timedOut,
    EHOSTUNREACH: notRouted,
    ENETUNREACH: notRouted,
    ECONNRESET: closed,
    EPIPE: closed,
    UND_ERR_SOCKET: closed,
    DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted,
    SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
    UNABLE_TO_GET_ISSUER_CERT: notTrusted,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted,
    CERT_HAS_EXPIRED: unreachable("TLS: the server's certificate has expired.", "Renew the server's certificate."),
    CERT_NOT_YET_VALID: unreachable("TLS: the server's certificate is not valid yet.", 'Check both clocks.'),
    ERR_TLS_CERT_ALTNAME_INVALID: unreachable(
      "TLS: the server's certificate is for another name.",
      `Use the name that the certificate is for as ${host}.`,
    ),
  };
}

/** What remains of a failed handshake that has no code of its own above. */
export function tlsMeaning(code: string): Meaning | undefined {
  if (!/^(ERR_SSL|ERR_TLS|CERT_|EPROTO)/.test(code)) return undefined;
  return { code: 'TARGET_UNREACHABLE', message: 'TLS: the handshake failed.', mend: 'Check the TLS settings of the server.' };
}
