import { ArnFormat, type IResource, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { EXTERNAL_ID, PROXY_ROLE_NAME, ROLE_ARN } from '../../contract/name-rules';
import { acknowledgeWildcardResources } from '../checks/cdk-nag-acknowledgement';
import { checkedSetting } from '../checks/setting-check';
import { decryptThroughSecretsManager, readIntegrationSecrets } from '../secrets/integration-secret-access';
import { generatedProxyRoleName } from './proxy-role-name';
import { checkTrustedPrincipal } from './trusted-principal';

/** A role in the account of the secret store, which a runner of another account assumes to read the integration secrets. */
export interface ISecretsManagerProxyRole extends IResource, iam.IRoleRef {
  /**
   * ARN of the role: the runner's setting `AWS_SECRETS_MANAGER_ROLE_ARN`.
   * @attribute
   */
  readonly roleArn: string;

  /**
   * External id without which the role can't be assumed: the runner's setting `AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID`.
   * @attribute
   */
  readonly externalId: string;

  /** The role itself. */
  readonly role: iam.IRole;

  /**
   * Allows the grantee to assume this role. The role must trust the grantee as well: see `trustedPrincipal`.
   * @param grantee who may assume the role
   */
  grantAssume(grantee: iam.IGrantable): iam.Grant;
}

/** Settings of a `SecretsManagerProxyRole`. */
export interface SecretsManagerProxyRoleProps {
  /**
   * External id that a caller must present: 2 to 1224 letters, digits and `_+=,.@:/-`. Not a secret, but nobody else's.
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   */
  readonly externalId: string;

  /**
   * Who may assume the role: the runner's role, or its account. Everyone, organizations, services and federated users are refused.
   */
  readonly trustedPrincipal: iam.IPrincipal;

  /**
   * Name of the role, at most 64 characters, containing `Axiom-Security`.
   * @default - a name that contains `Axiom-Security`, made of the construct's path, the stack's name and the region
   */
  readonly roleName?: string;

  /**
   * Key that the integration secrets are encrypted with. Its key policy must leave permissions to IAM, as the default one does.
   * @default - the secrets are encrypted with the AWS managed key `aws/secretsmanager`, which needs no permission
   */
  readonly encryptionKey?: kms.IKeyRef;

  /**
   * Permissions boundary of the role.
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/** What identifies an existing proxy role. */
export interface SecretsManagerProxyRoleAttributes {
  /** ARN of the role: the output `RoleArn` of the template. */
  readonly roleArn: string;

  /** External id of the role: the output `ExternalId` of the template. */
  readonly externalId: string;
}

abstract class SecretsManagerProxyRoleBase extends Resource implements ISecretsManagerProxyRole {
  public abstract readonly externalId: string;
  public abstract readonly role: iam.IRole;

  public get roleArn(): string {
    return this.role.roleArn;
  }

  public get roleRef(): iam.RoleReference {
    return this.role.roleRef;
  }

  public grantAssume(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['sts:AssumeRole'], resourceArns: [this.roleArn] });
  }
}

/**
 * A role for runners of another account: it reads the secrets under `axiom-security/` of its own account and region, and can be assumed
 * only by the trusted principal and with the external id.
 */
export class SecretsManagerProxyRole extends SecretsManagerProxyRoleBase {
  /**
   * Refers to a proxy role that exists, for example one that the CloudFormation template made.
   * @param scope construct that the reference belongs to
   * @param id id of the reference
   * @param attributes ARN and external id of the role
   */
  public static fromSecretsManagerProxyRoleAttributes(
    scope: Construct,
    id: string,
    attributes: SecretsManagerProxyRoleAttributes,
  ): ISecretsManagerProxyRole {
    return new ImportedProxyRole(scope, id, attributes);
  }

  public readonly externalId: string;
  public readonly role: iam.IRole;

  constructor(scope: Construct, id: string, props: SecretsManagerProxyRoleProps) {
    super(scope, id);
    this.externalId = checkedSetting(this, 'externalId', props.externalId, EXTERNAL_ID);
    checkTrustedPrincipal(this, props.trustedPrincipal);

    const role = new iam.Role(this, 'Role', {
      roleName:
        props.roleName === undefined ? generatedProxyRoleName(this) : checkedSetting(this, 'roleName', props.roleName, PROXY_ROLE_NAME),
      description: 'Reads the integration secrets (axiom-security/*) for an Axiom Runner in another account',
      assumedBy: props.trustedPrincipal,
      externalIds: [props.externalId],
      permissionsBoundary: props.permissionsBoundary,
    });
    const read = readIntegrationSecrets(this);
    role.addToPolicy(read);
    acknowledgeWildcardResources(this, read, 'Integration secrets come and go while the runner runs; the prefix is the boundary.');
    if (props.encryptionKey !== undefined) {
      role.addToPolicy(decryptThroughSecretsManager(this, props.encryptionKey));
    }
    this.role = role;
    this.node.defaultChild = role.node.defaultChild;
  }
}

class ImportedProxyRole extends SecretsManagerProxyRoleBase {
  public readonly externalId: string;
  public readonly role: iam.IRole;

  constructor(scope: Construct, id: string, attributes: SecretsManagerProxyRoleAttributes) {
    const roleArn = checkedSetting(scope, 'roleArn', attributes.roleArn, ROLE_ARN);
    super(scope, id, { account: Stack.of(scope).splitArn(roleArn, ArnFormat.SLASH_RESOURCE_NAME).account });
    this.externalId = checkedSetting(this, 'externalId', attributes.externalId, EXTERNAL_ID);
    // Immutable: whoever refers to the role wants to assume it, not to change what it may do.
    this.role = iam.Role.fromRoleArn(this, 'Role', roleArn, { mutable: false });
  }
}
