import { generateKeyPair, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeAuthority } from './certificates.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './cleanup.js';
import { httpStatus } from './http-status.js';
import { kubernetesBinary } from './kubernetes-binary.js';
import { freePort, onPort } from './ports.js';
import type { Say } from './resolve.js';
import { ServerProcess } from './server-process.js';

export interface KubernetesOptions {
  /** The port of the API server on 127.0.0.1. @default a free port */
  readonly port?: number;
  /** The `iss` of service account tokens. @default 'https://kubernetes.default.svc.cluster.local' */
  readonly serviceAccountIssuer?: string;
  readonly say?: Say;
}

/**
 * A Kubernetes control plane: etcd, API server, controller manager and scheduler, with RBAC and Pod Security admission.
 * There is no node: a pod that is admitted stays Pending.
 */
export interface KubernetesServer {
  /** A file of mode 0600 for the cluster's administrator; it holds a token and names `caFile`. */
  readonly kubeconfigPath: string;
  /** The URL of the API server. */
  readonly server: string;
  /** The certificate authority to trust. */
  readonly caFile: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Starts Kubernetes, and resolves when the API server is ready and the namespace "default" has its service account. */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<KubernetesServer> {
  const binary = await kubernetesBinary(options.say);
  const directory = await makeTemporaryDirectory('axiom-kubernetes-');
  try {
    const files = await writeFiles(directory);
    return await onPort('Kubernetes', options.port, async (port) => {
      const server = `https://127.0.0.1:${port}`;
      const kubeconfigPath = join(directory, 'kubeconfig');
      await writeFile(kubeconfigPath, kubeconfig(server, files), { mode: 0o600 });
      const processes = await launch({ binary, directory, files, port, server, kubeconfigPath, issuer: options.serviceAccountIssuer });
      return {
        kubeconfigPath,
        server,
        caFile: files.caFile,
        stop: async () => {
          // The API server before etcd: it would wait for it.
          for (const each of [...processes].reverse()) await each.stop();
          await removeTemporaryDirectory(directory);
        },
      };
    });
  } catch (error) {
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

interface Files {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly serviceAccountKeyFile: string;
  readonly tokensFile: string;
  readonly adminToken: string;
}

interface Cluster {
  readonly binary: string;
  readonly directory: string;
  readonly files: Files;
  readonly port: number;
  readonly server: string;
  readonly kubeconfigPath: string;
  readonly issuer: string | undefined;
}

async function writeFiles(directory: string): Promise<Files> {
  const authority = await makeAuthority(directory);
  const server = await authority.issueServer();
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const serviceAccountKeyFile = join(directory, 'service-accounts.key');
  await writeFile(serviceAccountKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const adminToken = randomBytes(24).toString('base64url');
  const tokensFile = join(directory, 'tokens.csv');
  await writeFile(tokensFile, `${adminToken},admin,admin,system:masters\n`, { mode: 0o600 });
  return { caFile: authority.caFile, ...server, serviceAccountKeyFile, tokensFile, adminToken };
}

function kubeconfig(server: string, { caFile, adminToken }: Files): string {
  // JSON is YAML
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server, 'certificate-authority': caFile } }],
    users: [{ name: 'admin', user: { token: adminToken } }],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'admin' } }],
    'current-context': 'local',
  });
}

/** Starts the processes in order; when one fails, those before it are stopped. */
async function launch(cluster: Cluster): Promise<ServerProcess[]> {
  const { directory, files, server, kubeconfigPath } = cluster;
  const ca = await readFile(files.caFile);
  const started: ServerProcess[] = [];
  const start = (program: string, flags: Readonly<Record<string, string>>): ServerProcess => {
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    // A stop in order ends open watches, which takes a while.
    const process = new ServerProcess({
      what: program,
      command: cluster.binary,
      args: [program, ...args],
      cwd: directory,
      stopWithin: 20_000,
    });
    started.push(process);
    return process;
  };
  try {
    const etcd = { client: await freePort(), peer: await freePort() };
    const etcdUrl = `http://127.0.0.1:${etcd.client}`;
    await start('etcd', etcdFlags(directory, etcdUrl, `http://127.0.0.1:${etcd.peer}`)).ready(
      async () => (await httpStatus('GET', `${etcdUrl}/readyz`)) === 200,
      30_000,
    );
    const headers = { authorization: `Bearer ${files.adminToken}` };
    const isThere = async (path: string) => (await httpStatus('GET', `${server}${path}`, { headers, ca })) === 200;
    await start('kube-apiserver', apiServerFlags(cluster, etcdUrl)).ready(() => isThere('/readyz'), 60_000);
    const client = { kubeconfig: kubeconfigPath, 'leader-elect': 'false', 'secure-port': '0' };
    const controllers = start('kube-controller-manager', {
      ...client,
      'root-ca-file': files.caFile,
      'service-account-private-key-file': files.serviceAccountKeyFile,
      'use-service-account-credentials': 'true',
    });
    start('kube-scheduler', client);
    await controllers.ready(() => isThere('/api/v1/namespaces/default/serviceaccounts/default'), 60_000);
    return started;
  } catch (error) {
    for (const each of started.reverse()) await each.stop();
    throw error;
  }
}

function etcdFlags(directory: string, client: string, peer: string): Record<string, string> {
  return {
    name: 'local',
    'data-dir': join(directory, 'etcd'),
    'unsafe-no-fsync': 'true',
    'log-level': 'error',
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `local=${peer}`,
  };
}

function apiServerFlags({ files, port, issuer }: Cluster, etcd: string): Record<string, string> {
  return {
    'etcd-servers': etcd,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': String(port),
    // Without it the API server writes its address into the Service "kubernetes", which refuses loopback.
    'endpoint-reconciler-type': 'none',
    'service-cluster-ip-range': '10.96.0.0/24',
    'tls-cert-file': files.certFile,
    'tls-private-key-file': files.keyFile,
    'token-auth-file': files.tokensFile,
    'authorization-mode': 'Node,RBAC',
    'allow-privileged': 'true',
    'service-account-issuer': issuer ?? 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': files.serviceAccountKeyFile,
    'service-account-signing-key-file': files.serviceAccountKeyFile,
  };
}
