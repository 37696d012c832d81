import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens a MySQL or MariaDB server. */
export interface MysqlCredentials {
  /**
   * Host name or address.
   * @default - the id of the system
   */
  readonly hostname?: string;

  /** User that the runner works as. */
  readonly username: string;

  /** Password of that user. */
  readonly password: SecretValue;

  /**
   * Whether TLS is required and the certificate verified. Without it the connection prefers TLS and verifies nothing.
   * @default false
   */
  readonly sslMode?: boolean;

  /**
   * PEM bundle that the server's certificate is verified against, in addition to the system roots.
   * @default - the system roots, and Amazon's for RDS
   */
  readonly sslCa?: string;

  /**
   * Port of the server.
   * @default 3306
   */
  readonly port?: number;
}

/** Settings of the secret of a MySQL or MariaDB server; the id of the system is its endpoint. */
export interface MysqlSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: MysqlCredentials;
}
