import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { type AwsEmulator, freePort, startAwsEmulator, startTemporal, stopAll, type TemporalServer } from '@axiom-runner/local-servers';
import { anInstance, type Download, type Instance, serveBundle } from './support/ec2-instance.js';
import { rootOf, secretsManagerOf } from './support/identities.js';
import { deployedUserData } from './support/launch-template.js';

const API_KEY = 'a-key-that-nobody-may-see';

let temporal: TemporalServer;
let emulator: AwsEmulator;
let download: Download;
let apiKeySecretArn: string;
let userData: string;
let instance: Instance;

beforeAll(async () => {
  [temporal, emulator, download] = await Promise.all([startTemporal({ namespaces: ['acme'] }), startAwsEmulator(), serveBundle()]);
  const store = secretsManagerOf(emulator, rootOf({ emulator, id: '123456789012' }));
  const { ARN = '' } = await store.send(new CreateSecretCommand({ Name: 'axiom-runner-key', SecretString: API_KEY }));
  apiKeySecretArn = ARN;
  userData = await deployedUserData(emulator, {
    TenantId: 'acme',
    RunnerGroupId: 'rg-1',
    ApiKeySecretArn: apiKeySecretArn,
    ArtifactUrl: download.url,
    ArtifactSha256: download.sha256,
    VpcId: 'vpc-12345678',
    SubnetIds: 'subnet-12345678',
    ControlPlaneAddress: temporal.address,
  });
}, 120_000);

afterAll(async () => {
  await download?.dispose();
  await stopAll();
}, 60_000);

beforeEach(async () => {
  instance = await anInstance();
});

afterEach(() => instance.dispose(), 30_000);

/** What an instance has by itself: credentials of its role, and here a control plane without TLS. */
async function boot(text: string) {
  return instance.boot(text, {
    ...emulator.environment,
    AXIOM_TLS: 'off',
    RUNNER_HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
    CURL_CA_BUNDLE: download.caFile,
  });
}

const startLines = async () =>
  (await instance.read('/var/log/axiom-runner/runner.log')).match(/Started Axiom Runner .*TaskQueue = rg-1/g) ?? [];

describe('the user data of the deployed template', () => {
  it('brings up a runner that takes tasks, and tells CloudFormation', async () => {
    expect(await boot(userData)).toEqual({ code: 0, output: expect.any(String) });
    expect(await startLines()).toHaveLength(1);
    const calls = (await instance.calls()).split('\n');
    expect(calls).toContainEqual(
      expect.stringMatching(/^cfn-signal --exit-code 0 .*--stack axiom-ec2-runner --resource RunnerGroupASG\w+ --region us-east-1$/),
    );
    expect(calls).toContain('dnf install --assumeyes --quiet --repo=amazonlinux nodejs24');
  }, 120_000);

  it('writes the settings of the parameters into the env file, and no key anywhere', async () => {
    await boot(userData);
    const lines = (await instance.read('/etc/axiom-runner/env')).trim().split('\n');
    expect(Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)))).toEqual({
      AWS_REGION: 'us-east-1',
      TENANT_ID: 'acme',
      RUNNER_GROUP_ID: 'rg-1',
      RUNNER_API_KEY_SECRET_ID: apiKeySecretArn,
      SECRETS_STORE_ENGINE: 'aws-secrets-manager',
      WORKFLOW_RESULT_TASK_QUEUE: 'AxiomWorkflowResultHandlerTaskQueue',
      WORKFLOW_RESULT_ACTIVITY_NAME: 'HandleWorkflowResult',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: temporal.address,
      AWS_SECRETS_MANAGER_ROLE_ARN: '',
      AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: '',
      RUNNER_STATE_KEY_SECRET_ID: expect.stringMatching(/^arn:aws:secretsmanager:/),
    });
    expect(await instance.modeOf('/etc/axiom-runner/env')).toBe(0o640);
    expect(await instance.calls()).toMatch(/^chown root:axiom-runner \S+\/env$/m);
    expect(userData + (await instance.read('/var/log/axiom-runner/runner.log'))).not.toContain(API_KEY);
  }, 120_000);

  it('configures the CloudWatch agent with JSON that names the log group', async () => {
    await boot(userData);
    const { logs, metrics } = JSON.parse(await instance.read('/etc/axiom-runner/cloudwatch-agent.json'));
    expect(logs.logs_collected.files.collect_list).toEqual([
      expect.objectContaining({ log_group_name: expect.stringContaining('RunnerLogs'), log_stream_name: '{instance_id}' }),
    ]);
    expect(metrics.metrics_collected.mem.append_dimensions).toEqual({ RunnerGroupId: 'rg-1' });
    expect(await instance.calls()).toMatch(/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/);
  }, 120_000);

  it('runs nothing that has another checksum, and tells CloudFormation', async () => {
    const { code, output } = await boot(userData.replaceAll(download.sha256, 'f'.repeat(64)));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('The runner did not start (exit code 1)') });
    expect(await instance.read('/opt/axiom-runner/axiomrunner')).toBe('');
    expect(await instance.calls()).toMatch(/^cfn-signal --exit-code 1 /m);
  }, 120_000);

  it('gives up with the words of the doctor when the runner does not take tasks', async () => {
    const { code, output } = await boot(userData.replaceAll(temporal.address, `127.0.0.1:${await freePort()}`));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('CONTROL_PLANE_UNREACHABLE') });
    expect(output).not.toContain(API_KEY);
    expect(await instance.calls()).toMatch(/^cfn-signal --exit-code 1 /m);
  }, 180_000);

  it('refuses a machine of another kind', async () => {
    const { code, output } = await boot(userData.replaceAll('!= x86_64', '!= riscv64'));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('change instanceType or machineImage') });
  }, 60_000);
});
