import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from '../../contract/environment.js';
import { HELM_CHART } from '../../contract/kubernetes.js';
import { type CommandLine, commandLine, environmentOf, type KubernetesObject, MANIFEST, objectsIn } from './support/kubernetes.js';

const ROLE_ARN = 'arn:aws:iam::111122223333:role/axiomrunner-role';
/** The values of the published command. */
const PUBLISHED: Readonly<Record<string, string>> = {
  'runner.RUNNER_ROLE_ARN': ROLE_ARN,
  'runner.RUNNER_GROUP_ID': '987654321098765',
  'runner.RUNNER_API_KEY': 'key-of-the-group',
  'runner.TENANT_ID': '0012',
};

let tools: CommandLine;
let folder: string;

beforeAll(async () => {
  tools = await commandLine();
  folder = await mkdtemp(join(tmpdir(), 'axiom-helm-test-'));
}, 120_000);

afterAll(async () => {
  await tools?.dispose();
  await rm(folder, { recursive: true, force: true });
});

const sets = (values: Readonly<Record<string, string | undefined>>) =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : ['--set', `${name}=${value}`]));

/** The objects that helm makes of values, by kind. */
async function template(
  values: Readonly<Record<string, string | undefined>> = {},
  ...more: string[]
): Promise<Record<string, KubernetesObject>> {
  const text = await tools.helm('template', 'axiom-runner-v2', HELM_CHART, '-n', 'axiom', ...sets({ ...PUBLISHED, ...values }), ...more);
  const file = join(folder, 'objects.yaml');
  await writeFile(file, text);
  return objectsIn(file);
}

/** What helm says when it refuses values. */
async function refusalOf(values: Readonly<Record<string, string | undefined>>, ...more: string[]): Promise<string> {
  const { code, stderr } = await tools.tryHelm('template', 'r', HELM_CHART, ...sets({ ...PUBLISHED, ...values }), ...more);
  expect(code).not.toBe(0);
  return stderr;
}

async function valuesFile(values: unknown): Promise<string[]> {
  const file = join(folder, 'values.yaml');
  await writeFile(file, typeof values === 'string' ? values : JSON.stringify(values));
  return ['-f', file];
}

const podOf = ({ Deployment }: Record<string, KubernetesObject>) => Deployment?.['spec'].template.spec;

it('passes helm lint, warnings counting as faults', async () => {
  expect(await tools.helm('lint', '--strict', HELM_CHART, ...sets(PUBLISHED))).toContain('0 chart(s) failed');
});

it('makes the objects of the plain manifest; only labels of Helm and the checksum of the key are more', async () => {
  const plain = JSON.stringify(objectsIn(MANIFEST))
    .replaceAll('<IAM_ROLE_HERE>', ROLE_ARN)
    .replace('<TENANT_ID>', '0012')
    .replace('<RUNNER_GROUP_ID>', '987654321098765')
    .replace('<RUNNER_API_KEY>', 'key-of-the-group');
  const made = await template();
  const withoutHelm = JSON.stringify(made, (key, value) =>
    ['app.kubernetes.io/managed-by', 'helm.sh/chart', 'checksum/api-key'].includes(key) ? undefined : value,
  );
  expect(JSON.parse(withoutHelm)).toEqual(JSON.parse(plain));
  expect(made['Deployment']?.['spec'].template.metadata.labels).toEqual(
    objectsIn(MANIFEST)['Deployment']?.['spec'].template.metadata.labels,
  );
});

describe('the environment', () => {
  it('has ids of digits as they are, from --set and from a file', async () => {
    const ids = { TENANT_ID: 123456789012345, RUNNER_GROUP_ID: 999999999999999 };
    const fromSet = await template({ 'runner.TENANT_ID': '123456789012345678', 'runner.RUNNER_GROUP_ID': '007' });
    expect(environmentOf(fromSet['Deployment'])).toMatchObject({ TENANT_ID: '123456789012345678', RUNNER_GROUP_ID: '007' });
    const none = { 'runner.TENANT_ID': undefined, 'runner.RUNNER_GROUP_ID': undefined };
    const fromFile = await template(none, ...(await valuesFile({ runner: ids })));
    expect(environmentOf(fromFile['Deployment'])).toMatchObject({ TENANT_ID: '123456789012345', RUNNER_GROUP_ID: '999999999999999' });
  });

  it('refuses an id that Helm has rounded', async () => {
    const file = await valuesFile('runner: {TENANT_ID: 12345678901234567}\n');
    expect(await refusalOf({ 'runner.TENANT_ID': undefined }, ...file)).toContain('Put it in quotes');
  });

  it('says every variable that is set, by its name and in order', async () => {
    const values = Object.fromEntries(ENVIRONMENT.map(({ name }) => [name, `value-of-${name}`]));
    const runner = { ...values, RUNNER_API_KEY: undefined, RUNNER_ROLE_ARN: ROLE_ARN };
    const none = Object.fromEntries(Object.keys(PUBLISHED).map((name) => [name, undefined]));
    const made = await template(none, ...(await valuesFile({ runner })));
    const expected = ENVIRONMENT.map(({ name }) => name).filter((name) => name !== 'RUNNER_API_KEY');
    expect(Object.entries(environmentOf(made['Deployment']))).toEqual(expected.map((name) => [name, `value-of-${name}`]));
    expect(made['Secret']).toBeUndefined();
  });

  it('reads on and off as the texts that they are', async () => {
    const made = await template(
      {},
      ...(await valuesFile('runner: {AXIOM_TLS: off, RUNNER_HEALTH_ADDRESS: off}\nprobes: {enabled: true}\n')),
    );
    expect(environmentOf(made['Deployment'])).toMatchObject({ AXIOM_TLS: 'off', RUNNER_HEALTH_ADDRESS: 'off' });
    expect(podOf(made).containers[0]).not.toHaveProperty('livenessProbe');
  });

  it('keeps dollar signs, quotes and line breaks', async () => {
    const made = await template({}, ...(await valuesFile({ runner: { RUNNER_POLICY: 'a "b" <c>\n$(d) é' } })));
    expect(environmentOf(made['Deployment'])['RUNNER_POLICY']).toBe('a "b" <c>\n$$(d) é');
  });

  it('is what extraEnv adds', async () => {
    const made = await template({ 'extraEnv[0].name': 'TZ', 'extraEnv[0].value': 'UTC' });
    expect(environmentOf(made['Deployment'])).toMatchObject({ TENANT_ID: '0012', TZ: 'UTC' });
  });
});

