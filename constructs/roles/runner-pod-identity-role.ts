import { ArnFormat, PhysicalName, Resource, Stack } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { OIDC_ROLE_TEMPLATE } from '../../contract/cloudformation';
import { DEFAULT_SERVICE_ACCOUNT } from '../../contract/kubernetes';
import { KUBERNETES_NAMESPACE, ROLE_NAME, SERVICE_ACCOUNT_NAME } from '../../contract/name-rules';
import { checkedSetting } from '../checks/setting-check';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';
import { RunnerPermissions, type RunnerPermissionsOptions } from './runner-permissions';

/** Settings of a `RunnerPodIdentityRole`. */
export interface RunnerPodIdentityRoleProps extends RunnerPermissionsOptions {
  /** The cluster, of `aws-eks` or of `aws-eks-v2`. It needs the add-on `eks-pod-identity-agent`, which EKS Auto Mode has built in. */
  readonly cluster: eks.IClusterRef;

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

/**
 * The role of a runner in an EKS cluster, for EKS Pod Identity: one service account of one cluster may assume it, and is associated with it.
 * It reads the secrets under `axiom-security/` of its own account and region, and assumes proxy roles; nothing else.
 *
 * The trust policy names cluster, namespace and service account by the session tags that EKS sets.
 * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
 */
export class RunnerPodIdentityRole extends Resource implements iam.IGrantable, iam.IRoleRef {
  /** The role itself. */
  public readonly role: iam.IRole;

  /** Namespace of the service account that may assume the role. */
  public readonly kubernetesNamespace: string;

  /** Name of the service account that may assume the role. */
  public readonly serviceAccountName: string;

  private readonly permissions: RunnerPermissions;

  constructor(scope: Construct, id: string, props: RunnerPodIdentityRoleProps) {
    super(scope, id);
    const { kubernetesNamespace = OIDC_ROLE_TEMPLATE.defaultNamespace, serviceAccountName = DEFAULT_SERVICE_ACCOUNT, roleName } = props;
    this.kubernetesNamespace = checkedSetting(this, 'kubernetesNamespace', kubernetesNamespace, KUBERNETES_NAMESPACE);
    this.serviceAccountName = checkedSetting(this, 'serviceAccountName', serviceAccountName, SERVICE_ACCOUNT_NAME);
    const { clusterName } = props.cluster.clusterRef;

    const role = new iam.Role(this, 'Role', {
      roleName: roleName === undefined ? PhysicalName.GENERATE_IF_NEEDED : checkedSetting(this, 'roleName', roleName, ROLE_NAME),
      description: 'Axiom Runner in an EKS cluster: reads the integration secrets (axiom-security/*) and assumes proxy roles',
      permissionsBoundary: props.permissionsBoundary,
      assumedBy: new iam.SessionTagsPrincipal(
        new iam.PrincipalWithConditions(new iam.ServicePrincipal('pods.eks.amazonaws.com'), {
          StringEquals: {
            'aws:RequestTag/eks-cluster-arn': clusterArn(this, clusterName),
            'aws:RequestTag/kubernetes-namespace': this.kubernetesNamespace,
            'aws:RequestTag/kubernetes-service-account': this.serviceAccountName,
          },
        }),
      ),
    });
    this.permissions = new RunnerPermissions(this, role, props);
    this.role = role;
    this.node.defaultChild = role.node.defaultChild;
    new eks.CfnPodIdentityAssociation(this, 'Association', {
      clusterName,
      namespace: this.kubernetesNamespace,
      serviceAccount: this.serviceAccountName,
      roleArn: role.roleArn,
    });
  }

  /** ARN of the role. */
  public get roleArn(): string {
    return this.role.roleArn;
  }

  public get roleRef(): iam.RoleReference {
    return this.role.roleRef;
  }

  public get grantPrincipal(): iam.IPrincipal {
    return this.role.grantPrincipal;
  }

  /**
   * Allows the runner to read this integration secret, and from now on only those that were granted one by one.
   * @param integrationSecret the secret of one system
   */
  public grantRead(integrationSecret: IIntegrationSecret): iam.Grant {
    return this.permissions.grantRead(integrationSecret);
  }
}

/** An association is made in the cluster's own account and region, so this is the cluster's ARN, whatever the reference knows of it. */
function clusterArn(scope: Construct, clusterName: string): string {
  return Stack.of(scope).formatArn({
    service: 'eks',
    resource: 'cluster',
    resourceName: clusterName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
