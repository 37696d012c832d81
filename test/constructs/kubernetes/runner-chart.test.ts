import { App, Token } from 'aws-cdk-lib';
import { Testing } from 'cdk8s';
import { RunnerApiKey, RunnerChart } from '../../../constructs';
import { runnerEnvironment } from '../../../constructs/runner/runner-environment';
import { STOP_TIMEOUT_SECONDS } from '../../../contract/tasks';
import { aChart, environmentIn, objectsOf, podOf } from '../../support/kubernetes';
import { refusalOf } from '../../support/synth';

const ROLE_ARN = 'arn:aws:iam::111122223333:role/axiomrunner-role';

it('makes these objects, by these names', () => {
  const objects = objectsOf(aChart());
  expect(Object.values(objects).map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
    ['ServiceAccount', 'axiom-runner'],
    ['NetworkPolicy', 'axiom-runner'],
    ['PodDisruptionBudget', 'axiom-runner'],
    ['Deployment', 'axiom-runner'],
  ]);
});

it('asks nothing of the API server: no role, no token', () => {
  expect(objectsOf(aChart())['ServiceAccount']).toMatchObject({ automountServiceAccountToken: false });
  expect(podOf()).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
});

it('names no namespace unless it is told one', () => {
  const namespaces = (chart: RunnerChart) => chart.toJson().map(({ metadata }) => metadata.namespace);
  expect(new Set(namespaces(aChart()))).toEqual(new Set([undefined]));
  expect(new Set(namespaces(aChart({ kubernetesNamespace: 'axiom' })))).toEqual(new Set(['axiom']));
});

it('finds its pods by labels that no other chart of the namespace has', () => {
  const { Deployment, NetworkPolicy, PodDisruptionBudget } = objectsOf(aChart({ name: 'second' }));
  const selector = { app: 'axiom-runner', 'app.kubernetes.io/instance': 'second' };
  expect(Deployment?.['spec'].selector.matchLabels).toEqual(selector);
  expect(Deployment?.['spec'].template.metadata.labels).toMatchObject(selector);
  expect(NetworkPolicy?.['spec'].podSelector.matchLabels).toEqual(selector);
  expect(PodDisruptionBudget?.['spec'].selector.matchLabels).toEqual(selector);
  expect(podOf({ name: 'second' }).topologySpreadConstraints[0].labelSelector.matchLabels).toEqual(selector);
});

