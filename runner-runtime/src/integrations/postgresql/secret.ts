import { z } from 'zod';
import { certificates, endpoint, hostname, port, sslMode } from '../../integration-kit/database/secret-fields.js';

const DEFAULT_PORT = 5432;

/** The secret `axiom-security/postgresql/<endpoint>`, with its optional fields filled in. */
export const secretSchema = z
  .object({
    postgresql_hostname: hostname,
    postgresql_username: z.string().min(1),
    postgresql_password: z.string().min(1),
    ssl_mode: sslMode.optional(),
    ssl_ca: certificates.optional(),
    postgresql_port: port.optional(),
    postgresql_database: z.string().min(1).optional(),
  })
  .transform((fields) => ({
    ...endpoint(fields.postgresql_hostname, fields.postgresql_port, DEFAULT_PORT),
    username: fields.postgresql_username,
    password: fields.postgresql_password,
    /** Where the runner connects first, and for what belongs to no database. */
    database: fields.postgresql_database ?? 'postgres',
    verifyTls: fields.ssl_mode ?? false,
    certificates: fields.ssl_ca,
  }));
export type PostgresqlSecret = z.infer<typeof secretSchema>;
