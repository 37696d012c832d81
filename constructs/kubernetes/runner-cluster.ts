import * as eks from 'aws-cdk-lib/aws-eks';
import * as eksv2 from 'aws-cdk-lib/aws-eks-v2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';

/** The EKS cluster that runners are deployed to: of either of the CDK's two modules, made in this app or imported. */
export abstract class RunnerCluster {
  /**
   * A cluster of `aws-cdk-lib/aws-eks`. An imported one needs its `kubectlProvider` or `kubectlRoleArn`.
   * @param cluster the cluster
   */
  public static fromEks(cluster: eks.ICluster): RunnerCluster {
    return new EksCluster(cluster);
  }

  /**
   * A cluster of `aws-cdk-lib/aws-eks-v2`, with `kubectlProviderOptions`; an imported one with its `kubectlProvider`.
   * @param cluster the cluster
   */
  public static fromEksV2(cluster: eksv2.ICluster): RunnerCluster {
    return new EksV2Cluster(cluster);
  }

  /**
   * What both modules say of a cluster.
   * @internal
   */
  public abstract readonly _cluster: eks.IClusterRef;

  /**
   * Name of the cluster.
   * @internal
   */
  public abstract readonly _clusterName: string;

  /**
   * OpenID Connect provider of the cluster's tokens.
   * @internal
   */
  public abstract _openIdConnectProvider(scope: Construct): iam.IOIDCProviderRef;

  /**
   * Applies objects to the cluster, as a child of the scope.
   * @internal
   */
  public abstract _apply(scope: Construct, id: string, objects: Record<string, unknown>[]): Construct;
}

class EksCluster extends RunnerCluster {
  public readonly _cluster: eks.IClusterRef;
  public readonly _clusterName: string;

  constructor(private readonly cluster: eks.ICluster) {
    super();
    this._cluster = cluster;
    this._clusterName = cluster.clusterName;
  }

  public _openIdConnectProvider(scope: Construct): iam.IOIDCProviderRef {
    return providerOf(scope, this.cluster);
  }

  public _apply(scope: Construct, id: string, manifest: Record<string, unknown>[]): Construct {
    if (this.cluster.kubectlProvider === undefined && this.cluster.kubectlRole === undefined) {
      throw notApplicable(scope, 'a cluster that was imported with kubectlProvider or kubectlRoleArn');
    }
    return new eks.KubernetesManifest(scope, id, { cluster: this.cluster, manifest });
  }
}

class EksV2Cluster extends RunnerCluster {
  public readonly _cluster: eks.IClusterRef;
  public readonly _clusterName: string;

  constructor(private readonly cluster: eksv2.ICluster) {
    super();
    this._cluster = cluster;
    this._clusterName = cluster.clusterName;
  }

  public _openIdConnectProvider(scope: Construct): iam.IOIDCProviderRef {
    return providerOf(scope, this.cluster);
  }

  public _apply(scope: Construct, id: string, manifest: Record<string, unknown>[]): Construct {
    if (this.cluster.kubectlProvider === undefined) {
      throw notApplicable(scope, 'a cluster with kubectlProviderOptions, or imported with kubectlProvider');
    }
    return new eksv2.KubernetesManifest(scope, id, { cluster: this.cluster, manifest });
  }
}

function notApplicable(scope: Construct, allowed: string): Error {
  return invalidSetting(scope, 'cluster', 'one that the CDK cannot apply a manifest to', allowed, 'Or deploy RunnerChart by other means.');
}

/** An imported cluster throws when it was imported without its provider. */
function providerOf(scope: Construct, cluster: { readonly openIdConnectProvider: iam.IOIDCProviderRef }): iam.IOIDCProviderRef {
  try {
    return cluster.openIdConnectProvider;
  } catch {
    const fix = 'Pass openIdConnectProvider where the cluster is imported, or identity: RunnerIdentity.podIdentity().';
    throw invalidSetting(scope, 'cluster', 'without OpenID Connect provider', 'a cluster whose provider is known', fix);
  }
}
