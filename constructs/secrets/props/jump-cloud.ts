import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens a JumpCloud account. */
export interface JumpCloudCredentials {
  /** API key. */
  readonly apiKey: SecretValue;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of a JumpCloud account; the id of the system is its account id. */
export interface JumpCloudSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: JumpCloudCredentials;
}
