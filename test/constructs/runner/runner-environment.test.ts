import { CfnParameter, Duration, SecretValue } from 'aws-cdk-lib';
import { envFile } from '../../../constructs/runner/env-file';
import { runnerEnvironment } from '../../../constructs/runner/runner-environment';
import { RunnerLogLevel, type RunnerSettings } from '../../../constructs/runner/runner-settings';
import { ENVIRONMENT } from '../../../contract/environment';
import { aStack, refusalOf } from '../../support/synth';

const MINIMUM: RunnerSettings = { tenantId: 'tenant-1', runnerGroupId: '4711' };
const PUBLIC_KEY = { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ' };
const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const ALL: Required<RunnerSettings> = {
  ...MINIMUM,
  controlPlaneAddress: 'temporal.example.com:7233',
  temporalNamespace: 'prod.a1b2c',
  taskQueue: 'runners',
  resultTaskQueue: 'results',
  resultActivityName: 'TakeResult',
  secretStoreRegion: 'eu-west-1',
  taskVerificationKey: JSON.stringify(PUBLIC_KEY, undefined, 2),
  recipientKeys: JSON.stringify({ keys: [PUBLIC_KEY] }),
  maxAccessDuration: Duration.hours(8),
  allowed: ['postgresql/db.example.com', 'mysql/db.example.com:3306'],
  policy: 'permit (principal, action, resource);\n',
  maxConcurrentTasks: 10,
  logLevel: RunnerLogLevel.DEBUG,
  httpsProxy: 'http://proxy.example.com:3128',
  noProxy: ['.example.com', '10.0.0.0/8'],
  caCertificates: PEM,
  environment: { RUNNER_HEALTH_ADDRESS: 'off', TZ: 'UTC' },
};
const PRIVATE_KEY = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n';
const aSecret = () => SecretValue.secretsManager('example').unsafeUnwrap();
const REFERENCES = {
  apiKeySecretId: 'axiom-runner/api-key',
  stateKeySecretId: 'axiom-runner/state-key',
  ledgerTable: 'ledger',
  proxyRoleArn: 'arn:aws:iam::444455556666:role/Axiom-Security-SecretsManagerRole',
  proxyRoleExternalId: '8f14e45fceea167a',
};

const rendered = (settings: Partial<RunnerSettings> = {}, references = {}) =>
  runnerEnvironment(aStack(), { ...MINIMUM, ...settings }, references);

describe('the environment of a runner', () => {
  it("says the published guide's seven variables, and leaves all else to the runtime", () => {
    expect(rendered({}, { apiKeySecretId: 'axiom-runner/api-key' })).toEqual({
      TENANT_ID: 'tenant-1',
      RUNNER_GROUP_ID: '4711',
      RUNNER_API_KEY_SECRET_ID: 'axiom-runner/api-key',
      SECRETS_STORE_ENGINE: 'aws-secrets-manager',
      WORKFLOW_RESULT_TASK_QUEUE: 'AxiomWorkflowResultHandlerTaskQueue',
      WORKFLOW_RESULT_ACTIVITY_NAME: 'HandleWorkflowResult',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: 'axiomactions.axiom.security:443',
    });
  });

  it('says every setting', () => {
    expect(rendered(ALL, REFERENCES)).toEqual({
      TENANT_ID: 'tenant-1',
      RUNNER_GROUP_ID: '4711',
      RUNNER_API_KEY_SECRET_ID: 'axiom-runner/api-key',
      SECRETS_STORE_ENGINE: 'aws-secrets-manager',
      WORKFLOW_RESULT_TASK_QUEUE: 'results',
      WORKFLOW_RESULT_ACTIVITY_NAME: 'TakeResult',
      AXIOM_ACTIONS_ADDRESS_AND_PORT: 'temporal.example.com:7233',
      AWS_SECRETS_MANAGER_REGION: 'eu-west-1',
      AWS_SECRETS_MANAGER_ROLE_ARN: REFERENCES.proxyRoleArn,
      AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID: REFERENCES.proxyRoleExternalId,
      AXIOM_NAMESPACE: 'prod.a1b2c',
      AXIOM_TASK_QUEUE: 'runners',
      AXIOM_TASK_VERIFICATION_KEY: JSON.stringify(PUBLIC_KEY),
      RUNNER_RECIPIENT_KEYS: JSON.stringify({ keys: [PUBLIC_KEY] }),
      RUNNER_STATE_KEY_SECRET_ID: 'axiom-runner/state-key',
      RUNNER_LEDGER_TABLE: 'ledger',
      RUNNER_MAX_DURATION: '28800s',
      RUNNER_ALLOWED: 'postgresql/db.example.com,mysql/db.example.com:3306',
      RUNNER_POLICY: Buffer.from(ALL.policy).toString('base64'),
      RUNNER_MAX_CONCURRENT_TASKS: '10',
      RUNNER_LOG_LEVEL: 'debug',
      RUNNER_HEALTH_ADDRESS: 'off',
      HTTPS_PROXY: 'http://proxy.example.com:3128',
      NO_PROXY: '.example.com,10.0.0.0/8',
      RUNNER_CA_CERTIFICATES: Buffer.from(PEM).toString('base64'),
      TZ: 'UTC',
    });
  });

  it('has the order of the contract, so that a template differs only where a setting does', () => {
    const order = ENVIRONMENT.map(({ name }) => name).filter((name) => name in rendered(ALL, REFERENCES));
    expect(Object.keys(rendered(ALL, REFERENCES))).toEqual([...order, 'TZ']);
  });

  it('takes references that only CloudFormation knows', () => {
    const stack = aStack();
    const token = (name: string) => new CfnParameter(stack, name).valueAsString;
    const settings = {
      tenantId: token('Tenant'),
      runnerGroupId: token('Group'),
      policy: token('Policy'),
      taskVerificationKey: token('Key'),
    };
    expect(stack.resolve(runnerEnvironment(stack, settings, {}))).toMatchObject({
      TENANT_ID: { Ref: 'Tenant' },
      RUNNER_GROUP_ID: { Ref: 'Group' },
      AXIOM_TASK_VERIFICATION_KEY: { Ref: 'Key' },
      RUNNER_POLICY: { Ref: 'Policy' },
    });
  });

  it.each<[string, Partial<RunnerSettings>, RegExp]>([
    ['an empty tenant', { tenantId: '' }, /tenantId is empty\. Allowed: .*key icon/],
    ["the guide's placeholder as the group", { runnerGroupId: 'your-runner-group-id' }, /runnerGroupId is .*a placeholder/],
    ['a group with a slash', { runnerGroupId: 'a/b' }, /runnerGroupId is "a\/b"/],
    ['port 0', { controlPlaneAddress: 'example.com:0' }, /controlPlaneAddress is "example.com:0"/],
    ['port 65536', { controlPlaneAddress: 'example.com:65536' }, /controlPlaneAddress is .*the port from 1 to 65535/],
    ['an address with a scheme', { controlPlaneAddress: 'https://example.com' }, /controlPlaneAddress is .*without https/],
    ['a queue with a blank', { taskQueue: 'a b' }, /taskQueue is "a b"/],
    ['a namespace with a blank', { temporalNamespace: ' ' }, /temporalNamespace is empty/],
    ['a result queue with a blank', { resultTaskQueue: 'a b' }, /resultTaskQueue is "a b"/],
    ['an empty activity', { resultActivityName: '' }, /resultActivityName is empty/],
    ['something else than a region', { secretStoreRegion: 'Frankfurt' }, /secretStoreRegion is "Frankfurt".*eu-central-1/],
    ['a key that is no JSON', { taskVerificationKey: 'MIIB' }, /taskVerificationKey is no JSON object/],
    ['a key without a kind', { taskVerificationKey: '{}' }, /taskVerificationKey is JSON without a key/],
    ['a set without keys', { recipientKeys: '{"keys":[]}' }, /recipientKeys is JSON without a key/],
    ['a list of keys that are none', { recipientKeys: '{"keys":["key"]}' }, /recipientKeys is JSON without a key/],
    ['a part of a private key', { recipientKeys: '{"keys":[{"kty":"RSA","p":"c2VjcmV0"}]}' }, /recipientKeys is a private key/],
    ['a private key to verify with', { taskVerificationKey: '{"kty":"EC","d":"c2VjcmV0"}' }, /taskVerificationKey is a private key/],
    ['a private key among recipients', { recipientKeys: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }, /recipientKeys is a private key/],
    ['no time at all', { maxAccessDuration: Duration.seconds(0) }, /maxAccessDuration is 0 seconds/],
    ['parts of a second', { maxAccessDuration: Duration.millis(1500) }, /maxAccessDuration is 1\.5 seconds/],
    ['a system with a comma', { allowed: ['a/b', 'a,b'] }, /allowed\[1\] is "a,b"/],
    ['an empty list of systems, which would allow all', { allowed: [] }, /allowed is an empty list\. .*Leave it out to allow every system/],
    ['a system without a type', { allowed: ['db.example.com'] }, /allowed\[0\] is/],
    ['text that is no policy', { policy: './policy.cedar' }, /policy is no such text.*readFileSync/],
    ['a private key beside a certificate', { caCertificates: `${PEM}${PRIVATE_KEY}` }, /caCertificates is text with a private key in it/],
    ['text that is no certificate', { caCertificates: '/etc/ca.pem' }, /caCertificates is no such text/],
    ['a policy of 17 KB', { policy: 'permit ('.padEnd(17_000) }, /policy is 17000 bytes.*16384/],
    ['no tasks at once', { maxConcurrentTasks: 0 }, /maxConcurrentTasks is 0\. Allowed: a whole number from 1 to 1000/],
    ['half a task', { maxConcurrentTasks: 1.5 }, /maxConcurrentTasks is 1\.5/],
    ['a proxy with a password', { httpsProxy: 'http://user:pass@proxy:3128' }, /httpsProxy is .*would stand in the template/],
    ['a proxy reached with TLS', { httpsProxy: 'https://proxy:3128' }, /httpsProxy is/],
    ['a name that is no variable', { environment: { 'A-B': '1' } }, /environment is "A-B"/],
    ['a variable that a property sets', { environment: { TENANT_ID: 'x' } }, /environment is TENANT_ID\..*Use the property/],
    ["AWS's secret key", { environment: { AWS_SECRET_ACCESS_KEY: 'x' } }, /environment is AWS_SECRET_ACCESS_KEY\..*role/],
    ["AWS's session token", { environment: { aws_session_token: 'x' } }, /environment is aws_session_token\./],
    [
      'a variable that a property sets, in small letters',
      { environment: { https_proxy: 'http://u:p@h:1' } },
      /environment is https_proxy\./,
    ],
    ['a reference to a secret', { environment: { PASSWORD: '{{resolve:secretsmanager:x}}' } }, /PASSWORD with the value of a secret/],
    ['a secret', { environment: { PASSWORD: aSecret() } }, /PASSWORD with the value of a secret/],
    ['a line break', { environment: { TZ: 'a\nB=c' } }, /environment is TZ with a line break.*base64/],
  ])('refuses %s', (_, settings, message) => {
    expect(refusalOf(() => rendered(settings))).toMatch(message);
  });

  it.each(['RUNNER_API_KEY', 'runner_api_key'])('refuses an API key in plain text (%s), and does not repeat it', (name) => {
    const refusal = refusalOf(() => rendered({ environment: { [name]: 'key-in-plain-text' } }));
    expect(refusal).toMatch(/API_KEY in plain text.*apiKeySecret/i);
    expect(refusal).not.toContain('key-in-plain-text');
  });

  it('takes a parameter of the Parameter Store, and names of any kind', () => {
    const value = '{{resolve:ssm:/timezone}}';
    expect(rendered({ environment: { TZ: value, constructor: 'x' } })).toMatchObject({ TZ: value, constructor: 'x' });
  });

  it.each([
    [Duration.days(30), '2592000s'],
    [Duration.days(365), '525600m'],
    [Duration.days(9_999_999), '9999999d'],
  ])('says %s in a unit with 7 digits at most, which is what the runner reads', (maxAccessDuration, text) => {
    expect(rendered({ maxAccessDuration })['RUNNER_MAX_DURATION']).toBe(text);
  });

  it('refuses a duration that no unit holds', () => {
    expect(refusalOf(() => rendered({ maxAccessDuration: Duration.seconds(10_000_001) }))).toMatch(/maxAccessDuration is 10000001 seconds/);
  });

  it('does not repeat a private key', () => {
    expect(refusalOf(() => rendered({ taskVerificationKey: '{"kty":"EC","d":"c2VjcmV0"}' }))).not.toContain('c2VjcmV0');
  });
});

describe('an env file', () => {
  it('has a line for each variable', () => {
    expect(envFile(aStack(), { A: '1', B: '{"x":"y"}', C: 'a b' })).toBe('A=1\nB={"x":"y"}\nC=a b\n');
  });

  it.each([' a', 'a ', '"a', "'a", '#a', 'a\nb', 'a\\b'])('refuses %j, which one of its readers would change', (value) => {
    expect(refusalOf(() => envFile(aStack(), { NAME: value }))).toMatch(/environment NAME is a value that env files cannot carry.*base64/);
  });
});
