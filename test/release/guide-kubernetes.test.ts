import { join } from 'node:path';
import { type KubernetesServer, kubernetesTools, startKubernetes } from '@axiom-runner/local-servers';
import { type DownloadSite, serveFolder } from './support/download-site.js';
import { type Ended, release, run, temporaryFolder, VERSION } from './support/release-command.js';

/** What the published guide has users type for Kubernetes, against a real API server; the download's address is on loopback. */

let site: DownloadSite;
let cluster: KubernetesServer;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await temporaryFolder();
  site = await serveFolder(join(folder.path, 'site'));
  await release(['--dry-run', '--only', 'archives,charts', '--output', join(folder.path, 'site'), '--base-url', site.url]);
  cluster = await startKubernetes();
  const { helm, kubectl } = await kubernetesTools();
  environment = {
    PATH: [join(helm, '..'), join(kubectl, '..'), process.env['PATH']].join(':'),
    HOME: folder.path,
    KUBECONFIG: cluster.kubeconfigPath,
  };
}, 900_000);

afterAll(async () => {
  await site?.stop();
  await cluster?.stop();
  await folder.dispose();
}, 60_000);

/** Types commands into a shell. */
const type = (commands: string): Promise<Ended> => run('bash', ['-c', commands.replaceAll('<site>', site.url)], environment, folder.path);

const VALUES =
  '--set runner.RUNNER_ROLE_ARN=arn:aws:iam::111122223333:role/axiomrunner-role --set runner.RUNNER_GROUP_ID=987654321098765 --set runner.RUNNER_API_KEY=key-of-the-group --set runner.TENANT_ID=0012';

it('download, unzip, helm upgrade --install: the runner of the guide is there', async () => {
  const { code, stderr } = await type(
    `wget --quiet <site>/releases/latest/axiom-runner-helm-v2.zip
     unzip -q axiom-runner-helm-v2.zip
     helm upgrade --install axiom-runner-v2 ./axiom-runner-helm-v2 -n axiom --create-namespace ${VALUES}`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('Error') });
  expect((await type('kubectl get deployment/axiom-runner -n axiom -o jsonpath={.metadata.labels.app}')).stdout).toBe('axiom-runner');
}, 120_000);

it('helm repo add, helm upgrade --install: the same chart from the repository of charts', async () => {
  const { code, stderr } = await type(
    `helm repo add axiom <site>/charts && \\
     helm upgrade --install axiom-runner-v2 axiom/axiom-runner-helm-v2 -n from-repository --create-namespace ${VALUES}`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('Error') });
  const { stdout } = await type('helm list -n from-repository -o json');
  expect(JSON.parse(stdout)).toMatchObject([{ chart: `axiom-runner-helm-v2-${VERSION}`, status: 'deployed' }]);
  // The checksum is that of the secret's object, its namespace included.
  expect((await type('helm get manifest axiom-runner-v2 -n from-repository | grep -v "^# Source\\|checksum/"')).stdout).toBe(
    (await type('helm get manifest axiom-runner-v2 -n axiom | grep -v "^# Source\\|checksum/"')).stdout,
  );
}, 120_000);

it('helm pull: the library chart of the secret agent as well', async () => {
  const { code, stderr } = await type(
    `helm pull axiom/axiom-secret-agent --version ${VERSION} && tar -tzf axiom-secret-agent-${VERSION}.tgz`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}, 60_000);

it('download the manifest, fill it in, kubectl apply', async () => {
  const { code, stderr, stdout } = await type(
    `wget --quiet <site>/releases/latest/kubernetes/eks-runner-kubernetes.yaml
     sed -i 's|<IAM_ROLE_HERE>|arn:aws:iam::111122223333:role/axiomrunner-role|; s|<TENANT_ID>|acme|; s|<RUNNER_GROUP_ID>|rg-1|; s|<RUNNER_API_KEY>|key-of-the-group|' eks-runner-kubernetes.yaml
     kubectl create namespace plain
     kubectl apply -f eks-runner-kubernetes.yaml -n plain`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('deployment.apps/axiom-runner created');
}, 60_000);
