import { stopAll } from '@axiom-runner/local-servers';
import { element, query, root } from '../../local-servers/test/aws-call.js';
import { deployHost, type HostDeployment, LOG_OF_CDKS_FUNCTION } from './support/host-deployments.js';
import { userDataOf } from './support/launch-template.js';

let runners: HostDeployment;

beforeAll(async () => {
  const changes = { 'axiom:desiredCount': '3', 'axiom:logLevel': 'debug', 'axiom:allowed': 'postgresql/1,github/acme' };
  runners = await deployHost('AxiomEc2Runner', { host: 'ec2' }, changes);
}, 180_000);
afterAll(async () => {
  await runners?.dispose();
  await stopAll();
});

const group = () => query(runners.account.emulator, root, 'autoscaling', { Action: 'DescribeAutoScalingGroups' });
const userData = () => userDataOf(runners.account.emulator, runners.made['launchTemplates']?.[0] ?? '');

it('runs one instance in private subnets of a new network, with a state key, a ledger and monitoring', async () => {
  expect(element(await group(), 'DesiredCapacity')).toBe('1');
  expect(runners.made).toMatchObject({ secrets: [expect.any(String)], tables: [expect.any(String)], dashboards: [expect.any(String)] });
  expect(await userData()).toContain(`RUNNER_LEDGER_TABLE=${runners.made['tables']?.[0]}`);
  expect(runners.made['alarms']).toEqual(expect.arrayContaining([expect.stringContaining('OverdueRevocations')]));
});

it('shows no difference after the deployment', async () => {
  expect(await runners.diff()).toMatch(/There were no differences|differences: 0/);
}, 60_000);

it('is changed in place by other settings: nothing is made anew', async () => {
  expect(await runners.update()).toEqual({ added: {}, gone: {} });
  expect(element(await group(), 'DesiredCapacity')).toBe('3');
  const script = await userData();
  expect(script).toContain('RUNNER_LOG_LEVEL=debug');
  expect(script).toContain('RUNNER_ALLOWED=postgresql/1,github/acme');
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
