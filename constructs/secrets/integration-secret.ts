import { ArnFormat, CfnOutput, RemovalPolicy, Resource, Stack, Token } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledgeFinding } from '../checks/cdk-nag-acknowledgement';
import { checkedSetting, invalidSetting } from '../checks/setting-check';
import { fieldsToFill, secretFields } from './integration-secret-fields';
import { integrationSecretName, secretTypeOf } from './integration-secret-name';
import type { IntegrationSecretAttributes, IntegrationSecretProps } from './integration-secret-props';
import type { IIntegrationSecret } from './integration-secret-ref';
import type { AwsSecretProps } from './props/aws';
import type { AzureAdSecretProps } from './props/azure-ad';
import type { GcpSecretProps } from './props/gcp';
import type { GithubSecretProps } from './props/github';
import type { GoogleWorkspaceSecretProps } from './props/google-workspace';
import type { JumpCloudSecretProps } from './props/jump-cloud';
import type { K8sSecretProps } from './props/k8s';
import type { MongodbAtlasSecretProps } from './props/mongodb-atlas';
import type { MysqlSecretProps } from './props/mysql';
import type { OktaSecretProps } from './props/okta';
import type { PagerDutySecretProps } from './props/pager-duty';
import type { PostgresqlSecretProps } from './props/postgresql';

/**
 * The secret with which a runner works on one system, under the exact name that runners read: `axiom-security/<type>/<id>`. Made
 * empty, with a command to fill it as an output of the stack, or from `credentials`, whose secret parts are references: a plain
 * text throws.
 */
export class IntegrationSecret extends Resource implements IIntegrationSecret {
  /** Amazon Web Services; the id of the system is the account id. @param props id and credentials */
  public static aws(scope: Construct, id: string, props: AwsSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'aws', props, props.credentials);
  }

  /** Microsoft Entra ID; the id of the system is the tenant id. @param props id and credentials */
  public static azureAd(scope: Construct, id: string, props: AzureAdSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'azuread', props, props.credentials);
  }

  /** Google Cloud; the id of the system is the organization id. @param props id and credentials */
  public static gcp(scope: Construct, id: string, props: GcpSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'gcp', props, props.credentials);
  }

  /** GitHub; the id of the system is the id of the GitHub App. @param props id and credentials */
  public static github(scope: Construct, id: string, props: GithubSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'github', props, props.credentials);
  }

  /** Google Workspace; the id of the system is the customer id. @param props id and credentials */
  public static googleWorkspace(scope: Construct, id: string, props: GoogleWorkspaceSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'googleworkspace', props, props.credentials);
  }

  /** JumpCloud; the id of the system is the account id. @param props id and credentials */
  public static jumpCloud(scope: Construct, id: string, props: JumpCloudSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'jumpcloud', props, props.credentials);
  }

  /** Kubernetes; the id of the system is the host of the API server. @param props id and credentials */
  public static k8s(scope: Construct, id: string, props: K8sSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'k8s', props, props.credentials);
  }

  /** MongoDB Atlas; the id of the system is the organization id. @param props id and credentials */
  public static mongodbAtlas(scope: Construct, id: string, props: MongodbAtlasSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'mongodbatlas', props, props.credentials);
  }

  /** MySQL and MariaDB; the id of the system is the endpoint. @param props id and credentials */
  public static mysql(scope: Construct, id: string, props: MysqlSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'mysql', props, props.credentials);
  }

  /** Okta; the id of the system is the subdomain of the organization. @param props id and credentials */
  public static okta(scope: Construct, id: string, props: OktaSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'okta', props, props.credentials);
  }

  /** PagerDuty; the id of the system is the company name. @param props id and credentials */
  public static pagerDuty(scope: Construct, id: string, props: PagerDutySecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'pagerduty', props, props.credentials);
  }

  /** PostgreSQL; the id of the system is the endpoint. @param props id and credentials */
  public static postgresql(scope: Construct, id: string, props: PostgresqlSecretProps): IntegrationSecret {
    return new IntegrationSecret(scope, id, 'postgresql', props, props.credentials);
  }

  /**
   * Refers to a secret that exists, for example one that the published guide's command made.
   * @param scope construct that the reference belongs to
   * @param id id of the reference
   * @param attributes what the secret is for
   */
  public static fromIntegrationSecretAttributes(scope: Construct, id: string, attributes: IntegrationSecretAttributes): IIntegrationSecret {
    return new ImportedIntegrationSecret(scope, id, attributes);
  }

  public readonly systemType: string;
  public readonly systemId: string;
  public readonly secret: secretsmanager.ISecret;

  private constructor(scope: Construct, id: string, systemType: string, props: IntegrationSecretProps, credentials: object | undefined) {
    super(scope, id);
    const type = secretTypeOf(this, systemType);
    const secretName = integrationSecretName(this, type, props.systemId);
    const secret = new secretsmanager.Secret(this, 'Secret', {
      secretName,
      description: props.description ?? `Axiom Runner: ${type.title}, ${type.id} ${props.systemId}`,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      secretObjectValue: credentials === undefined ? undefined : secretFields(this, type, props.systemId, credentials),
    });
    if (credentials === undefined) {
      leaveEmpty(secret);
      new CfnOutput(this, 'FillCommand', {
        description: 'Fills the empty secret: replace what stands in angle brackets, then run it',
        value: `aws secretsmanager put-secret-value --region ${Stack.of(this).region} --secret-id ${secretName} --secret-string '${fieldsToFill(type, props.systemId)}'`,
      });
    }
    acknowledgeFinding(
      secret,
      'AwsSolutions-SMG4',
      'Only its system can change a credential: rotation is added with addRotationSchedule().',
    );
    this.systemType = systemType;
    this.systemId = props.systemId;
    this.secret = secret;
    this.node.defaultChild = secret.node.defaultChild;
  }

  /**
   * Rotates the secret on a schedule. Runners need no restart: one that a system refuses reads the secret again.
   * @param id id of the schedule
   * @param options with `rotationLambda`, a function that knows the fields of this secret. AWS's own functions (`hostedRotation`)
   * know other names of fields and throw. An empty secret cannot be rotated: fill it, or set `rotateImmediatelyOnUpdate: false`
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
   */
  public addRotationSchedule(id: string, options: secretsmanager.RotationScheduleOptions): secretsmanager.RotationSchedule {
    if (options.hostedRotation !== undefined) {
      throw invalidSetting(
        this,
        'hostedRotation',
        'set',
        'rotationLambda, a function that keeps the names of the fields',
        "AWS's own functions read and write username and password, which no runner reads.",
      );
    }
    return this.secret.addRotationSchedule(id, options);
  }
}

