import { z } from 'zod';
import { certificates, endpoint, hostname, port, sslMode } from '../../integration-kit/database/secret-fields.js';

const DEFAULT_PORT = 3306;

/** The secret `axiom-security/mysql/<endpoint>`, with its optional fields filled in. */
export const secretSchema = z
  .object({
    mysql_hostname: hostname,
    mysql_username: z.string().min(1),
    mysql_password: z.string().min(1),
    ssl_mode: sslMode.optional(),
    ssl_ca: certificates.optional(),
    mysql_port: port.optional(),
  })
  .transform((fields) => ({
    ...endpoint(fields.mysql_hostname, fields.mysql_port, DEFAULT_PORT),
    username: fields.mysql_username,
    password: fields.mysql_password,
    verifyTls: fields.ssl_mode ?? false,
    certificates: fields.ssl_ca,
  }));
export type MysqlSecret = z.infer<typeof secretSchema>;
