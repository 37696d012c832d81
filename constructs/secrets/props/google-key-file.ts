import type { SecretValue } from 'aws-cdk-lib';

/**
 * The key file of a Google service account, field by field.
 * @see https://docs.cloud.google.com/iam/docs/keys-create-delete
 */
export interface GoogleKeyFile {
  /** Project of the service account: `project_id` of the key file. */
  readonly projectId: string;

  /** Id of the key: `private_key_id` of the key file. */
  readonly privateKeyId: string;

  /** PEM private key on one line, with `\n` for each line break, as the key file spells it: `private_key` of the key file. */
  readonly privateKey: SecretValue;

  /** E-mail of the service account: `client_email` of the key file. */
  readonly clientEmail: string;

  /** Unique id of the service account: `client_id` of the key file. */
  readonly clientId: string;

  /**
   * Where tokens are fetched: `token_uri` of the key file.
   * @default 'https://oauth2.googleapis.com/token'
   */
  readonly tokenUri?: string;

  /**
   * Field `auth_uri` of the key file.
   * @default - left out; the runner needs none
   */
  readonly authUri?: string;

  /**
   * Field `auth_provider_x509_cert_url` of the key file.
   * @default - left out; the runner needs none
   */
  readonly authProviderX509CertUrl?: string;

  /**
   * Field `client_x509_cert_url` of the key file.
   * @default - left out; the runner needs none
   */
  readonly clientX509CertUrl?: string;
}
