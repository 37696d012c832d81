import { type KubernetesServer, startKubernetes, stopAll } from '@axiom-runner/local-servers';
import { type ClusterPrograms, clusterPrograms } from './support/cluster-programs.js';
import { deployHost, type HostDeployment } from './support/host-deployments.js';
import { type CommandLine, commandLine, environmentOf, type KubernetesObject } from './support/kubernetes.js';

const CLUSTER = 'apps';
const KUBECTL_ROLE = 'arn:aws:iam::123456789012:role/kubectl';
const PROVIDER = 'arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';

let cluster: KubernetesServer;
let tools: CommandLine;
let programs: ClusterPrograms;
let runners: HostDeployment;

beforeAll(async () => {
  cluster = await startKubernetes();
  tools = await commandLine(cluster.kubeconfigPath);
  programs = await clusterPrograms(cluster, CLUSTER, KUBECTL_ROLE);
  const required = {
    host: 'eks',
    'axiom:clusterName': CLUSTER,
    'axiom:kubectlRoleArn': KUBECTL_ROLE,
    'axiom:oidcProviderArn': PROVIDER,
  };
  const changes = { 'axiom:logLevel': 'debug', 'axiom:allowed': 'postgresql/1,github/acme' };
  runners = await deployHost('AxiomEksRunner', required, changes, { functionPrograms: programs.folder });
}, 900_000);
afterAll(async () => {
  await runners?.dispose();
  await programs?.dispose();
  await tools?.dispose();
  await stopAll();
}, 60_000);

const deployment = async (): Promise<KubernetesObject> =>
  JSON.parse(await tools.kubectl('get', 'deployment', 'axiom-runner', '-n', 'axiom', '-o', 'json'));
const serviceAccount = async (): Promise<KubernetesObject> =>
  JSON.parse(await tools.kubectl('get', 'serviceaccount', 'axiom-runner', '-n', 'axiom', '-o', 'json'));
const namespaces = () => tools.kubectl('get', 'namespaces', '-o', 'name');

it('applies the runners to the cluster, with the role, the state key and the ledger that it made', async () => {
  expect(environmentOf(await deployment())).toMatchObject({
    TENANT_ID: '42',
    RUNNER_STATE_KEY_SECRET_ID: expect.stringContaining(`:secret:${runners.made['secrets']?.[0]}-`),
    RUNNER_LEDGER_TABLE: runners.made['tables']?.[0],
  });
  const role = (await serviceAccount()).metadata.annotations?.['eks.amazonaws.com/role-arn'] ?? '';
  expect(runners.made['roles']).toContain(role.split('/').at(-1));
  expect(runners.made['dashboards']).toHaveLength(1);
  expect(runners.made['alarms']).toEqual(expect.arrayContaining([expect.stringContaining('OverdueRevocations')]));
});

it('shows no difference after the deployment', async () => {
  expect(await runners.diff()).toMatch(/There were no differences|differences: 0/);
}, 60_000);

it('is changed in place by other settings: nothing is made anew, the deployment is the same', async () => {
  const before = await deployment();
  expect(await runners.update()).toEqual({ added: {}, gone: {} });
  const after = await deployment();
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(environmentOf(after)).toMatchObject({ RUNNER_LOG_LEVEL: 'debug', RUNNER_ALLOWED: 'postgresql/1,github/acme' });
}, 60_000);

it('leaves nothing behind when everything is to be destroyed, neither in the account nor in the cluster', async () => {
  expect(await runners.destroy()).toEqual({});
  expect(await namespaces()).not.toContain('axiom');
}, 60_000);

it('leaves state key and ledger behind by default', async () => {
  await runners.deployAgain();
  expect(await runners.destroy()).toEqual({
    secrets: [expect.stringContaining('RunnerStateKey')],
    tables: [expect.stringContaining('RunnerLedger')],
  });
}, 60_000);
