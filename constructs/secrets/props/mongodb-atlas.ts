import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens a MongoDB Atlas organization. */
export interface MongodbAtlasCredentials {
  /**
   * Organization id.
   * @default - the id of the system
   */
  readonly orgId?: string;

  /** Public part of the API key. */
  readonly publicKey: string;

  /** Private part of the API key. */
  readonly privateKey: SecretValue;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of a MongoDB Atlas organization; the id of the system is its organization id. */
export interface MongodbAtlasSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: MongodbAtlasCredentials;
}
