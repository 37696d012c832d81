import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { App } from 'cdk8s';
import type { Construct } from 'constructs';
import { OIDC_ROLE_TEMPLATE } from '../../contract/cloudformation';
import { KUBERNETES_APP_LABEL } from '../../contract/kubernetes';
import { invalidSetting } from '../checks/setting-check';
import { RunnerHost, type RunnerHostProps } from '../runner/runner-host';
import { RunnerArchitecture, type RunnerImage, type RunnerImageConfig } from '../runner/runner-image';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';
import { RunnerApiKey } from './runner-api-key';
import { RunnerChart } from './runner-chart';
import type { RunnerCluster } from './runner-cluster';
import { type _RunnerClusterRole, RunnerIdentity } from './runner-identity';
import type { RunnerWorkloadOptions } from './runner-workload';

/** Settings of an `EksRunner`. */
export interface EksRunnerProps extends RunnerHostProps, RunnerWorkloadOptions {
  /** The cluster that the runners are deployed to. */
  readonly cluster: RunnerCluster;

  /** The container image. The cluster's nodes pull it with their own role: it needs read access to a repository of Amazon ECR. */
  readonly image: RunnerImage;

  /**
   * How the pods get their role in AWS.
   * @default RunnerIdentity.irsa()
   */
  readonly identity?: RunnerIdentity;

  /**
   * Processors that the image is for. Only nodes that have them are chosen.
   * @default RunnerArchitecture.X86_64
   */
  readonly architecture?: RunnerArchitecture;

  /**
   * Namespace of the runners.
   * @default 'axiom'
   */
  readonly kubernetesNamespace?: string;

  /**
   * Whether the namespace is made here, with the Pod Security Standard "restricted" enforced. It is deleted with the host, and all that is
   * in it. The deployment fails where the namespace exists.
   * @default true
   */
  readonly createNamespace?: boolean;

  /**
   * Name of the Kubernetes Secret in the namespace that has the API key under `RUNNER_API_KEY`. Required for the published image, which
   * can't read `apiKeySecret`, and refused for any other. Somebody else makes it: no key goes through CloudFormation.
   * @default - the runners read `apiKeySecret` by themselves
   */
  readonly apiKeyKubernetesSecret?: string;

  /**
   * Log group of the cluster's applications, for example `/aws/containerinsights/<cluster>/application`.
   * @default - not known
   */
  readonly logGroup?: logs.ILogGroup;
}

const CONTAINER_INSIGHTS = 'ContainerInsights';
const ARCHITECTURES: Readonly<Record<RunnerArchitecture, string>> = {
  [RunnerArchitecture.X86_64]: 'amd64',
  [RunnerArchitecture.ARM64]: 'arm64',
};

/**
 * Runners as a Deployment in an EKS cluster. The objects are those of `RunnerChart`, applied by the cluster's kubectl provider after the
 * role and its policies exist.
 */
export class EksRunner extends RunnerHost {
  public readonly role: iam.IRole;
  public readonly logGroup?: logs.ILogGroup;

  /** Namespace of the runners. */
  public readonly kubernetesNamespace: string;

  /** Name of the service account of the pods. */
  public readonly serviceAccountName: string;

  /** Name of the Deployment. */
  public readonly deploymentName: string;

  private readonly clusterName: string;
  private readonly clusterRole: _RunnerClusterRole;

  constructor(scope: Construct, id: string, props: EksRunnerProps) {
    super(scope, id, props);
    const { architecture = RunnerArchitecture.X86_64, identity = RunnerIdentity.irsa() } = props;
    const image = props.image.bind(this, { architecture });
    checkApiKey(this, props, image);
    const readsApiKey = !image.compatibilityMode;
    const environment = this._environment(props, readsApiKey);

    this.clusterRole = identity._bind(this, 'Role', {
      cluster: props.cluster,
      kubernetesNamespace: props.kubernetesNamespace ?? OIDC_ROLE_TEMPLATE.defaultNamespace,
      serviceAccountName: props.serviceAccountName,
      permissionsBoundary: props.permissionsBoundary,
      ...this._permissions(props, readsApiKey),
    });
    this.role = this.clusterRole.role;
    this._grantLedger(this.role);
    this.kubernetesNamespace = this.clusterRole.kubernetesNamespace;
    this.serviceAccountName = this.clusterRole.serviceAccountName;
    this.logGroup = props.logGroup;
    this.clusterName = props.cluster._clusterName;

    const chart = new RunnerChart(new App(), id, {
      ...props,
      image: image.imageUri,
      apiKey: apiKeyOf(props, environment),
      roleArn: identity._annotated ? this.role.roleArn : undefined,
      kubernetesNamespace: this.kubernetesNamespace,
      stateKeySecretId: environment['RUNNER_STATE_KEY_SECRET_ID'],
      ledgerTable: environment['RUNNER_LEDGER_TABLE'],
      proxyRoleArn: environment['AWS_SECRETS_MANAGER_ROLE_ARN'],
      proxyRoleExternalId: environment['AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID'],
      nodeSelector: { 'kubernetes.io/arch': ARCHITECTURES[architecture], ...props.nodeSelector },
      healthProbes: !image.compatibilityMode,
    });
    this.deploymentName = chart.deploymentName;
    const manifest = props.cluster._apply(this, 'Manifest', chart.toJson());
    manifest.node.addDependency(this.clusterRole);
    if (props.createNamespace ?? true) {
      manifest.node.addDependency(props.cluster._apply(this, 'Namespace', [namespaceObject(this.kubernetesNamespace)]));
    }
    this.addCommandOutputs();
  }

