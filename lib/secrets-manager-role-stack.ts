import { type CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { SecretsManagerProxyRole } from '../constructs';
import { checkedSetting } from '../constructs/checks/setting-check';
import { decryptThroughSecretsManager } from '../constructs/secrets/integration-secret-access';
import { PROXY_ROLE_NAME_PART, PROXY_ROLE_TEMPLATE } from '../contract/cloudformation';
import { EXTERNAL_ID, KMS_KEY_ARN, PROXY_ROLE_NAME, TRUSTED_PRINCIPAL } from '../contract/name-rules';
import { hideConstructPaths, standalone } from './standalone-template';
import { isGiven, templateOutput, templateParameter } from './template-sections';

const { parameters, outputs } = PROXY_ROLE_TEMPLATE;

/** Settings of a `SecretsManagerRoleStack`. What is left out becomes a parameter of the template. */
export interface SecretsManagerRoleStackProps extends StackProps {
  /**
   * External id that a caller must present.
   * @default - the template's parameter `ExternalId`
   */
  readonly externalId?: string;

  /**
   * ARN of the runner's role, or its account.
   * @default - the template's parameter `TrustedPrincipalArn`
   */
  readonly trustedPrincipalArn?: string;

  /**
   * Name of the role, containing `Axiom-Security`.
   * @default - the template's parameter `RoleName`, by default `Axiom-Security-SecretsManagerRole`
   */
  readonly roleName?: string;

  /**
   * ARN of the key that the integration secrets are encrypted with.
   * @default - the template's parameter `KmsKeyArn`, by default empty: the AWS managed key
   */
  readonly kmsKeyArn?: string;
}

/**
 * The proxy role for a secret store in another account, in the account of the store.
 * Needs no bootstrapped environment; pass a `synthesizer` of your own to deploy through a pipeline.
 */
export class SecretsManagerRoleStack extends Stack {
  /** The role that the stack makes. */
  public readonly proxyRole: SecretsManagerProxyRole;

  constructor(scope: Construct, id: string, props: SecretsManagerRoleStackProps = {}) {
    super(scope, id, standalone(props, 'Axiom Runner: role that reads the integration secrets of this account'));
    hideConstructPaths(this);
    this.proxyRole = new SecretsManagerProxyRole(this, 'ProxyRole', {
      externalId: props.externalId ?? externalIdParameter(this),
      trustedPrincipal: new iam.ArnPrincipal(props.trustedPrincipalArn ?? trustedPrincipalParameter(this)),
      roleName: props.roleName ?? roleNameParameter(this),
      encryptionKey: props.kmsKeyArn === undefined ? undefined : importedKey(this, props.kmsKeyArn),
    });
    if (props.kmsKeyArn === undefined) {
      allowDecryptionIfGiven(this.proxyRole.role, kmsKeyParameter(this));
    }
    templateOutput(this, outputs.roleArn, this.proxyRole.roleArn, "The runner's setting AWS_SECRETS_MANAGER_ROLE_ARN");
    templateOutput(this, outputs.externalId, this.proxyRole.externalId, "The runner's setting AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID");
  }
}

function externalIdParameter(stack: Stack): string {
  const description = 'External id that the runner must present. Make up one that nobody else uses; the same goes into the runner.';
  return templateParameter(stack, parameters.externalId, EXTERNAL_ID, description).valueAsString;
}

function trustedPrincipalParameter(stack: Stack): string {
  const description = "Who may assume the role: the ARN of the runner's role (it must exist), or the id of the runner's account.";
  return templateParameter(stack, parameters.trustedPrincipalArn, TRUSTED_PRINCIPAL, description).valueAsString;
}

function roleNameParameter(stack: Stack): string {
  const description = `Name of the role. It must contain ${PROXY_ROLE_NAME_PART}: runners may assume no other role.`;
  const { defaultRoleName } = PROXY_ROLE_TEMPLATE;
  return templateParameter(stack, parameters.roleName, PROXY_ROLE_NAME, description, defaultRoleName).valueAsString;
}

function kmsKeyParameter(stack: Stack): CfnParameter {
  const description = 'ARN of the key that the integration secrets are encrypted with. Empty: the AWS managed key aws/secretsmanager.';
  return templateParameter(stack, parameters.kmsKeyArn, KMS_KEY_ARN, description, '');
}

function importedKey(stack: Stack, keyArn: string): kms.IKey {
  return kms.Key.fromKeyArn(stack, 'Key', checkedSetting(stack, 'kmsKeyArn', keyArn, KMS_KEY_ARN));
}

/** A policy of its own, because only a whole resource can depend on a condition. */
function allowDecryptionIfGiven(role: iam.IRole, key: CfnParameter): void {
  const { stack } = role;
  const policy = new iam.Policy(stack, 'DecryptPolicy', {
    roles: [role],
    statements: [decryptThroughSecretsManager(stack, importedKey(stack, key.valueAsString))],
  });
  (policy.node.defaultChild as iam.CfnPolicy).cfnOptions.condition = isGiven(key);
}
