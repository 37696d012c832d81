import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { httpStatus } from '../src/http-status.js';
import { type KubernetesServer, type KubernetesTools, kubernetesTools, startKubernetes, stopAll } from '../src/index.js';

const run = promisify(execFile);
let tools: KubernetesTools;
let cluster: KubernetesServer;
// The first start on a machine builds Kubernetes.
beforeAll(async () => {
  tools = await kubernetesTools();
  cluster = await startKubernetes();
}, 1_800_000);
afterAll(stopAll);

async function kubectl(...args: string[]): Promise<string> {
  return (await run(tools.kubectl, ['--kubeconfig', cluster.kubeconfigPath, ...args])).stdout;
}

/** A pod of a service account that exists already: that of a new namespace comes a moment later. */
function pod(name: string, securityContext: object): string {
  const container = { name: 'main', image: 'example.com/main:1', securityContext };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { serviceAccountName: 'worker', containers: [container] },
  });
}

async function apply(namespace: string, manifest: string): Promise<string> {
  const applying = run(tools.kubectl, ['--kubeconfig', cluster.kubeconfigPath, '--namespace', namespace, 'apply', '--filename', '-']);
  applying.child.stdin?.end(manifest);
  return (await applying).stdout;
}

it('lists the namespaces of a new cluster', async () => {
  expect(await kubectl('get', 'namespaces', '--output', 'name')).toContain('namespace/kube-system\n');
});

it('is of the version that its sources name', async () => {
  const { serverVersion } = JSON.parse(await kubectl('version', '--output', 'json'));
  expect(serverVersion.gitVersion).toMatch(/^v1\.36\.\d+$/);
});

it('keeps the kubeconfig to its user', async () => {
  expect((await stat(cluster.kubeconfigPath)).mode & 0o777).toBe(0o600);
});

it('refuses a caller without a token', async () => {
  const ca = await readFile(cluster.caFile);
  expect(await httpStatus('GET', `${cluster.server}/api/v1/secrets`, { ca })).toBe(403);
});

describe('a namespace that enforces the restricted Pod Security standard', () => {
  beforeAll(async () => {
    await kubectl('create', 'namespace', 'locked');
    await kubectl('label', 'namespace', 'locked', 'pod-security.kubernetes.io/enforce=restricted');
    await kubectl('--namespace', 'locked', 'create', 'serviceaccount', 'worker');
  });

  it('refuses a pod that may run as root', async () => {
    await expect(apply('locked', pod('root', {}))).rejects.toThrow('violates PodSecurity "restricted');
  });

  it('admits a pod that keeps to it', async () => {
    const restricted = {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    };
    expect(await apply('locked', pod('restricted', restricted))).toBe('pod/restricted created\n');
  });
});

describe('a service account', () => {
  beforeAll(async () => {
    await kubectl('create', 'namespace', 'team');
    await kubectl('--namespace', 'team', 'create', 'serviceaccount', 'worker');
  });

  it('gets a token for an audience by TokenRequest', async () => {
    const token = await kubectl('--namespace', 'team', 'create', 'token', 'worker', '--audience', 'sts.amazonaws.com');
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      aud: ['sts.amazonaws.com'],
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: 'system:serviceaccount:team:worker',
    });
  });

  it('may do what a role binding allows, and nothing else', async () => {
    const may = (...args: string[]) =>
      kubectl('auth', 'can-i', ...args, '--namespace', 'team', '--as', 'system:serviceaccount:team:worker').catch(({ stdout }) => stdout);
    expect(await may('get', 'secrets')).toBe('no\n');
    await kubectl('--namespace', 'team', 'create', 'role', 'reader', '--verb=get', '--resource=secrets');
    await kubectl('--namespace', 'team', 'create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=team:worker');
    expect(await may('get', 'secrets')).toBe('yes\n');
    expect(await may('delete', 'secrets')).toBe('no\n');
  });
});

it('comes with helm 4', async () => {
  expect((await run(tools.helm, ['version', '--template', '{{.Version}}'])).stdout).toMatch(/^v4\./);
});

it('leaves nothing behind when it is stopped', async () => {
  const other = await startKubernetes();
  const ca = await readFile(other.caFile);
  await other.stop();
  expect(await httpStatus('GET', `${other.server}/readyz`, { ca })).toBe(0);
  await expect(stat(dirname(other.kubeconfigPath))).rejects.toThrow('ENOENT');
}, 60_000);
