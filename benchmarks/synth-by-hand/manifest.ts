const SELECTOR = { app: 'axiom-runner', 'app.kubernetes.io/instance': 'axiom-runner' };
const LABELS = { ...SELECTOR, 'app.kubernetes.io/name': 'axiom-runner' };
const METADATA = { labels: LABELS, name: 'axiom-runner', namespace: 'axiom' };
const HEALTH = ['axiomrunner', 'health'];

export const NAMESPACE = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'axiom', labels: { 'app.kubernetes.io/name': 'axiom-runner', 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

/** The objects of a runner group, their fields in the order of the alphabet. */
export function manifest(roleArn: string, image: string, environment: Readonly<Record<string, string>>): Record<string, unknown>[] {
  const annotations = { 'eks.amazonaws.com/role-arn': roleArn };
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { annotations, ...METADATA },
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: METADATA,
      spec: { egress: [{}], podSelector: { matchLabels: SELECTOR }, policyTypes: ['Ingress', 'Egress'] },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: METADATA,
      spec: { maxUnavailable: 1, selector: { matchLabels: SELECTOR } },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: METADATA,
      spec: {
        replicas: 2,
        selector: { matchLabels: SELECTOR },
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 }, type: 'RollingUpdate' },
        template: { metadata: { annotations, labels: LABELS }, spec: pod(image, environment) },
      },
    },
  ];
}

function pod(image: string, environment: Readonly<Record<string, string>>): object {
  return {
    automountServiceAccountToken: false,
    containers: [
      {
        env: Object.entries(environment).map(([name, value]) => ({ name, value })),
        image,
        livenessProbe: probe([...HEALTH, '--alive'], 6, 30, 10),
        name: 'axiom-runner',
        readinessProbe: probe(HEALTH, 3, 15, 5),
        resources: { limits: { memory: '2Gi' }, requests: { cpu: '1', memory: '2Gi' } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
        startupProbe: probe([...HEALTH, '--alive'], 24, 5, 5),
        volumeMounts: [{ mountPath: '/tmp', name: 'scratch' }],
      },
    ],
    enableServiceLinks: false,
    nodeSelector: { 'kubernetes.io/arch': 'amd64' },
    securityContext: {
      fsGroup: 65532,
      runAsGroup: 65532,
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    serviceAccountName: 'axiom-runner',
    terminationGracePeriodSeconds: 120,
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      labelSelector: { matchLabels: SELECTOR },
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
    })),
    volumes: [{ emptyDir: { sizeLimit: '1Gi' }, name: 'scratch' }],
  };
}

function probe(command: readonly string[], failureThreshold: number, periodSeconds: number, timeoutSeconds: number): object {
  return { exec: { command }, failureThreshold, periodSeconds, timeoutSeconds };
}