describe('the API key', () => {
  it('is in a Secret, and in no other object', async () => {
    const { Secret, ...others } = await template();
    expect(Secret?.['stringData']).toEqual({ RUNNER_API_KEY: 'key-of-the-group' });
    expect(JSON.stringify(others)).not.toContain('key-of-the-group');
  });

  it('restarts the pods when it changes', async () => {
    const checksum = async (key: string) =>
      (await template({ 'runner.RUNNER_API_KEY': key }))['Deployment']?.['spec'].template.metadata.annotations['checksum/api-key'];
    expect(await checksum('one')).not.toEqual(await checksum('two'));
    expect(await checksum('one')).toEqual(await checksum('one'));
  });

  it('comes from a Secret that is there', async () => {
    const made = await template({ 'runner.RUNNER_API_KEY': undefined, 'existingSecret.name': 'mine', 'existingSecret.key': 'key' });
    expect(made['Secret']).toBeUndefined();
    expect(environmentOf(made['Deployment'])['RUNNER_API_KEY']).toEqual({ secretKeyRef: { name: 'mine', key: 'key' } });
    expect(made['Deployment']?.['spec'].template.metadata.annotations).not.toHaveProperty('checksum/api-key');
  });

  it('of digits stays a text', async () => {
    const made = await template({ 'runner.RUNNER_API_KEY': '1234567890' });
    expect(made['Secret']?.['stringData']).toEqual({ RUNNER_API_KEY: '1234567890' });
  });
});

describe('what is refused, with the mend', () => {
  it.each<[string, Record<string, string | undefined>, string]>([
    ['no tenant', { 'runner.TENANT_ID': undefined }, 'runner.TENANT_ID is "": missing'],
    ['the placeholder of a tenant', { 'runner.TENANT_ID': 'your-tenant-id' }, 'runner.TENANT_ID is "your-tenant-id": missing'],
    ['the placeholder of a group', { 'runner.RUNNER_GROUP_ID': 'your-runner-group-id' }, '--set runner.RUNNER_GROUP_ID=<id>'],
    ['an id with a blank', { 'runner.TENANT_ID': 'a b' }, 'Allowed: 1 to 255 characters without blank and slash'],
    ['no key', { 'runner.RUNNER_API_KEY': undefined }, 'The API key is given in 0 ways'],
    ['two keys', { 'existingSecret.name': 'mine' }, 'The API key is given in 2 ways'],
    ['the placeholder of a key', { 'runner.RUNNER_API_KEY': 'your-api-key' }, 'runner.RUNNER_API_KEY holds a placeholder'],
    ['the placeholder of the manifest', { 'runner.RUNNER_ROLE_ARN': '<IAM_ROLE_HERE>' }, 'AxiomRunnerIAMRole'],
    [
      'the placeholder of the command',
      { 'runner.RUNNER_ROLE_ARN': 'arn:aws:iam::your-account-id:role/your-runner-role' },
      'not the ARN of one role',
    ],
    ['a proxy role without external id', { 'runner.AWS_SECRETS_MANAGER_ROLE_ARN': ROLE_ARN }, 'need each other'],
    ['an unknown variable', { 'runner.TENANTID': 'x' }, "additional properties 'TENANTID' not allowed"],
    ['an unknown value', { replicas: '3' }, "additional properties 'replicas' not allowed"],
    ['a text as number', { replicaCount: 'x' }, 'got string, want integer'],
    ['a tag as digest', { 'image.digest': 'latest' }, '/image/digest'],
    ['a name with a capital', { fullnameOverride: 'Runner' }, '/fullnameOverride'],
  ])('%s', async (_, values, message) => {
    expect(await refusalOf(values)).toContain(message);
  });

  it('all faults at once, and never the key', async () => {
    const refusal = await refusalOf({ 'runner.TENANT_ID': undefined, 'runner.RUNNER_GROUP_ID': undefined, 'existingSecret.name': 'mine' });
    expect(refusal).toMatch(/RUNNER_GROUP_ID.*TENANT_ID.*2 ways/s);
    expect(refusal).not.toContain('key-of-the-group');
  });
});

