import type { IntegrationSecretProps } from '../integration-secret-props';
import type { GoogleKeyFile } from './google-key-file';

/** How a runner opens a Google Cloud organization. */
export interface GcpCredentials extends GoogleKeyFile {
  /**
   * Organization id.
   * @default - the id of the system
   */
  readonly organizationId?: string;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of a Google Cloud organization; the id of the system is its organization id. */
export interface GcpSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: GcpCredentials;
}
