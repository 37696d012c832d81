import { stopAll } from '@axiom-runner/local-servers';
import { json } from '../../local-servers/test/aws-call.js';
import { deployHost, type HostDeployment, LOG_OF_CDKS_FUNCTION } from './support/host-deployments.js';

let runners: HostDeployment;

beforeAll(async () => {
  const changes = { 'axiom:desiredCount': '3', 'axiom:logLevel': 'debug', 'axiom:allowed': 'postgresql/1,github/acme' };
  runners = await deployHost('AxiomEcsRunner', { host: 'ecs' }, changes);
}, 180_000);
afterAll(async () => {
  await runners?.dispose();
  await stopAll();
});

const ask = async (action: string, input: object) => {
  const { emulator, id } = runners.account;
  return JSON.parse((await json(emulator, { id, secret: 'test' }, 'ecs', action, input)).body);
};
const service = async () => {
  const { ClusterName: cluster, ServiceName: name } = runners.outputs;
  return (await ask('DescribeServices', { cluster, services: [name] })).services[0];
};
const environment = async () => {
  const { taskDefinition } = await ask('DescribeTaskDefinition', { taskDefinition: (await service()).taskDefinition });
  const variables: readonly { readonly name: string; readonly value: string }[] = taskDefinition.containerDefinitions[0].environment;
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
};

it('runs two tasks in private subnets of a new network, with a state key, a ledger and monitoring', async () => {
  expect(await service()).toMatchObject({ status: 'ACTIVE', desiredCount: 2 });
  expect((await service()).networkConfiguration.awsvpcConfiguration).toMatchObject({ assignPublicIp: 'DISABLED' });
  expect(await environment()).toMatchObject({
    RUNNER_STATE_KEY_SECRET_ID: expect.stringContaining(`:secret:${runners.made['secrets']?.[0]}-`),
    RUNNER_LEDGER_TABLE: runners.made['tables']?.[0],
  });
  expect(runners.made['dashboards']).toHaveLength(1);
  expect(runners.made['alarms']).toEqual(expect.arrayContaining([expect.stringContaining('OverdueRevocations')]));
});

it('shows no difference after the deployment', async () => {
  expect(await runners.diff()).toMatch(/There were no differences|differences: 0/);
}, 60_000);

it('is changed in place by other settings: only the task definition is a new one', async () => {
  const { serviceArn } = await service();
  const { added, gone } = await runners.update();
  expect(added).toEqual({ taskDefinitions: [expect.stringMatching(/:2$/)] });
  expect(gone).toEqual({ taskDefinitions: [expect.stringMatching(/:1$/)] });
  expect(await service()).toMatchObject({ serviceArn, desiredCount: 3 });
  expect(await environment()).toMatchObject({ RUNNER_LOG_LEVEL: 'debug', RUNNER_ALLOWED: 'postgresql/1,github/acme' });
}, 60_000);

it('leaves nothing behind when everything is to be destroyed', async () => {
  expect(await runners.destroy()).toEqual({ logGroups: [LOG_OF_CDKS_FUNCTION] });
}, 60_000);

it('leaves state key, ledger and logs behind by default', async () => {
  await runners.deployAgain();
  expect(await runners.destroy()).toEqual({
    logGroups: expect.arrayContaining([
      expect.stringContaining('RunnerLogs'),
      expect.stringContaining('NetworkLogs'),
      LOG_OF_CDKS_FUNCTION,
    ]),
    secrets: [expect.stringContaining('RunnerStateKey')],
    tables: [expect.stringContaining('RunnerLedger')],
  });
}, 60_000);
