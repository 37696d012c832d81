import { Token } from 'aws-cdk-lib';
import { k8s } from 'cdk8s-plus-28';
import type { IConstruct } from 'constructs';
import { ALIVE_COMMAND, READY_COMMAND, RUNNER_USER, SCRATCH_FOLDER } from '../../contract/image';
import {
  API_KEY_SECRET_KEY,
  DEFAULT_CPU,
  DEFAULT_MEMORY,
  KUBERNETES_MEMORY,
  KUBERNETES_NAME,
  KUBERNETES_QUANTITY,
} from '../../contract/kubernetes';
import { STOP_TIMEOUT_SECONDS } from '../../contract/tasks';
import { checkedSetting } from '../checks/setting-check';
import type { RunnerChartProps } from './runner-chart';

/** What a pod of a chart is made of, beside the chart's settings. */
interface RunnerPodParts {
  /** Labels that the chart's pods have in common, and no others. */
  readonly selector: Record<string, string>;
  readonly serviceAccountName: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly apiKeySecret?: { readonly name: string; readonly key: string };
}

const SCRATCH_VOLUME = 'scratch';
const SCRATCH_SIZE = '1Gi';

/** A pod that keeps to the Pod Security Standard "restricted" and gets its identity in AWS from EKS. */
export function runnerPod(scope: IConstruct, props: RunnerChartProps, parts: RunnerPodParts): k8s.PodSpec {
  return {
    serviceAccountName: parts.serviceAccountName,
    // EKS projects its own tokens, for AWS only, whatever this says.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: STOP_TIMEOUT_SECONDS,
    nodeSelector: props.nodeSelector,
    tolerations: props.tolerations,
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: parts.selector },
    })),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: RUNNER_USER,
      runAsGroup: RUNNER_USER,
      fsGroup: RUNNER_USER,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(scope, props, parts)],
    volumes: [{ name: SCRATCH_VOLUME, emptyDir: { sizeLimit: k8s.Quantity.fromString(SCRATCH_SIZE) } }],
  };
}

function container(scope: IConstruct, props: RunnerChartProps, { environment, apiKeySecret }: RunnerPodParts): k8s.Container {
  const cpu = k8s.Quantity.fromString(checkedSetting(scope, 'cpu', props.cpu ?? DEFAULT_CPU, KUBERNETES_QUANTITY));
  const memory = k8s.Quantity.fromString(checkedSetting(scope, 'memory', props.memory ?? DEFAULT_MEMORY, KUBERNETES_MEMORY));
  return {
    name: KUBERNETES_NAME,
    image: props.image,
    env: variables(environment, apiKeySecret),
    resources: { requests: { cpu, memory }, limits: { memory } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
    volumeMounts: [{ name: SCRATCH_VOLUME, mountPath: SCRATCH_FOLDER }],
    ...((props.healthProbes ?? true) && environment['RUNNER_HEALTH_ADDRESS'] !== 'off' ? PROBES : {}),
  };
}

/** The variables in the order of the contract; the API key stands behind the two ids. */
function variables(environment: Readonly<Record<string, string>>, apiKeySecret: RunnerPodParts['apiKeySecret']): k8s.EnvVar[] {
  const plain = Object.entries(environment).map(([name, value]) => ({ name, value: withoutReferences(value) }));
  if (apiKeySecret === undefined) {
    return plain;
  }
  const behind = plain.findIndex(({ name }) => name === 'RUNNER_GROUP_ID') + 1;
  return [...plain.slice(0, behind), { name: API_KEY_SECRET_KEY, valueFrom: { secretKeyRef: apiKeySecret } }, ...plain.slice(behind)];
}

/**
 * Kubernetes reads `$(NAME)` as another variable and `$$` as one `$`.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
 */
export function withoutReferences(value: string): string {
  return Token.isUnresolved(value) ? value : value.replaceAll('$', '$$$$');
}

/** A runner without its control plane is not ready, which stops a rollout; it is restarted only when it hangs. */
const PROBES: Pick<k8s.Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> = {
  startupProbe: { exec: { command: [...ALIVE_COMMAND] }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 24 },
  readinessProbe: { exec: { command: [...READY_COMMAND] }, periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 3 },
  livenessProbe: { exec: { command: [...ALIVE_COMMAND] }, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 6 },
};