describe('the options', () => {
  it('choose the image by tag or digest', async () => {
    const imageOf = async (values: Record<string, string>) => podOf(await template(values)).containers[0].image;
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    expect(await imageOf({ 'image.repository': 'registry.example.com/runner', 'image.tag': '1.2' })).toBe(
      'registry.example.com/runner:1.2',
    );
    expect(await imageOf({ 'image.repository': 'registry.example.com/runner', 'image.digest': digest })).toBe(
      `registry.example.com/runner@${digest}`,
    );
  });

  it('name a second release otherwise, its labels and its service account too', async () => {
    const made = await template({ fullnameOverride: 'blue' });
    expect(Object.values(made).map(({ metadata }) => metadata.name)).toEqual(Array(Object.keys(made).length).fill('blue'));
    expect(made['Deployment']?.['spec'].selector.matchLabels).toEqual({ app: 'axiom-runner', 'app.kubernetes.io/instance': 'blue' });
    expect(podOf(made).serviceAccountName).toBe('blue');
  });

  it('take a service account that is there', async () => {
    const made = await template({ 'serviceAccount.create': 'false', 'serviceAccount.name': 'mine' });
    expect(made['ServiceAccount']).toBeUndefined();
    expect(podOf(made).serviceAccountName).toBe('mine');
  });

  it('annotate nothing without a role, for EKS Pod Identity', async () => {
    const made = await template({ 'runner.RUNNER_ROLE_ARN': undefined });
    expect(made['ServiceAccount']?.metadata.annotations).toBeUndefined();
  });

  it('let an autoscaler choose the number of pods', async () => {
    const made = await template({ 'autoscaling.enabled': 'true', 'autoscaling.maxReplicas': '9' });
    expect(made['Deployment']?.['spec']).not.toHaveProperty('replicas');
    expect(made['HorizontalPodAutoscaler']?.['spec']).toMatchObject({ maxReplicas: 9, scaleTargetRef: { name: 'axiom-runner' } });
  });

  it('limit where the pods connect to', async () => {
    const rules = async (values: Record<string, string>) =>
      JSON.stringify((await template({ 'networkPolicy.allowList': '{10.0.0.0/16}', ...values }))['NetworkPolicy']?.['spec'].egress);
    expect(await rules({})).toMatch(/"port":53.*169\.254\.170\.23\/32.*3\.120\.212\.105\/32.*10\.0\.0\.0\/16/);
    expect(await rules({ 'runner.AXIOM_ACTIONS_ADDRESS_AND_PORT': 'temporal.example.com:7233' })).not.toContain('3.120.212.105');
  });

  it('leave objects out', async () => {
    const made = await template({ 'networkPolicy.enabled': 'false', 'podDisruptionBudget.enabled': 'false' });
    expect(Object.keys(made).sort()).toEqual(['Deployment', 'Secret', 'ServiceAccount']);
  });

  it('probe the image of this project', async () => {
    const [container] = podOf(await template({ 'probes.enabled': 'true' })).containers;
    expect(container.readinessProbe.exec.command).toEqual(['axiomrunner', 'health']);
  });

  it('reach the pod as they are given', async () => {
    const values = {
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { pool: 'tools' },
      tolerations: [{ key: 'dedicated', operator: 'Exists' }],
      affinity: { podAntiAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
      resources: { requests: { cpu: '2' } },
      podLabels: { team: 'data', app: 'another' },
      podAnnotations: { team: 'data' },
      extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca' }],
      image: { pullPolicy: 'Always' },
    };
    const made = await template({}, ...(await valuesFile(values)));
    expect(podOf(made)).toMatchObject({
      imagePullSecrets: values.imagePullSecrets,
      nodeSelector: values.nodeSelector,
      tolerations: values.tolerations,
      affinity: values.affinity,
      topologySpreadConstraints: [{ maxSkew: 2, labelSelector: { matchLabels: { app: 'axiom-runner' } } }],
      volumes: [{ name: 'scratch' }, { name: 'ca' }],
      containers: [
        { resources: { requests: { cpu: '2' } }, volumeMounts: [{ name: 'scratch' }, { name: 'ca' }], imagePullPolicy: 'Always' },
      ],
    });
    const metadata = made['Deployment']?.['spec'].template.metadata;
    expect(metadata.labels).toMatchObject({ team: 'data', app: 'axiom-runner' });
    expect(metadata.annotations).toMatchObject({ team: 'data', 'eks.amazonaws.com/role-arn': ROLE_ARN });
  });
});
