import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Client, Connection, TLSConfig } from '@temporalio/client';
import { issueOperatorKey, type NamespaceRole } from '../api-keys.js';
import { configError, systemCode, usageError } from '../errors.js';
import { type Home, namespaceOf } from '../home/home.js';
import { addressSchema } from '../home/state.js';
import { serverError, unreachable } from './server-error.js';

/** The control plane's own API keys are short-lived and renewed while a connection is open. */
const OPERATOR_KEY_SECONDS = 3600;
const CONNECT_TIMEOUT_MS = 10_000;

/** What may differ from the home's settings for one connection. */
export interface LinkOptions {
  /** `host:port` of the Temporal frontend. */
  readonly address?: string | undefined;
  readonly tls?: 'on' | 'off' | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** A key of somebody else, e.g. of Temporal Cloud. @default a short-lived one that the home's operator key signs */
  readonly apiKey?: string | undefined;
  /** Role of the default key in the tenant's namespace. @default write */
  readonly role?: NamespaceRole | undefined;
}

/** How the Temporal frontend is reached, with files read and checked. */
export interface LinkTarget {
  readonly address: string;
  readonly namespace: string;
  readonly tls: TLSConfig | false;
  /** Makes or returns a key that is valid now. */
  apiKey(): Promise<string>;
}

/** An open connection to the Temporal frontend. */
export interface Link {
  readonly home: Home;
  readonly target: LinkTarget;
  readonly connection: Connection;
  readonly client: Client;
  close(): Promise<void>;
}

/** Connects to the Temporal frontend of a home. @throws {ControlPlaneError} when it cannot be reached or refuses the key */
export async function openLink(home: Home, options: LinkOptions = {}): Promise<Link> {
  const target = await linkTarget(home, options);
  await assertListening(target);
  const { Client, Connection } = await import('@temporalio/client');
  let key = await target.apiKey();
  const connection = Connection.lazy({
    address: target.address,
    tls: target.tls,
    apiKey: () => key,
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
  // `Connection.connect` would leave its channel open when it fails, which keeps the process alive.
  await connection.ensureConnected().catch(async (error) => {
    await connection.close();
    throw serverError(error, target);
  });
  const renewal = everyHalfLife(async () => {
    key = await target.apiKey();
  });
  return {
    home,
    target,
    connection,
    client: new Client({ connection, namespace: target.namespace }),
    close: async () => {
      clearInterval(renewal);
      await connection.close();
    },
  };
}

/** Works out and checks how the frontend is reached, without connecting. */
export async function linkTarget(home: Home, options: LinkOptions = {}): Promise<LinkTarget> {
  const { settings } = home;
  const address = options.address ?? settings.address;
  if (!addressSchema.safeParse(address).success) throw usageError(`"${address}" is no address.`, 'give it as host:port');
  const { apiKey, role = 'write' } = options;
  return {
    address,
    namespace: namespaceOf(home),
    tls: await tlsOf(address, { ...settings, ...defined(options) }),
    apiKey: async () => apiKey ?? issueOperatorKey(home, role, OPERATOR_KEY_SECONDS),
  };
}

/** Runs something at half the life of the control plane's own keys until the timer is cleared; never keeps the process alive. */
export function everyHalfLife(action: () => Promise<void>): NodeJS.Timeout {
  return setInterval(() => void action().catch(() => undefined), OPERATOR_KEY_SECONDS * 500).unref();
}

/** Whether an address stays on this machine: the only place where plaintext is allowed. */
export function isLoopback(address: string): boolean {
  const host = address.slice(0, address.lastIndexOf(':'));
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Fails at once where nothing listens, instead of trying for ten seconds; on loopback only, as elsewhere a proxy may be in between. */
export async function assertListening({ address }: Pick<LinkTarget, 'address'>): Promise<void> {
  if (!isLoopback(address)) return;
  const colon = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, colon).replace(/[[\]]/g, ''), port: Number(address.slice(colon + 1)) });
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw unreachable(address, systemCode(error) ?? '');
  } finally {
    socket.destroy();
  }
}

interface TlsSettings {
  readonly tls: 'on' | 'off';
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

async function tlsOf(address: string, { tls, caFile, certFile, keyFile }: TlsSettings): Promise<TLSConfig | false> {
  if (tls === 'off') {
    if (isLoopback(address)) return false;
    throw configError(
      `TLS is off, and ${address} is not on this machine.`,
      'set AXIOM_TLS=on; off is accepted for loopback addresses only',
    );
  }
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw configError(
      `Only the client's ${certFile === undefined ? 'key' : 'certificate'} is set.`,
      'set AXIOM_TLS_CERT_FILE and AXIOM_TLS_KEY_FILE together',
    );
  }
  return {
    ...(caFile === undefined ? {} : { serverRootCACertificate: await readPem(caFile) }),
    ...(certFile === undefined || keyFile === undefined
      ? {}
      : { clientCertPair: { crt: await readPem(certFile), key: await readPem(keyFile) } }),
  };
}

async function readPem(path: string): Promise<Buffer> {
  const pem = await readFile(path).catch((error) => {
    throw configError(`${path} cannot be read (${systemCode(error) ?? 'unknown error'}).`, 'correct the path or its permissions');
  });
  if (!pem.includes('-----BEGIN ')) throw configError(`${path} is not a PEM file.`, 'give a file that starts with -----BEGIN');
  return pem;
}

function defined(options: LinkOptions): Partial<TlsSettings> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
