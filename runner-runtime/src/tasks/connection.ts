import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { hostAndPort } from '../config/address.js';
import type { ControlPlaneSettings, NetworkSettings } from '../config/settings.js';
import { proxyFor, trustedCas } from '../operations/network.js';

/** What went wrong with the control plane, in words that a user can act on. */
export class ControlPlaneError extends Error {
  override readonly name = 'ControlPlaneError';
  constructor(
    /** `unreachable`, `unauthenticated` (the key), or `namespace` (no such tenant). */
    readonly kind: 'unreachable' | 'unauthenticated' | 'namespace',
    message: string,
    readonly mend: string,
  ) {
    super(message);
  }
}

/** gRPC status codes: https://grpc.io/docs/guides/status-codes/ */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/**
 * Connects to the control plane and asks it for the namespace, so that a wrong address, certificate, key or tenant shows at once.
 * @throws {ControlPlaneError}
 */
export async function connect(
  controlPlane: ControlPlaneSettings,
  network: NetworkSettings,
  apiKey: string,
  namespace: string,
): Promise<NativeConnection> {
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect({ ...connectionOptions(controlPlane, network), apiKey });
  } catch (error) {
    throw asControlPlaneError(error, controlPlane.address, namespace);
  }
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return connection;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw asControlPlaneError(error, controlPlane.address, namespace);
  }
}

/** Proxy and CA are given explicitly: the native core reads neither Node's settings nor the env file. */
export function connectionOptions({ address, tls }: ControlPlaneSettings, network: NetworkSettings): NativeConnectionOptions {
  const { host, port } = hostAndPort(address) ?? { host: address, port: 443 };
  const proxy = proxyFor(host, port, network);
  const ca = tls === false ? undefined : (tls.ca ?? trustedCas(network)?.join('\n'));
  return {
    address,
    tls:
      tls === false
        ? false
        : {
            ...(ca === undefined ? {} : { serverRootCACertificate: Buffer.from(ca) }),
            ...(tls.cert === undefined || tls.key === undefined
              ? {}
              : { clientCertPair: { crt: Buffer.from(tls.cert), key: Buffer.from(tls.key) } }),
          },
    ...(proxy === undefined ? {} : { proxy: nativeProxy(proxy) }),
  };
}

function nativeProxy(url: string): NonNullable<NativeConnectionOptions['proxy']> {
  const { hostname, port, username, password } = new URL(url);
  return {
    type: 'http-connect',
    targetHost: `${hostname}:${port === '' ? '80' : port}`,
    ...(username === '' ? {} : { basicAuth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } }),
  };
}

/** Whether an error of a running worker comes from the connection and not from a fault of ours. */
export function isConnectionError(error: unknown): boolean {
  return (
    grpcCode(error) !== undefined ||
    (error instanceof Error && /^(TransportError|ServiceError|PromiseCompletionTimeoutError)$/.test(error.name))
  );
}

/** The kind of a connection error; the text of the engine stays out of it. */
export function asControlPlaneError(error: unknown, address: string, namespace: string): ControlPlaneError {
  const code = grpcCode(error);
  if (code === UNAUTHENTICATED || code === PERMISSION_DENIED) {
    return new ControlPlaneError(
      'unauthenticated',
      `The control plane ${address} refuses the API key for ${namespace}.`,
      'Check RUNNER_API_KEY (or its secret) and TENANT_ID; make a new key with axiomctl group rotate-key.',
    );
  }
  if (code === NOT_FOUND) {
    return new ControlPlaneError(
      'namespace',
      `The control plane ${address} knows no namespace ${namespace}.`,
      'Check TENANT_ID (or AXIOM_NAMESPACE).',
    );
  }
  return new ControlPlaneError(
    'unreachable',
    `The control plane ${address} cannot be reached.`,
    'Check AXIOM_ACTIONS_ADDRESS_AND_PORT, the outbound route on that port, HTTPS_PROXY and the CA (AXIOM_TLS_CA_FILE).',
  );
}

function grpcCode(error: unknown): number | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'number') return current.code;
    if (/unauthenticated/i.test(current.message)) return UNAUTHENTICATED;
    if (/permission.?denied|request unauthorized/i.test(current.message)) return PERMISSION_DENIED;
  }
  return undefined;
}
