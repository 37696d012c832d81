import type { IntegrationSecretProps } from '../integration-secret-props';
import type { GoogleKeyFile } from './google-key-file';

/** How a runner opens a Google Workspace. */
export interface GoogleWorkspaceCredentials extends GoogleKeyFile {
  /**
   * Customer id.
   * @default - the id of the system
   */
  readonly customerId?: string;

  /** E-mail of the administrator that the service account acts as. */
  readonly impersonationEmail: string;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of a Google Workspace; the id of the system is its customer id. */
export interface GoogleWorkspaceSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: GoogleWorkspaceCredentials;
}
