import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { PROXY_ROLE_NAME_PART } from '../contract/cloudformation';
import { ROLE_ARN } from '../contract/name-rules';
import { acknowledgeWildcardResources } from './cdk-nag-acknowledgement';
import { decryptThroughSecretsManager, readIntegrationSecrets } from './integration-secret-access';
import { checkedSetting } from './setting-check';

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
 * Gives a role what a runner needs, and nothing else. This is the runner's policy: every host takes it from here.
 * @param scope the construct that a user sees: errors name it
 */
export function addRunnerPermissions(scope: IConstruct, role: iam.IRole, options: RunnerPermissionsOptions): void {
  const read = readIntegrationSecrets(scope);
  role.addToPrincipalPolicy(read);
  acknowledgeWildcardResources(role, read, 'Integration secrets come and go while the runner runs; the prefix is the boundary.');

  const assume = new iam.PolicyStatement({
    actions: ['sts:AssumeRole'],
    resources: [options.proxyRole === undefined ? everyProxyRoleArn(scope) : proxyRoleArn(scope, options.proxyRole)],
  });
  role.addToPrincipalPolicy(assume);
  acknowledgeWildcardResources(
    role,
    assume,
    'Proxy roles are made in other accounts, later; their naming rule is the boundary, and each must trust the runner by itself.',
  );

  if (options.encryptionKey !== undefined) {
    role.addToPrincipalPolicy(decryptThroughSecretsManager(scope, options.encryptionKey));
  }
  options.apiKeySecret?.grantRead(role);
  options.stateKeySecret?.grantRead(role);
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
