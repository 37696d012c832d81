import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import {
  API_KEY_SECRET_KEY,
  DEFAULT_REPLICAS,
  DEFAULT_SERVICE_ACCOUNT,
  KUBERNETES_APP_LABEL,
  KUBERNETES_LABEL_KEY,
  KUBERNETES_LABEL_VALUE,
  KUBERNETES_NAME,
  KUBERNETES_OBJECT_NAME,
  ROLE_ARN_ANNOTATION,
} from '../../contract/kubernetes';
import {
  EXTERNAL_ID,
  IMAGE_REFERENCE,
  KUBERNETES_NAMESPACE,
  ROLE_ARN,
  SECRET_ID,
  SERVICE_ACCOUNT_NAME,
  TABLE_NAME,
} from '../../contract/name-rules';
import { checkedCount, checkedSetting, invalidSetting, optionalSetting } from '../checks/setting-check';
import { runnerEnvironment } from '../runner/runner-environment';
import type { RunnerSettings } from '../runner/runner-settings';
import type { _RunnerApiKeyConfig, RunnerApiKey } from './runner-api-key';
import { runnerPod } from './runner-pod';
import { runnerTraffic } from './runner-traffic';
import type { RunnerWorkloadOptions } from './runner-workload';

/** Settings of a `RunnerChart`. */
export interface RunnerChartProps extends RunnerSettings, RunnerWorkloadOptions {
  /** Reference of the container image, best with its digest. */
  readonly image: string;

  /** Where the runners have their API key from. */
  readonly apiKey: RunnerApiKey;

  /**
   * ARN of the role that the runners have in AWS: the annotation `eks.amazonaws.com/role-arn` of the service account and of the pods.
   * @default - no annotation: the role comes from EKS Pod Identity
   */
  readonly roleArn?: string;

  /**
   * Namespace of all objects.
   * @default - the objects name none, so that `kubectl apply -n <namespace>` chooses it
   */
  readonly kubernetesNamespace?: string;

  /**
   * Id or ARN of the secret with the key that authenticates the runner's own records: the variable `RUNNER_STATE_KEY_SECRET_ID`.
   * @default - no such key
   */
  readonly stateKeySecretId?: string;

  /**
   * Name of the DynamoDB table for accesses in systems that have no place for a mark: the variable `RUNNER_LEDGER_TABLE`.
   * @default - no such table
   */
  readonly ledgerTable?: string;

  /**
   * ARN of the proxy role for a secret store in another account: the variable `AWS_SECRETS_MANAGER_ROLE_ARN`.
   * @default - the secret store is that of the runner's account
   */
  readonly proxyRoleArn?: string;

  /**
   * External id of the proxy role, required with it: the variable `AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID`.
   * @default - none
   */
  readonly proxyRoleExternalId?: string;

  /**
   * Whether the pods are probed with `axiomrunner health`. The published image has no such command. Without effect where the further
   * variable `RUNNER_HEALTH_ADDRESS` is `off`: then there is nothing to ask.
   * @default true
   */
  readonly healthProbes?: boolean;
}

const MOST_REPLICAS = 100;

/**
 * The Kubernetes objects of a runner group: a Deployment, its ServiceAccount, a NetworkPolicy and a PodDisruptionBudget. No Role and no
 * RoleBinding: a runner asks nothing of the API server, and its pods have no token for it. The pods keep to the Pod Security Standard
 * "restricted".
 *
 * Works in a cdk8s app of its own, without the AWS CDK and without an AWS account.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export class RunnerChart extends Chart {
  /** Name of the Deployment. */
  public readonly deploymentName: string;

  /** Name of the service account of the pods. */
  public readonly serviceAccountName: string;

  constructor(scope: Construct, id: string, props: RunnerChartProps) {
    super(scope, id, { namespace: props.kubernetesNamespace });
    this.deploymentName = checkedSetting(this, 'name', props.name ?? KUBERNETES_NAME, KUBERNETES_OBJECT_NAME);
    this.serviceAccountName = serviceAccountName(this, props);
    checkSettings(this, props);
    const name = this.deploymentName;
    const selector = { app: KUBERNETES_APP_LABEL, 'app.kubernetes.io/instance': name };
    const labels = { ...selector, 'app.kubernetes.io/name': KUBERNETES_APP_LABEL };
    const annotations = props.roleArn === undefined ? undefined : { [ROLE_ARN_ANNOTATION]: props.roleArn };
    const apiKey = props.apiKey._bind(this);

    new k8s.KubeServiceAccount(this, 'ServiceAccount', {
      metadata: { name: this.serviceAccountName, labels, annotations },
      automountServiceAccountToken: false,
    });
    if (apiKey.text !== undefined) {
      new k8s.KubeSecret(this, 'ApiKey', { metadata: { name, labels }, stringData: { [API_KEY_SECRET_KEY]: apiKey.text } });
    }
    if (props.networkPolicy ?? true) {
      new k8s.KubeNetworkPolicy(this, 'NetworkPolicy', { metadata: { name, labels }, spec: runnerTraffic(this, selector, props) });
    }
    if (props.podDisruptionBudget ?? true) {
      new k8s.KubePodDisruptionBudget(this, 'PodDisruptionBudget', {
        metadata: { name, labels },
        spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: selector } },
      });
    }
    new k8s.KubeDeployment(this, 'Deployment', {
      metadata: { name, labels },
      spec: {
        replicas: props.replicas ?? DEFAULT_REPLICAS,
        selector: { matchLabels: selector },
        strategy: {
          type: 'RollingUpdate',
          // The new pod takes tasks before the old one stops taking them.
          rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
        },
        template: {
          metadata: { labels, annotations: podAnnotations(annotations, props) },
          spec: runnerPod(this, props, {
            selector,
            serviceAccountName: this.serviceAccountName,
            environment: environmentOf(this, props, apiKey),
            apiKeySecret: apiKey.text === undefined ? apiKey.kubernetesSecret : { name, key: API_KEY_SECRET_KEY },
          }),
        },
      },
    });
  }
}

