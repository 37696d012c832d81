import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';

/** The secret with which a runner works on one system. */
export interface IIntegrationSecret extends IConstruct {
  /** Kind of the system, such as `postgresql`: the second part of the secret's name. */
  readonly systemType: string;

  /** Id of the system, such as its endpoint: the third part of the secret's name. */
  readonly systemId: string;

  /** The secret itself. */
  readonly secret: secretsmanager.ISecret;
}
