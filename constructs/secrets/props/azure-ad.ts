import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens a Microsoft Entra ID tenant. */
export interface AzureAdCredentials {
  /**
   * Tenant id.
   * @default - the id of the system
   */
  readonly tenantId?: string;

  /** Application (client) id. */
  readonly clientId: string;

  /** Client secret. */
  readonly clientSecret: SecretValue;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of a Microsoft Entra ID tenant; the id of the system is its tenant id. */
export interface AzureAdSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: AzureAdCredentials;
}