function serviceAccountName(chart: RunnerChart, props: RunnerChartProps): string {
  return checkedSetting(chart, 'serviceAccountName', props.serviceAccountName ?? DEFAULT_SERVICE_ACCOUNT, SERVICE_ACCOUNT_NAME);
}

function checkSettings(chart: RunnerChart, props: RunnerChartProps): void {
  optionalSetting(chart, 'kubernetesNamespace', props.kubernetesNamespace, KUBERNETES_NAMESPACE);
  optionalSetting(chart, 'roleArn', props.roleArn, ROLE_ARN);
  checkedSetting(chart, 'image', props.image, IMAGE_REFERENCE);
  checkLabels(chart, 'nodeSelector', props.nodeSelector);
  for (const name of Object.keys(props.podAnnotations ?? {})) {
    checkedSetting(chart, 'podAnnotations', name, KUBERNETES_LABEL_KEY);
  }
  const { replicas = DEFAULT_REPLICAS, proxyRoleArn, proxyRoleExternalId } = props;
  if (props.networkPolicy === false && props.egressCidrs !== undefined) {
    throw invalidSetting(chart, 'egressCidrs', 'given', 'nothing with networkPolicy: false', 'Leave one of the two out.');
  }
  checkedCount(chart, 'replicas', replicas, 0, MOST_REPLICAS);
  if ((proxyRoleArn === undefined) !== (proxyRoleExternalId === undefined)) {
    const missing = proxyRoleArn === undefined ? 'proxyRoleArn' : 'proxyRoleExternalId';
    const fix = "Copy both from the outputs of the role's stack.";
    throw invalidSetting(chart, missing, 'missing', 'proxyRoleArn and proxyRoleExternalId, or neither', fix);
  }
}

function checkLabels(chart: RunnerChart, setting: string, labels: RunnerChartProps['nodeSelector'] = {}): void {
  for (const [name, value] of Object.entries(labels)) {
    checkedSetting(chart, setting, name, KUBERNETES_LABEL_KEY);
    // An empty value is a value.
    if (value !== '') {
      checkedSetting(chart, `${setting} ${name}`, value, KUBERNETES_LABEL_VALUE);
    }
  }
}

function podAnnotations(
  annotations: Record<string, string> | undefined,
  { podAnnotations }: RunnerChartProps,
): Record<string, string> | undefined {
  return annotations === undefined && podAnnotations === undefined ? undefined : { ...podAnnotations, ...annotations };
}

function environmentOf(chart: RunnerChart, props: RunnerChartProps, apiKey: _RunnerApiKeyConfig): Record<string, string> {
  const { proxyRoleArn, proxyRoleExternalId } = props;
  return runnerEnvironment(chart, props, {
    apiKeySecretId: apiKey.secretId,
    stateKeySecretId: optionalSetting(chart, 'stateKeySecretId', props.stateKeySecretId, SECRET_ID),
    ledgerTable: optionalSetting(chart, 'ledgerTable', props.ledgerTable, TABLE_NAME),
    proxyRoleArn: optionalSetting(chart, 'proxyRoleArn', proxyRoleArn, ROLE_ARN),
    proxyRoleExternalId: optionalSetting(chart, 'proxyRoleExternalId', proxyRoleExternalId, EXTERNAL_ID),
  });
}
