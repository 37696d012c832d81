import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type KubernetesServer, startKubernetes } from '@axiom-runner/local-servers';
import { AGENT_HELM_CHART } from '../../contract/agent.js';
import { parseAgentConfig } from '../../runner-runtime/src/agent/config/read-agent-config.js';
import { CHART_PARENT, type CommandLine, commandLine, type KubernetesObject } from './support/kubernetes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

// biome-ignore lint/suspicious/noExplicitAny: as deep as the kind's own schema
type Json = any;

/** The values that stand for those of `apps/secret-agent-pod.ts`. */
const VALUES = {
  image: 'registry.example.com/runner:1',
  applications: { shop: { allow: ['db-production'] } },
  config: {
    cache: { ttl: 60 },
    rotation: { hooks: [{ name: 'file', secrets: ['*'], file: { path: '/tmp/x', template: '$(HOME) {{password}}' } }] },
  },
};
const SHOP = `apiVersion: v2
name: shop
version: 1.0.0
dependencies: [{name: ${AGENT_HELM_CHART}, version: '*'}]
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      automountServiceAccountToken: false
      securityContext: {fsGroup: 65532, runAsNonRoot: true}
      initContainers:
        {{- include "${AGENT_HELM_CHART}.container" .Values.secretAgent | nindent 8 }}
      containers:
        - name: shop
          image: registry.example.com/shop
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
            seccompProfile: {type: RuntimeDefault}
          env:
            {{- include "${AGENT_HELM_CHART}.env" . | nindent 12 }}
          volumeMounts:
            {{- include "${AGENT_HELM_CHART}.volumeMounts" "shop" | nindent 12 }}
      volumes:
        {{- include "${AGENT_HELM_CHART}.volumes" .Values.secretAgent | nindent 8 }}
`;

let cluster: KubernetesServer;
let tools: CommandLine;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'axiom-agent-chart-'));
  await cp(join(CHART_PARENT, AGENT_HELM_CHART), join(folder, 'shop/charts', AGENT_HELM_CHART), { recursive: true });
  await writeFile(join(folder, 'shop/Chart.yaml'), SHOP);
  await writeFile(join(folder, 'shop/values.yaml'), JSON.stringify({ secretAgent: VALUES }));
  const templates = join(folder, 'shop/templates');
  await mkdir(templates);
  await writeFile(join(templates, 'deployment.yaml'), DEPLOYMENT);
  cluster = await startKubernetes();
  tools = await commandLine(cluster.kubeconfigPath);
}, 900_000);

afterAll(async () => {
  await tools?.dispose();
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const chart = () => join(folder, 'shop');

/** The pod of the Deployment `shop` that is applied to a namespace which admits only pods that keep to "restricted". */
async function admittedPod(namespace: string, apply: (namespace: string) => Promise<unknown>): Promise<Json> {
  await tools.kubectl('create', 'namespace', namespace);
  await tools.kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
  await apply(namespace);
  for (;;) {
    const { items }: { items: KubernetesObject[] } = JSON.parse(await tools.kubectl('get', 'pods', '-n', namespace, '-o', 'json'));
    if (items[0] !== undefined) return items[0]['spec'];
    const { status = {} } = JSON.parse(await tools.kubectl('get', 'deployment', 'shop', '-n', namespace, '-o', 'json'));
    const failed = (status.conditions ?? []).find(({ type }: { type: string }) => type === 'ReplicaFailure');
    if (failed !== undefined) throw new Error(failed.message);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const agentOf = (pod: Json): Json => pod.initContainers.find(({ name }: Json) => name === 'secret-agent');
const applicationOf = (pod: Json): Json => pod.containers.find(({ name }: Json) => name === 'shop');

describe.each(['chart', 'construct'] as const)('an application with the agent of the %s', (form) => {
  let pod: Json;

  beforeAll(async () => {
    pod = await admittedPod(form, async (namespace) => {
      if (form === 'chart') return tools.helm('install', 'shop', chart(), '-n', namespace);
      const app = ['ts-node', '--project', 'tsconfig.json', 'test/e2e/apps/secret-agent-pod.ts'];
      const { stdout } = await promisify(execFile)('npx', app, { cwd: ROOT });
      const manifest = join(folder, 'construct.yaml');
      await writeFile(manifest, stdout);
      return tools.kubectl('apply', '-f', manifest, '-n', namespace);
    });
  }, 120_000);

  it('is admitted where Pod Security "restricted" is enforced, the agent as a sidecar', () => {
    expect(agentOf(pod)).toMatchObject({ restartPolicy: 'Always', args: ['agent'] });
    expect(agentOf(pod)).not.toHaveProperty('ports');
  });

  it('gives the agent a configuration that it reads', () => {
    const [{ value }] = agentOf(pod).env;
    // As the kubelet expands it.
    const settings = parseAgentConfig(value.replaceAll('$$', '$'), 'the pod');
    expect(settings).toMatchObject({
      state: '/var/lib/axiomrunner/agent',
      cache: { ttl: 60 },
      listen: { address: 'localhost:8787' },
      applications: { shop: { allow: ['db-production'], token_file: '/run/axiomrunner/shop/token', token_file_mode: 0o440 } },
    });
    expect(settings.rotation.hooks[0]?.file?.template).toBe('$(HOME) {{password}}');
  });

  it('lets the application see its token in the volume that the agent writes it into', () => {
    const [mount] = applicationOf(pod).volumeMounts.filter(({ mountPath }: Json) => mountPath === '/run/axiomrunner');
    expect(mount).toMatchObject({ readOnly: true });
    expect(agentOf(pod).volumeMounts).toContainEqual({ mountPath: '/run/axiomrunner/shop', name: mount.name });
    expect(pod.volumes).toContainEqual({ name: mount.name, emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } });
  });
});

it('the chart makes what the construct makes', async () => {
  const specOf = async (namespace: string) => {
    const { items } = JSON.parse(await tools.kubectl('get', 'pods', '-n', namespace, '-o', 'json'));
    const { initContainers, volumes, containers } = items[0].spec;
    const [{ env, volumeMounts }] = containers;
    const [{ env: configuration, ...agent }] = initContainers;
    const byName = (list: { name: string }[]) => [...list].sort((a, b) => a.name.localeCompare(b.name));
    return { agent, configuration: JSON.parse(configuration[0].value), volumes: byName(volumes), env, volumeMounts };
  };
  expect(await specOf('chart')).toEqual(await specOf('construct'));
}, 30_000);

describe('the chart', () => {
  it.each([
    ['no image', ['--set', 'secretAgent.image=null'], 'image is missing'],
    ['no application', ['--set', 'secretAgent.applications=null'], 'applications is empty'],
    ['an application without secrets', ['--set', 'secretAgent.applications.shop.allow=null'], 'applications.shop.allow is empty'],
    ['a name that no volume can have', ['--set', 'secretAgent.applications.Shop.allow={a}'], 'the application "Shop"'],
    ['a place to listen', ['--set', 'secretAgent.config.listen.address=0.0.0.0:1'], 'config.listen is given'],
  ])('refuses %s', async (_, values, message) => {
    const { code, stderr } = await tools.tryHelm('template', 'shop', chart(), ...values);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });

  it('passes helm lint with the chart around it, warnings counting as faults', async () => {
    expect(await tools.helm('lint', '--strict', chart())).toContain('0 chart(s) failed');
  });

  it('installs nothing by itself', async () => {
    const { code, stderr } = await tools.tryHelm('install', 'agent', AGENT_HELM_CHART);
    expect(code).not.toBe(0);
    expect(stderr).toContain('library charts are not installable');
  });
});
