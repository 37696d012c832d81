import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens a PagerDuty account. */
export interface PagerDutyCredentials {
  /** REST API key. */
  readonly apiKey: SecretValue;

  /**
   * Subdomain of the account.
   * @default - the id of the system
   */
  readonly companyName?: string;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of a PagerDuty account; the id of the system is its company name. */
export interface PagerDutySecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: PagerDutyCredentials;
}
