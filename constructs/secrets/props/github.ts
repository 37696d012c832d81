import type { SecretValue } from 'aws-cdk-lib';
import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens a GitHub organization: as a GitHub App. */
export interface GithubCredentials {
  /**
   * Id of the GitHub App.
   * @default - the id of the system
   */
  readonly appIdentifier?: string;

  /** Id of its installation in the organization. */
  readonly installationId: string;

  /** Organization. */
  readonly orgName: string;

  /** PEM private key of the app on one line, with `\n` for each line break. */
  readonly privateKey: SecretValue;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of a GitHub organization; the id of the system is the id of the GitHub App. */
export interface GithubSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: GithubCredentials;
}
