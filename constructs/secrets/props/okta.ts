import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens an Okta organization. */
export interface OktaCredentials {
  /**
   * Host of the organization, or its bare subdomain.
   * @default - the id of the system
   */
  readonly domain?: string;

  /** API token. */
  readonly token: SecretValue;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of an Okta organization; the id of the system is its subdomain. */
export interface OktaSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: OktaCredentials;
}
