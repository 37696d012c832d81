import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { RunnerOidcRole } from '../roles/runner-oidc-role';
import type { RunnerPermissionsOptions } from '../roles/runner-permissions';
import { RunnerPodIdentityRole } from '../roles/runner-pod-identity-role';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';
import type { RunnerCluster } from './runner-cluster';

/**
 * Whose identity it is, and what it may do.
 * @internal
 */
export interface _RunnerIdentityOptions extends RunnerPermissionsOptions {
  readonly cluster: RunnerCluster;
  readonly kubernetesNamespace?: string;
  readonly serviceAccountName?: string;
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/**
 * The role of a runner in a cluster, however its pods get it.
 * @internal
 */
export interface _RunnerClusterRole extends Construct {
  readonly role: iam.IRole;
  readonly kubernetesNamespace: string;
  readonly serviceAccountName: string;
  grantRead(integrationSecret: IIntegrationSecret): iam.Grant;
}

/** How the pods of a runner get their role in AWS. */
export abstract class RunnerIdentity {
  /**
   * IAM roles for service accounts: the cluster's OpenID Connect provider vouches for the pod. Needs nothing in the cluster.
   * @see https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
   */
  public static irsa(): RunnerIdentity {
    return new Irsa();
  }

  /**
   * EKS Pod Identity: an agent on the node hands out the credentials. Needs no OpenID Connect provider, but the add-on
   * `eks-pod-identity-agent`, which EKS Auto Mode has built in.
   * @see https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
   */
  public static podIdentity(): RunnerIdentity {
    return new PodIdentity();
  }

  /**
   * Whether the service account and the pods name the role.
   * @internal
   */
  public abstract readonly _annotated: boolean;

  /**
   * Called by the host: makes the role as its child.
   * @internal
   */
  public abstract _bind(scope: Construct, id: string, options: _RunnerIdentityOptions): _RunnerClusterRole;
}

class Irsa extends RunnerIdentity {
  public readonly _annotated = true;

  public _bind(scope: Construct, id: string, { cluster, ...options }: _RunnerIdentityOptions): _RunnerClusterRole {
    return new RunnerOidcRole(scope, id, { ...options, oidcProvider: cluster._openIdConnectProvider(scope) });
  }
}

class PodIdentity extends RunnerIdentity {
  public readonly _annotated = false;

  public _bind(scope: Construct, id: string, { cluster, ...options }: _RunnerIdentityOptions): _RunnerClusterRole {
    return new RunnerPodIdentityRole(scope, id, { ...options, cluster: cluster._cluster });
  }
}