it('writes the role on the service account and on the pods', () => {
  const { ServiceAccount, Deployment } = objectsOf(aChart({ roleArn: ROLE_ARN, podAnnotations: { team: 'data' } }));
  expect(ServiceAccount?.metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': ROLE_ARN });
  expect(Deployment?.['spec'].template.metadata.annotations).toEqual({ 'eks.amazonaws.com/role-arn': ROLE_ARN, team: 'data' });
});

it('writes no annotation without a role', () => {
  const { ServiceAccount, Deployment } = objectsOf(aChart());
  expect(ServiceAccount?.metadata.annotations).toBeUndefined();
  expect(Deployment?.['spec'].template.metadata.annotations).toBeUndefined();
});

it('gives the pods the service account', () => {
  const chart = aChart({ serviceAccountName: 'other' });
  expect(chart.serviceAccountName).toBe('other');
  expect(objectsOf(chart)['ServiceAccount']?.metadata.name).toBe('other');
  expect(podOf({ serviceAccountName: 'other' }).serviceAccountName).toBe('other');
});

describe('a pod', () => {
  it('keeps to the Pod Security Standard "restricted"', () => {
    const pod = podOf();
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
  });

  it('may write to /tmp, and only there', () => {
    const { volumes, containers } = podOf();
    expect(volumes).toEqual([{ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } }]);
    expect(containers[0].volumeMounts).toEqual([{ name: 'scratch', mountPath: '/tmp' }]);
  });

  it('has the time to drain that every host gives', () => {
    expect(podOf().terminationGracePeriodSeconds).toBe(STOP_TIMEOUT_SECONDS);
  });

  it('asks for 1 CPU and 2 GiB of memory, with a limit for memory only', () => {
    expect(podOf().containers[0].resources).toEqual({ requests: { cpu: '1', memory: '2Gi' }, limits: { memory: '2Gi' } });
    expect(podOf({ cpu: '500m', memory: '4Gi' }).containers[0].resources).toEqual({
      requests: { cpu: '500m', memory: '4Gi' },
      limits: { memory: '4Gi' },
    });
  });

  it('is spread over zones and nodes where that is possible', () => {
    const constraints: { topologyKey: string; whenUnsatisfiable: string }[] = podOf().topologySpreadConstraints;
    expect(constraints.map(({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable])).toEqual([
      ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
      ['kubernetes.io/hostname', 'ScheduleAnyway'],
    ]);
  });

  it('runs on the nodes that it is meant for', () => {
    const tolerations = [{ key: 'dedicated', operator: 'Exists' }];
    expect(podOf({ nodeSelector: { pool: 'tools' }, tolerations })).toMatchObject({ nodeSelector: { pool: 'tools' }, tolerations });
    expect(podOf().nodeSelector).toBeUndefined();
    expect(podOf().tolerations).toBeUndefined();
  });

  it('is ready while tasks are taken, and restarted only when the process hangs', () => {
    const [container] = podOf().containers;
    expect(container.readinessProbe.exec.command).toEqual(['axiomrunner', 'health']);
    expect(container.livenessProbe.exec.command).toEqual(['axiomrunner', 'health', '--alive']);
    expect(container.startupProbe.exec.command).toEqual(container.livenessProbe.exec.command);
  });

  it.each([
    ['healthProbes is false', { healthProbes: false }],
    ['there is no address to ask', { environment: { RUNNER_HEALTH_ADDRESS: 'off' } }],
  ])('is not probed when %s', (_, props) => {
    const [container] = podOf(props).containers;
    expect(Object.keys(container).filter((key) => key.endsWith('Probe'))).toEqual([]);
  });
});

describe('a rollout', () => {
  it('starts a pod before it stops one', () => {
    expect(objectsOf(aChart())['Deployment']?.['spec'].strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
  });

  it('has two pods by default, and as many as one likes', () => {
    const replicas = (chart: RunnerChart) => objectsOf(chart)['Deployment']?.['spec'].replicas;
    expect(replicas(aChart())).toBe(2);
    expect(replicas(aChart({ replicas: 1 }))).toBe(1);
  });

  it('lets a node be drained, one pod at a time', () => {
    expect(objectsOf(aChart())['PodDisruptionBudget']?.['spec'].maxUnavailable).toBe(1);
    expect(objectsOf(aChart({ podDisruptionBudget: false }))['PodDisruptionBudget']).toBeUndefined();
  });
});

describe('the environment', () => {
  const settings = {
    tenantId: '0012',
    runnerGroupId: '987654321098',
    controlPlaneAddress: 'runner.example.com:7233',
    maxConcurrentTasks: 5,
  };
  const references = { stateKeySecretId: 'state', ledgerTable: 'ledger', proxyRoleArn: ROLE_ARN, proxyRoleExternalId: '8f14e45fceea167a' };

  it('is the one rendering of the settings, in its order, each value a text', () => {
    const environment = environmentIn(podOf({ ...settings, ...references }));
    const expected = runnerEnvironment(aChart(), settings, { ...references, apiKeySecretId: 'axiom-runner/api-key' });
    expect(Object.entries(environment)).toEqual(Object.entries(expected));
  });

  it('takes the API key from a Secret, behind the two ids', () => {
    const environment = environmentIn(podOf({ apiKey: RunnerApiKey.fromKubernetesSecret('axiom-api-key', 'key') }));
    expect(Object.keys(environment).slice(0, 3)).toEqual(['TENANT_ID', 'RUNNER_GROUP_ID', 'RUNNER_API_KEY']);
    expect(environment['RUNNER_API_KEY']).toEqual({ secretKeyRef: { name: 'axiom-api-key', key: 'key' } });
    expect(environment).not.toHaveProperty('RUNNER_API_KEY_SECRET_ID');
    expect(environmentIn(podOf({ apiKey: RunnerApiKey.fromKubernetesSecret('a') }))['RUNNER_API_KEY']).toEqual({
      secretKeyRef: { name: 'a', key: 'RUNNER_API_KEY' },
    });
  });

  it('keeps dollar signs from being read as references', () => {
    expect(environmentIn(podOf({ environment: { PATTERN: '$(HOME) $$ $' } }))['PATTERN']).toBe('$$(HOME) $$$$ $$');
  });

  it('leaves a token of the CDK as it is', () => {
    const token = Token.asString({ Ref: 'Parameter' });
    expect(environmentIn(podOf({ environment: { LATER: token } }))['LATER']).toBe(token);
  });
});

it.each([
  ['tenantId', { tenantId: '<TENANT_ID>' }, 'tenantId is "<TENANT_ID>", a placeholder'],
  ['name', { name: 'Runner_1' }, 'name is "Runner_1"'],
  ['name', { name: 'x'.repeat(64) }, `name is "${'x'.repeat(64)}", of length 64`],
  ['serviceAccountName', { serviceAccountName: '*' }, 'serviceAccountName is "*"'],
  ['kubernetesNamespace', { kubernetesNamespace: 'a b' }, 'kubernetesNamespace is "a b"'],
  ['roleArn', { roleArn: '<IAM_ROLE_HERE>' }, 'roleArn is "<IAM_ROLE_HERE>"'],
  ['image', { image: ' ' }, 'image is empty'],
  ['image', { image: '<IMAGE>' }, 'image is "<IMAGE>"'],
  ['apiKey', { apiKey: RunnerApiKey.fromSecretsManager('') }, 'apiKey secretId is empty'],
  ['apiKey', { apiKey: RunnerApiKey.fromSecretsManager('a b') }, 'apiKey secretId is "a b"'],
  ['stateKeySecretId', { stateKeySecretId: '' }, 'stateKeySecretId is empty'],
  ['ledgerTable', { ledgerTable: 'a b' }, 'ledgerTable is "a b"'],
  ['nodeSelector', { nodeSelector: { 'a b': 'c' } }, 'nodeSelector is "a b"'],
  ['nodeSelector', { nodeSelector: { pool: 'a b' } }, 'nodeSelector pool is "a b"'],
  ['podAnnotations', { podAnnotations: { 'a b': 'c' } }, 'podAnnotations is "a b"'],
  ['egressCidrs', { egressCidrs: ['999.0.0.1/8'] }, 'egressCidrs[0] is "999.0.0.1/8"'],
  ['memory', { memory: '500m' }, 'memory is "500m"'],
  ['memory', { memory: '2' }, 'memory is "2"'],
  ['replicas', { replicas: 1.5 }, 'replicas is 1.5'],
  ['replicas', { replicas: 101 }, 'replicas is 101'],
  ['cpu', { cpu: 'one' }, 'cpu is "one"'],
  ['memory', { memory: '2 GB' }, 'memory is "2 GB"'],
  ['proxyRoleExternalId', { proxyRoleArn: ROLE_ARN }, 'proxyRoleExternalId is missing'],
  ['proxyRoleArn', { proxyRoleExternalId: '8f14e45fceea167a' }, 'proxyRoleArn is missing'],
  ['apiKey', { apiKey: RunnerApiKey.fromKubernetesSecret('A') }, 'apiKey name is "A"'],
  ['apiKey', { apiKey: RunnerApiKey.fromKubernetesSecret('a', 'b c') }, 'apiKey key is "b c"'],
])('refuses a wrong %s', (_, props, message) => {
  expect(refusalOf(() => aChart(props))).toContain(`[Runner] ${message}`);
});

it('is one of several in an app and a namespace', () => {
  const app = Testing.app();
  const apiKey = RunnerApiKey.fromKubernetesSecret('axiom-api-key');
  const chart = (id: string, name: string) =>
    new RunnerChart(app, id, { tenantId: 'acme', runnerGroupId: name, image: 'runner', apiKey, name, serviceAccountName: name });
  const names = [chart('One', 'one'), chart('Two', 'two')].flatMap((each) =>
    each.toJson().map(({ kind, metadata }) => kind + metadata.name),
  );
  expect(new Set(names).size).toBe(names.length);
});

it('needs no app of the AWS CDK', () => {
  expect(App.isApp(aChart().node.root)).toBe(false);
});
