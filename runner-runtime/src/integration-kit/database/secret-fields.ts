import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

const HOST_AND_PORT = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[^:/\s]+)):(?<port>\d{1,5})$/;
const MAX_PORT = 65_535;

/** A host name or address, perhaps with a port. A leading slash would mean a socket of this machine, a scheme a URL. */
export const hostname = z
  .string()
  .trim()
  .regex(/^[^\s/?#@]{1,262}$/, 'must be a host name or address, without scheme and path');

/** A TCP port, as text or number. */
export const port = z
  .union([z.string().regex(/^\d{1,5}$/, 'must be a number'), z.number()])
  .transform(Number)
  .refine((value) => Number.isInteger(value) && value > 0 && value <= MAX_PORT, 'must be 1 to 65535');

/** Whether TLS is required and the certificate verified. */
export const sslMode = z
  .union([z.boolean().transform(String), z.string().trim().toLowerCase()])
  .pipe(z.enum(['true', 'false'], 'must be "true" or "false"'))
  .transform((mode) => mode === 'true');

/** PEM certificates, also with `\n` written out. */
export const certificates = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n'))
  .refine(isCertificateBundle, 'must hold PEM certificates');

/** Where a server listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Takes the host apart, where it names the port as well. @param wanted the port of a field of its own, which comes first */
export function endpoint(hostname: string, wanted: number | undefined, usual: number): Endpoint {
  const both = HOST_AND_PORT.exec(hostname)?.groups;
  return {
    host: both?.['ipv6'] ?? both?.['host'] ?? hostname.replace(/^\[(.*)\]$/, '$1'),
    port: wanted ?? Number(both?.['port'] ?? usual),
  };
}

function isCertificateBundle(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).subject !== undefined);
  } catch {
    return false;
  }
}