class ImportedIntegrationSecret extends Resource implements IIntegrationSecret {
  public readonly systemType: string;
  public readonly systemId: string;
  public readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, { systemType, systemId, secretArn, encryptionKey }: IntegrationSecretAttributes) {
    const secretName = integrationSecretName(scope, secretTypeOf(scope, systemType), systemId);
    const secretCompleteArn = secretArn === undefined ? undefined : checkedSecretArn(scope, secretArn, secretName);
    super(scope, id, { environmentFromArn: secretCompleteArn });
    this.systemType = systemType;
    this.systemId = systemId;
    this.secret = secretsmanager.Secret.fromSecretAttributes(this, 'Secret', {
      encryptionKey,
      ...(secretCompleteArn === undefined ? { secretPartialArn: partialArn(this, secretName) } : { secretCompleteArn }),
    });
  }
}

/** CDK generates a value where none is given. CloudFormation makes a secret without a version when neither property is there. */
function leaveEmpty({ node }: secretsmanager.Secret): void {
  if (node.defaultChild instanceof secretsmanager.CfnSecret) {
    node.defaultChild.generateSecretString = undefined;
  }
}

function checkedSecretArn(scope: Construct, secretArn: string, secretName: string): string {
  if (Token.isUnresolved(secretName)) {
    return secretArn;
  }
  return checkedSetting(scope, 'secretArn', secretArn, {
    pattern: `^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:${secretName.replace(/[.+]/g, '\\$&')}-[A-Za-z0-9]{6}$`,
    allowed: `the ARN of the secret ${secretName} with the six characters that AWS appends`,
    fix: `Copy "ARN" from what "aws secretsmanager describe-secret --secret-id ${secretName}" prints.`,
  });
}

function partialArn(scope: Construct, secretName: string): string {
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: secretName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
