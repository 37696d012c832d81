import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';

/** What the secrets of all kinds of systems have in common. */
export interface IntegrationSecretProps {
  /**
   * Id of the system, as the platform has it: the third part of the secret's name. 1 to 400 letters, digits and `/_+=.@-`, which is
   * what Secrets Manager takes in a name: no `https://`, and no port, because a name can hold no colon.
   */
  readonly systemId: string;

  /**
   * Description of the secret. Anybody who may list secrets can read it.
   * @default - title of the kind of system and its id
   */
  readonly description?: string;

  /**
   * Key that the secret is encrypted with. Needed when a runner of another account reads the secret.
   * @default - the AWS managed key `aws/secretsmanager`
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the secret when it leaves the stack. A runner cannot end an open access without it, and a deleted name stays
   * taken for up to 30 days.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE - kept, except when its very first deployment fails
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What identifies an integration secret that exists. */
export interface IntegrationSecretAttributes {
  /** Kind of the system, such as `postgresql`: the second part of the secret's name. */
  readonly systemType: string;

  /** Id of the system, such as its endpoint: the third part of the secret's name. */
  readonly systemId: string;

  /**
   * ARN of the secret, with the six characters that AWS appends to the name.
   * @default - the secret of this name in the account and region of the stack
   */
  readonly secretArn?: string;

  /**
   * Key that the secret is encrypted with.
   * @default - the AWS managed key `aws/secretsmanager`, which needs no permission
   */
  readonly encryptionKey?: kms.IKey;
}
