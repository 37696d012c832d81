import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

const HOST_AND_PORT = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[^:/\s]+)):(?<port>\d{1,5})$/;
const MAX_PORT = 65_535;

/** A host name or address. A leading slash would mean a socket of this machine, a scheme a URL. */
const hostname = z
  .string()
  .trim()
  .regex(/^[^\s/?#@]{1,262}$/, 'must be a host name or address, without scheme and path');

const port = z
  .union([z.string().regex(/^\d{1,5}$/, 'must be a number'), z.number()])
  .transform(Number)
  .refine((value) => Number.isInteger(value) && value > 0 && value <= MAX_PORT, 'must be 1 to 65535');

const certificates = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n'))
  .refine(isCertificateBundle, 'must hold PEM certificates');

/** The secret `axiom-security/postgresql/<endpoint>`, with its optional fields filled in. */
export const secretSchema = z
  .object({
    postgresql_hostname: hostname,
    postgresql_username: z.string().min(1),
    postgresql_password: z.string().min(1),
    ssl_mode: z
      .union([z.boolean().transform(String), z.string().trim().toLowerCase()])
      .pipe(z.enum(['true', 'false'], 'must be "true" or "false"'))
      .optional(),
    ssl_ca: certificates.optional(),
    postgresql_port: port.optional(),
    postgresql_database: z.string().min(1).optional(),
  })
  .transform((fields) => {
    const both = HOST_AND_PORT.exec(fields.postgresql_hostname)?.groups;
    return {
      host: both?.['ipv6'] ?? both?.['host'] ?? fields.postgresql_hostname.replace(/^\[(.*)\]$/, '$1'),
      port: fields.postgresql_port ?? Number(both?.['port'] ?? 5432),
      username: fields.postgresql_username,
      password: fields.postgresql_password,
      /** Where the runner connects first, and for what belongs to no database. */
      database: fields.postgresql_database ?? 'postgres',
      verifyTls: fields.ssl_mode === 'true',
      certificates: fields.ssl_ca,
    };
  });
export type PostgresqlSecret = z.infer<typeof secretSchema>;

function isCertificateBundle(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).subject !== undefined);
  } catch {
    return false;
  }
}
