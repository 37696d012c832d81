import type { IntegrationSecretProps } from '../integration-secret-props';

/** How a runner opens an AWS account. Nothing of it is secret: the role trusts the runner. */
export interface AwsCredentials {
  /** ARN of the role that the runner assumes. */
  readonly roleArn: string;

  /** External id of that role. */
  readonly externalId: string;

  /**
   * Region of IAM Identity Center.
   * @default - the runner looks for it
   */
  readonly region?: string;

  /**
   * Base URL of a private or test endpoint.
   * @default - the vendor's own
   */
  readonly apiBaseUrl?: string;
}

/** Settings of the secret of an AWS account; the id of the system is its account id. */
export interface AwsSecretProps extends IntegrationSecretProps {
  /**
   * What the secret holds.
   * @default - the secret is empty until you run the command that the stack prints
   */
  readonly credentials?: AwsCredentials;
}
