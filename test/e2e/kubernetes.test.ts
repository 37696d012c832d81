import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubernetesServer, startKubernetes } from '@axiom-runner/local-servers';
import { HELM_CHART } from '../../contract/kubernetes.js';
import { type CommandLine, commandLine, environmentOf, type KubernetesObject, MANIFEST } from './support/kubernetes.js';

const ROLE_ARN = 'arn:aws:iam::111122223333:role/axiomrunner-role';
const KINDS = 'deployments,replicasets,pods,serviceaccounts,secrets,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers,roles';

let cluster: KubernetesServer;
let tools: CommandLine;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axiom-kubernetes-test-'));
  cluster = await startKubernetes();
  tools = await commandLine(cluster.kubeconfigPath);
}, 900_000);

afterAll(async () => {
  await tools?.dispose();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** A namespace that admits only pods which keep to the Pod Security Standard "restricted". */
async function restrictedNamespace(name: string): Promise<string> {
  await tools.kubectl('create', 'namespace', name);
  await tools.kubectl('label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted');
  return name;
}

async function get<T = KubernetesObject>(namespace: string, ...what: string[]): Promise<T> {
  return JSON.parse(await tools.kubectl('get', ...what, '-n', namespace, '-o', 'json'));
}

const deploymentIn = (namespace: string, name = 'axiom-runner') => get(namespace, 'deployment', name);

/** Names of all objects of the runner in a namespace, with their kinds. */
async function objectsIn(namespace: string): Promise<string[]> {
  const { items } = await get<{ items: KubernetesObject[] }>(namespace, KINDS, '-l', 'app=axiom-runner');
  return items.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

/** The pods of a Deployment, once the controller has made them; what keeps it from that is thrown. */
async function podsOf(namespace: string, name = 'axiom-runner'): Promise<KubernetesObject[]> {
  const { spec } = await deploymentIn(namespace, name);
  for (;;) {
    const selector = `app.kubernetes.io/instance=${name}`;
    const { items } = await get<{ items: KubernetesObject[] }>(namespace, 'pods', '-l', selector);
    if (items.length >= spec.replicas) return items;
    const { status = {} } = await deploymentIn(namespace, name);
    const failed = (status.conditions ?? []).find(({ type }: { type: string }) => type === 'ReplicaFailure');
    if (failed !== undefined) throw new Error(failed.message);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The plain manifest as a user fills it in. */
async function filledManifest(values: Readonly<Record<string, string>> = {}): Promise<string> {
  const all = {
    '<IAM_ROLE_HERE>': ROLE_ARN,
    '<TENANT_ID>': '0012',
    '<RUNNER_GROUP_ID>': '123456789012345678',
    '<RUNNER_API_KEY>': '42',
    ...values,
  };
  const text = Object.entries(all).reduce((manifest, [name, value]) => manifest.replaceAll(name, value), await readFile(MANIFEST, 'utf8'));
  const file = join(folder, 'eks-runner-kubernetes.yaml');
  await writeFile(file, text);
  return file;
}

describe('the plain manifest', () => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await restrictedNamespace('plain');
    await tools.kubectl('apply', '-f', await filledManifest(), '-n', namespace);
  }, 60_000);

  it('makes its pods where Pod Security "restricted" is enforced', async () => {
    const pods = await podsOf(namespace);
    expect(pods).toHaveLength(2);
    expect(pods[0]?.['spec'].volumes.map(({ name }: { name: string }) => name)).toEqual(['scratch']);
  }, 60_000);

  it('has ids of digits as texts', async () => {
    expect(environmentOf(await deploymentIn(namespace))).toMatchObject({ TENANT_ID: '0012', RUNNER_GROUP_ID: '123456789012345678' });
    const { data } = await get(namespace, 'secret', 'axiom-runner');
    expect(Buffer.from(data['RUNNER_API_KEY'], 'base64').toString()).toBe('42');
  });

  it('shows the role where the published check looks for it', async () => {
    const description = await tools.kubectl('describe', 'pod', '-l', 'app=axiom-runner', '-n', namespace);
    expect(description).toContain(`eks.amazonaws.com/role-arn: ${ROLE_ARN}`);
  });

  it('restarts no pod when it is applied again', async () => {
    const { metadata } = await deploymentIn(namespace);
    expect(await tools.kubectl('apply', '-f', await filledManifest(), '-n', namespace)).toContain('deployment.apps/axiom-runner unchanged');
    expect(await deploymentIn(namespace)).toMatchObject({ metadata: { generation: metadata.generation } });
  }, 30_000);

  it('rolls out a change of the role, and rolls it back', async () => {
    const other = 'arn:aws:iam::111122223333:role/other';
    const roleOfPods = async () => (await deploymentIn(namespace))['spec'].template.metadata.annotations['eks.amazonaws.com/role-arn'];
    await tools.kubectl('apply', '-f', await filledManifest({ '<IAM_ROLE_HERE>': other }), '-n', namespace);
    expect(await roleOfPods()).toBe(other);
    await tools.kubectl('rollout', 'undo', 'deployment/axiom-runner', '-n', namespace);
    expect(await roleOfPods()).toBe(ROLE_ARN);
  }, 30_000);

  it('is gone after kubectl delete', async () => {
    await tools.kubectl('delete', '-f', await filledManifest(), '-n', namespace, '--timeout=60s');
    await tools.kubectl('delete', 'pods', '-l', 'app=axiom-runner', '-n', namespace, '--force', '--grace-period=0');
    expect((await objectsIn(namespace)).filter((object) => !/^(Pod|ReplicaSet)\//.test(object))).toEqual([]);
  }, 90_000);
});

describe('the Helm chart', () => {
  let namespace: string;

  /** The published command, with its values filled in. */
  const published = (tenant = '0012') => [
    ...['upgrade', '--install', 'axiom-runner-v2', `./${HELM_CHART}`, '-n', namespace],
    ...['--set', `runner.RUNNER_ROLE_ARN=${ROLE_ARN}`],
    ...['--set', 'runner.RUNNER_GROUP_ID=123456789012345678'],
    ...['--set', 'runner.RUNNER_API_KEY=key-of-the-group'],
    ...['--set', `runner.TENANT_ID=${tenant}`],
  ];

  beforeAll(async () => {
    namespace = await restrictedNamespace('chart');
  }, 60_000);

  it('installs by the published command, where Pod Security "restricted" is enforced', async () => {
    const notes = await tools.helm(...published());
    expect(notes).toContain(`kubectl logs -f deployment/axiom-runner -n ${namespace}`);
    expect(await podsOf(namespace)).toHaveLength(2);
    expect(environmentOf(await deploymentIn(namespace))).toMatchObject({ TENANT_ID: '0012', RUNNER_GROUP_ID: '123456789012345678' });
  }, 60_000);

  it('upgrades and rolls back', async () => {
    const tenant = async () => environmentOf(await deploymentIn(namespace))['TENANT_ID'];
    await tools.helm(...published('0013'));
    expect(await tenant()).toBe('0013');
    await tools.helm('rollback', 'axiom-runner-v2', '1', '-n', namespace);
    expect(await tenant()).toBe('0012');
  }, 60_000);

  it('keeps the values of before in an upgrade that names others', async () => {
    const keep = ['--reset-then-reuse-values', '--set', 'replicaCount=1'];
    await tools.helm('upgrade', 'axiom-runner-v2', `./${HELM_CHART}`, '-n', namespace, ...keep, '--set', 'runner.RUNNER_GROUP_ID=4711');
    const deployment = await deploymentIn(namespace);
    expect(deployment['spec'].replicas).toBe(1);
    expect(environmentOf(deployment)).toMatchObject({ TENANT_ID: '0012', RUNNER_GROUP_ID: '4711' });
  }, 60_000);

  it('stands beside a second release', async () => {
    const second = published().map((word) => (word === 'axiom-runner-v2' ? 'second' : word));
    expect((await tools.tryHelm(...second)).code).not.toBe(0);
    await tools.helm(...second, '--set', 'fullnameOverride=axiom-runner-second');
    expect(await podsOf(namespace, 'axiom-runner-second')).toHaveLength(2);
    await tools.helm('uninstall', 'second', '-n', namespace);
  }, 90_000);

  it('is taken with every option by the API server', async () => {
    const values = {
      probes: { enabled: true },
      autoscaling: { enabled: true },
      networkPolicy: { allowList: ['10.0.0.0/16', '2001:db8::/32'] },
      podDisruptionBudget: { maxUnavailable: '50%' },
      nodeSelector: { pool: 'tools' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: { podAntiAffinity: {} },
      imagePullSecrets: [{ name: 'registry' }],
      extraEnv: [{ name: 'TZ', value: 'UTC' }],
      extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca' }],
      podLabels: { team: 'data' },
      podAnnotations: { team: 'data' },
      fullnameOverride: 'every-option',
    };
    const file = join(folder, 'values.json');
    await writeFile(file, JSON.stringify(values));
    await tools.helm(...published().map((word) => (word === 'axiom-runner-v2' ? 'every-option' : word)), '-f', file);
    expect((await podsOf(namespace, 'every-option'))[0]?.['spec'].containers[0].livenessProbe.exec.command).toEqual([
      'axiomrunner',
      'health',
      '--alive',
    ]);
    await tools.helm('uninstall', 'every-option', '-n', namespace);
  }, 90_000);

  it('leaves nothing behind when it is uninstalled', async () => {
    await tools.helm('uninstall', 'axiom-runner-v2', '-n', namespace);
    expect((await objectsIn(namespace)).filter((object) => !/^(Pod|ReplicaSet)\//.test(object))).toEqual([]);
    const { items } = await get<{ items: KubernetesObject[] }>(namespace, 'secrets,configmaps');
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['kube-root-ca.crt']);
  }, 60_000);
});

it('notices a pod that Pod Security does not admit', async () => {
  const namespace = await restrictedNamespace('refused');
  const loose = (await readFile(await filledManifest(), 'utf8')).replace('runAsNonRoot: true', 'runAsNonRoot: false');
  const file = join(folder, 'loose.yaml');
  await writeFile(file, loose);
  await tools.kubectl('apply', '-f', file, '-n', namespace);
  await expect(podsOf(namespace)).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
}, 60_000);