  public grantRead(integrationSecret: IIntegrationSecret): iam.Grant {
    return this.clusterRole.grantRead(integrationSecret);
  }

  /**
   * Per cent of the node's CPU that the runners use. Needs the add-on `amazon-cloudwatch-observability` (Container Insights).
   * @param props changes to the metric; the average over five minutes by default
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-EKS.html
   */
  public metricCpuUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.podMetric('pod_cpu_utilization', props);
  }

  /**
   * Per cent of their memory limit that the runners use. Needs the add-on `amazon-cloudwatch-observability` (Container Insights).
   * @param props changes to the metric; the average over five minutes by default
   */
  public metricMemoryUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.podMetric('pod_memory_utilization_over_pod_limit', props);
  }

  /**
   * Per cent of the fullest node's disk in use, over all nodes of the cluster: a pod has no disk of its own. Needs the add-on
   * `amazon-cloudwatch-observability` (Container Insights).
   * @param props changes to the metric; the maximum over five minutes by default
   */
  public metricDiskUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return new cloudwatch.Metric({
      namespace: CONTAINER_INSIGHTS,
      metricName: 'node_filesystem_utilization',
      dimensionsMap: { ClusterName: this.clusterName },
      statistic: cloudwatch.Stats.MAXIMUM,
      ...props,
    }).attachTo(this);
  }

  private podMetric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return new cloudwatch.Metric({
      namespace: CONTAINER_INSIGHTS,
      metricName,
      // Container Insights calls the workload's name PodName.
      dimensionsMap: { ClusterName: this.clusterName, Namespace: this.kubernetesNamespace, PodName: this.deploymentName },
      statistic: cloudwatch.Stats.AVERAGE,
      ...props,
    }).attachTo(this);
  }

  private addCommandOutputs(): void {
    const deployment = `deployment/${this.deploymentName}`;
    const inNamespace = `-n ${this.kubernetesNamespace}`;
    const { region } = Stack.of(this);
    const rollOut = `kubectl rollout restart ${deployment} ${inNamespace} && kubectl rollout status ${deployment} ${inNamespace}`;
    const outputs: [string, string, string][] = [
      ['KubeconfigCommand', 'Lets kubectl reach the cluster', `aws eks update-kubeconfig --name ${this.clusterName} --region ${region}`],
      ['LogsCommand', 'Follows the log of the runners', `kubectl logs -f ${deployment} ${inNamespace}`],
      ['DoctorCommand', 'Looks at all that a runner needs', `kubectl exec ${deployment} ${inNamespace} -- axiomrunner doctor`],
      ['UpdateCommand', 'Replaces the pods one by one', rollOut],
    ];
    for (const [id, description, command] of outputs) {
      this._commandOutput(id, description, command);
    }
  }
}

function checkApiKey(scope: Construct, { apiKeyKubernetesSecret }: EksRunnerProps, { compatibilityMode }: RunnerImageConfig): void {
  if (compatibilityMode && apiKeyKubernetesSecret === undefined) {
    const fix = 'Make the Secret with kubectl in the namespace, or take an image that reads apiKeySecret by itself.';
    throw invalidSetting(scope, 'apiKeyKubernetesSecret', 'missing', 'the name of a Kubernetes Secret with the key RUNNER_API_KEY', fix);
  }
  if (!compatibilityMode && apiKeyKubernetesSecret !== undefined) {
    const allowed = 'nothing with an image that reads apiKeySecret by itself';
    throw invalidSetting(scope, 'apiKeyKubernetesSecret', JSON.stringify(apiKeyKubernetesSecret), allowed, 'Leave it out.');
  }
}

function apiKeyOf({ apiKeyKubernetesSecret }: EksRunnerProps, environment: Readonly<Record<string, string>>): RunnerApiKey {
  return apiKeyKubernetesSecret === undefined
    ? RunnerApiKey.fromSecretsManager(environment['RUNNER_API_KEY_SECRET_ID'] ?? '')
    : RunnerApiKey.fromKubernetesSecret(apiKeyKubernetesSecret);
}

function namespaceObject(name: string): Record<string, unknown> {
  const labels = { 'app.kubernetes.io/name': KUBERNETES_APP_LABEL, 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
