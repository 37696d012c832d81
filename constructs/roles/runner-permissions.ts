import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import { PROXY_ROLE_NAME_PART } from '../../contract/cloudformation';
import { ROLE_ARN } from '../../contract/name-rules';
import { acknowledgeWildcardResources } from '../checks/cdk-nag-acknowledgement';
import { checkedSetting, invalidSetting } from '../checks/setting-check';
import {
  decryptThroughSecretsManager,
  READ_SECRET,
  readIntegrationSecrets,
  secretArnInPolicies,
} from '../secrets/integration-secret-access';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';

/** Id of the policy that allows to read every integration secret. */
const EVERY_SECRET = 'ReadIntegrationSecrets';

/** What a runner may do in AWS, beyond reading the integration secrets of its own account and region. The same on every host. */
export interface RunnerPermissionsOptions {
  /**
   * The one role that the runner may assume: its proxy role for a secret store in another account.
   * @default - any role of any account whose name contains `Axiom-Security` and which trusts the runner
   */
  readonly proxyRole?: iam.IRoleRef;

  /**
   * Key that the integration secrets are encrypted with. Its key policy must leave permissions to IAM, as the default one does.
   * @default - the secrets are encrypted with the AWS managed key `aws/secretsmanager`, which needs no permission
   */
  readonly encryptionKey?: kms.IKeyRef;

  /**
   * Region of the integration secrets: the setting `AWS_SECRETS_MANAGER_REGION`.
   * @default - the region of the stack
   */
  readonly secretStoreRegion?: string;

  /**
   * Secret with the runner's API key, which the runner reads by itself: the setting `RUNNER_API_KEY_SECRET_ID`.
   * @default - the runner reads no such secret; its API key is passed to it
   */
  readonly apiKeySecret?: secretsmanager.ISecret;

  /**
   * Secret with the key that authenticates the runner's own records: the setting `RUNNER_STATE_KEY_SECRET_ID`.
   * @default - the runner reads no such secret
   */
  readonly stateKeySecret?: secretsmanager.ISecret;
}

/**
 * What a runner's role may do, and nothing else. This is the runner's policy: every host takes it from here.
 * The integration secrets have a policy of their own: granting single ones takes the permission for all of them away.
 */
export class RunnerPermissions {
  /**
   * @param scope the construct that a user sees: errors name it, and the policy for the integration secrets is its child
   */
  constructor(
    private readonly scope: Construct,
    private readonly role: iam.IRole,
    private readonly options: RunnerPermissionsOptions,
  ) {
    this.readEverySecret(options);
    this.assumeProxyRoles(options);
    if (options.encryptionKey !== undefined) {
      role.addToPrincipalPolicy(decryptThroughSecretsManager(scope, options.encryptionKey, options.secretStoreRegion));
    }
    options.apiKeySecret?.grantRead(role);
    options.stateKeySecret?.grantRead(role);
  }

  /** Allows to read this integration secret, and from now on only those that were granted one by one. */
  public grantRead({ secret }: IIntegrationSecret): iam.Grant {
    this.checkRegion(secret);
    this.scope.node.tryRemoveChild(EVERY_SECRET);
    if (secret.encryptionKey !== undefined) {
      this.role.addToPrincipalPolicy(decryptThroughSecretsManager(this.scope, secret.encryptionKey, secret.env.region));
    }
    return iam.Grant.addToPrincipal({ grantee: this.role, actions: [READ_SECRET], resourceArns: [secretArnInPolicies(secret)] });
  }

  /** The permission would be for one secret, and the runner would read another of the same name. */
  private checkRegion({ env: { region } }: secretsmanager.ISecret): void {
    const { secretStoreRegion } = this.options;
    const isKnown = secretStoreRegion !== undefined && !Token.isUnresolved(secretStoreRegion) && !Token.isUnresolved(region);
    if (isKnown && region !== secretStoreRegion) {
      const fix = 'Change secretStoreRegion, or import the secret of that region by its ARN.';
      throw invalidSetting(this.scope, 'integrationSecret', `a secret in ${region}`, `a secret in ${secretStoreRegion}`, fix);
    }
  }

  private readEverySecret({ secretStoreRegion }: RunnerPermissionsOptions): void {
    const read = readIntegrationSecrets(this.scope, secretStoreRegion);
    const policy = new iam.Policy(this.scope, EVERY_SECRET, { statements: [read] });
    this.role.attachInlinePolicy(policy);
    acknowledgeWildcardResources(policy, read, 'Integration secrets come and go while the runner runs; the prefix is the boundary.');
  }

  private assumeProxyRoles({ proxyRole }: RunnerPermissionsOptions): void {
    const assume = new iam.PolicyStatement({
      actions: ['sts:AssumeRole'],
      resources: [proxyRole === undefined ? everyProxyRoleArn(this.scope) : proxyRoleArn(this.scope, proxyRole)],
    });
    this.role.addToPrincipalPolicy(assume);
    acknowledgeWildcardResources(
      this.role,
      assume,
      'Proxy roles are made in other accounts, later; their naming rule is the boundary, and each must trust the runner by itself.',
    );
  }
}

function proxyRoleArn(scope: IConstruct, { roleRef }: iam.IRoleRef): string {
  return checkedSetting(scope, 'proxyRole', roleRef.roleArn, ROLE_ARN);
}

/** Pattern of the ARNs of all proxy roles, in any account of the partition. */
export function everyProxyRoleArn(scope: IConstruct): string {
  return Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    account: '*',
    resource: 'role',
    resourceName: `*${PROXY_ROLE_NAME_PART}*`,
  });
}
