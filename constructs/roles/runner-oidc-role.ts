import { ArnFormat, type IResource, PhysicalName, Resource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { OIDC_ROLE_TEMPLATE } from '../../contract/cloudformation';
import { DEFAULT_SERVICE_ACCOUNT } from '../../contract/kubernetes';
import { KUBERNETES_NAMESPACE, ROLE_ARN, ROLE_NAME, SERVICE_ACCOUNT_NAME } from '../../contract/name-rules';
import { checkedSetting } from '../checks/setting-check';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';
import { oidcIssuer } from './oidc-issuer';
import { RunnerPermissions, type RunnerPermissionsOptions } from './runner-permissions';
import { serviceAccountRole } from './service-account-role';

/** The role of a runner that lives in an EKS cluster. */
export interface IRunnerOidcRole extends IResource, iam.IGrantable, iam.IRoleRef {
  /**
   * ARN of the role: what the annotation `eks.amazonaws.com/role-arn` of the service account and the pod says.
   * @attribute
   */
  readonly roleArn: string;

  /** The role itself. */
  readonly role: iam.IRole;

  /** Namespace of the service account that may assume the role. */
  readonly kubernetesNamespace: string;

  /** Name of the service account that may assume the role. */
  readonly serviceAccountName: string;
}

/** Settings of a `RunnerOidcRole`. The cluster's provider is named by `oidcProvider`, or by its URL, its ARN, or both. */
export interface RunnerOidcRoleProps extends RunnerPermissionsOptions {
  /**
   * OpenID Connect provider of the cluster, for example `cluster.openIdConnectProvider`.
   * @default - the provider that `oidcProviderUrl` and `oidcProviderArn` name
   */
  readonly oidcProvider?: iam.IOIDCProviderRef;

  /**
   * Issuer of the cluster's tokens, with or without `https://`. A token must be without, because it can't be read here.
   * @default - the part of `oidcProviderArn` after `oidc-provider/`
   */
  readonly oidcProviderUrl?: string;

  /**
   * ARN of the cluster's OpenID Connect provider.
   * @default - the provider of `oidcProviderUrl` in the account of the stack
   */
  readonly oidcProviderArn?: string;

  /**
   * Namespace that the runner is deployed to.
   * @default 'axiom'
   */
  readonly kubernetesNamespace?: string;

  /**
   * Service account that the runner's pods have.
   * @default 'axiom-runner'
   */
  readonly serviceAccountName?: string;

  /**
   * Name of the role, at most 64 characters.
   * @default - made by CloudFormation, or by the CDK when another account or region refers to the role
   */
  readonly roleName?: string;

  /**
   * Permissions boundary of the role.
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/** What identifies an existing role of a runner in an EKS cluster. */
export interface RunnerOidcRoleAttributes {
  /** ARN of the role: the output `AxiomRunnerIAMRole` of the template. */
  readonly roleArn: string;

  /**
   * Namespace of the service account that may assume the role.
   * @default 'axiom'
   */
  readonly kubernetesNamespace?: string;

  /**
   * Name of the service account that may assume the role.
   * @default 'axiom-runner'
   */
  readonly serviceAccountName?: string;
}

abstract class RunnerOidcRoleBase extends Resource implements IRunnerOidcRole {
  public abstract readonly role: iam.IRole;
  public abstract readonly kubernetesNamespace: string;
  public abstract readonly serviceAccountName: string;

  public get roleArn(): string {
    return this.role.roleArn;
  }

  public get roleRef(): iam.RoleReference {
    return this.role.roleRef;
  }

  public get grantPrincipal(): iam.IPrincipal {
    return this.role.grantPrincipal;
  }
}

/**
 * The role of a runner in an EKS cluster, for IAM roles for service accounts (IRSA): one service account of one cluster may assume it.
 * It reads the secrets under `axiom-security/` of its own account and region, and assumes proxy roles; nothing else.
 */
export class RunnerOidcRole extends RunnerOidcRoleBase {
  /**
   * Refers to a role that exists, for example one that the CloudFormation template made.
   * @param scope construct that the reference belongs to
   * @param id id of the reference
   * @param attributes ARN of the role and the service account that it trusts
   */
  public static fromRunnerOidcRoleAttributes(scope: Construct, id: string, attributes: RunnerOidcRoleAttributes): IRunnerOidcRole {
    return new ImportedRunnerOidcRole(scope, id, attributes);
  }

  public readonly role: iam.IRole;
  public readonly kubernetesNamespace: string;
  public readonly serviceAccountName: string;
  private readonly permissions: RunnerPermissions;

  constructor(scope: Construct, id: string, props: RunnerOidcRoleProps) {
    super(scope, id);
    this.kubernetesNamespace = checkedNamespace(this, props.kubernetesNamespace);
    this.serviceAccountName = checkedServiceAccountName(this, props.serviceAccountName);
    const trusted = { ...oidcIssuer(this, props), namespace: this.kubernetesNamespace, serviceAccountName: this.serviceAccountName };

    const role = serviceAccountRole(this, 'Role', trusted, {
      roleName:
        props.roleName === undefined ? PhysicalName.GENERATE_IF_NEEDED : checkedSetting(this, 'roleName', props.roleName, ROLE_NAME),
      description: 'Axiom Runner in an EKS cluster: reads the integration secrets (axiom-security/*) and assumes proxy roles',
      permissionsBoundary: props.permissionsBoundary,
    });
    this.permissions = new RunnerPermissions(this, role, props);
    this.role = role;
    this.node.defaultChild = role.node.defaultChild;
  }

  /**
   * Allows the runner to read this integration secret, and from now on only those that were granted one by one.
   * @param integrationSecret the secret of one system
   */
  public grantRead(integrationSecret: IIntegrationSecret): iam.Grant {
    return this.permissions.grantRead(integrationSecret);
  }
}

class ImportedRunnerOidcRole extends RunnerOidcRoleBase {
  public readonly role: iam.IRole;
  public readonly kubernetesNamespace: string;
  public readonly serviceAccountName: string;

  constructor(scope: Construct, id: string, attributes: RunnerOidcRoleAttributes) {
    const roleArn = checkedSetting(scope, 'roleArn', attributes.roleArn, ROLE_ARN);
    super(scope, id, { account: Stack.of(scope).splitArn(roleArn, ArnFormat.SLASH_RESOURCE_NAME).account });
    this.kubernetesNamespace = checkedNamespace(this, attributes.kubernetesNamespace);
    this.serviceAccountName = checkedServiceAccountName(this, attributes.serviceAccountName);
    this.role = iam.Role.fromRoleArn(this, 'Role', roleArn);
  }
}

function checkedNamespace(scope: Construct, namespace: string = OIDC_ROLE_TEMPLATE.defaultNamespace): string {
  return checkedSetting(scope, 'kubernetesNamespace', namespace, KUBERNETES_NAMESPACE);
}

function checkedServiceAccountName(scope: Construct, serviceAccountName: string = DEFAULT_SERVICE_ACCOUNT): string {
  return checkedSetting(scope, 'serviceAccountName', serviceAccountName, SERVICE_ACCOUNT_NAME);
}
