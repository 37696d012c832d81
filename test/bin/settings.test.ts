import { SETTINGS, type Setting } from '../../bin/setting-table';
import { CONTEXT_KEYS, readSettings, SettingsError } from '../../bin/settings';
import { settingsSchema } from '../../bin/settings-schema';
import { EXTERNAL_ID, ISSUER, KEY_ARN, PROVIDER_ARN, PROXY_ROLE_ARN, RUNNER_ROLE_ARN } from '../support/roles';
import { refusalOf } from '../support/synth';

const refusal = (context: Record<string, unknown>) => refusalOf(() => readSettings(context));
const RUNNER = { 'axiom:tenantId': 'tenant-1', 'axiom:runnerGroupId': '4711', 'axiom:apiKeySecret': 'axiom-runner/api-key' };

it('deploys the roles, and leaves everything to template parameters, without context', () => {
  expect(readSettings({})).toEqual({ host: 'none' });
});

it('reads each setting of the roles', () => {
  const context = {
    'axiom:externalId': EXTERNAL_ID,
    'axiom:trustedPrincipalArn': RUNNER_ROLE_ARN,
    'axiom:proxyRoleName': 'Axiom-Security-Store',
    'axiom:kmsKeyArn': KEY_ARN,
    'axiom:kubernetesNamespace': 'access',
    'axiom:serviceAccountName': 'runner',
    'axiom:runnerRoleName': 'runner-role',
    'axiom:oidcProviderUrl': `https://${ISSUER}`,
    'axiom:oidcProviderArn': PROVIDER_ARN,
    'axiom:proxyRoleArn': PROXY_ROLE_ARN,
  };
  expect(readSettings(context)).toEqual({
    host: 'none',
    externalId: EXTERNAL_ID,
    trustedPrincipalArn: RUNNER_ROLE_ARN,
    proxyRoleName: 'Axiom-Security-Store',
    kmsKeyArn: KEY_ARN,
    kubernetesNamespace: 'access',
    serviceAccountName: 'runner',
    runnerRoleName: 'runner-role',
    oidcProviderUrl: `https://${ISSUER}`,
    oidcProviderArn: PROVIDER_ARN,
    proxyRoleArn: PROXY_ROLE_ARN,
  });
});

it('reads numbers, flags and lists from a command line as from cdk.json', () => {
  const read = { host: 'ecs', tenantId: 'tenant-1', runnerGroupId: '4711', apiKeySecret: 'axiom-runner/api-key' };
  const values = { desiredCount: 3, monitoring: true, allowed: ['postgresql/db.example.com', 'mysql/db.example.com'] };
  const fromCommandLine = { 'axiom:desiredCount': '3', 'axiom:monitoring': 'true', 'axiom:allowed': values.allowed.join(', ') };
  const fromJson = { 'axiom:desiredCount': 3, 'axiom:monitoring': true, 'axiom:allowed': values.allowed };
  expect(readSettings({ host: 'ecs', ...RUNNER, ...fromCommandLine })).toEqual({ ...read, ...values });
  expect(readSettings({ host: 'ecs', ...RUNNER, ...fromJson })).toEqual({ ...read, ...values });
});

it('reads the text of files, not their paths', () => {
  const context = { host: 'ecs', ...RUNNER, 'axiom:policyFile': 'runner.cedar' };
  expect(readSettings(context, (path) => `text of ${path}`)).toMatchObject({ policyFile: 'text of runner.cedar' });
});

describe('a settings file', () => {
  const file = JSON.stringify({
    $schema: './settings.schema.json',
    tenantId: 'tenant-1',
    runnerGroupId: '1',
    apiKeySecret: 'key',
    ledger: true,
  });
  const context = { host: 'ec2', 'axiom:settings': 'runner.json' };

  it('holds the same settings without the prefix', () => {
    expect(readSettings(context, () => file)).toMatchObject({ host: 'ec2', tenantId: 'tenant-1', runnerGroupId: '1', ledger: true });
  });

  it('gives way to what the context says itself', () => {
    expect(readSettings({ ...context, 'axiom:runnerGroupId': '2' }, () => file)).toMatchObject({ runnerGroupId: '2' });
  });

  it('is refused when it cannot be read', () => {
    expect(refusal({ ...context, 'axiom:settings': '/nowhere.json' })).toMatch(/axiom:settings is "\/nowhere.json", which cannot be read/);
  });

  it('has a schema that knows every setting', () => {
    const { properties } = settingsSchema() as { properties: object };
    expect(Object.keys(properties)).toEqual(['$schema', ...Object.keys(SETTINGS)]);
  });
});

it('leaves the context of others alone', () => {
  expect(readSettings({ '@aws-cdk/core:newStyleStackSynthesis': true, 'vpc-provider:account=1': {} })).toEqual(readSettings({}));
});

it.each([
  ['axiom:externalId', '<external-id>', 'is "<external-id>". Allowed: 2 to 1224 letters', 'Make up one that nobody else uses'],
  ['axiom:trustedPrincipalArn', '*', 'is "*". Allowed: the ARN of one role, user or account', "Pass the ARN of the runner's role"],
  ['axiom:proxyRoleName', 'Store', 'is "Store". Allowed: 1 to 64 letters', 'add Axiom-Security'],
  ['axiom:kmsKeyArn', 'alias/x', 'is "alias/x". Allowed: the ARN of one key', 'Copy "KeyMetadata.Arn"'],
  ['axiom:kubernetesNamespace', '*', 'is "*". Allowed: 1 to 63 small letters', 'Name exactly one namespace'],
  ['axiom:serviceAccountName', '*', 'is "*". Allowed: 1 to 253 small letters', 'Name exactly one service account'],
  ['axiom:runnerRoleName', 'a b', 'is "a b". Allowed: 1 to 64 letters', 'Shorten the name'],
  ['axiom:oidcProviderUrl', 'ftp://x', 'is "ftp://x". Allowed: the URL without https://', 'Remove https://'],
  ['axiom:oidcProviderArn', 'x', 'is "x". Allowed: the ARN of an OIDC provider', 'Copy it from'],
  ['axiom:proxyRoleArn', '', 'is empty. Allowed: the ARN of one role', 'Copy it from'],
])('names %s, what it may be, and the mend', (key, value, fault, mend) => {
  const message = refusal({ [key]: value });
  expect(message).toContain(`${key} ${fault}`);
  expect(message).toContain(mend);
});

it.each<[string, string, unknown]>([
  ['ecs', 'axiom:runnerGroupId', 'your-runner-group-id'],
  ['ecs', 'axiom:apiKeySecret', 'a key?'],
  ['ecs', 'axiom:controlPlaneAddress', 'https://example.com'],
  ['ecs', 'axiom:maxAccessDuration', '8 hours'],
  ['ecs', 'axiom:allowed', 'postgresql/db,mysql'],
  ['ecs', 'axiom:logLevel', 'loud'],
  ['ecs', 'axiom:removalPolicy', 'snapshot'],
  ['ecs', 'axiom:desiredCount', 'two'],
  ['ecs', 'axiom:monitoring', 'yes'],
  ['ecs', 'axiom:alarmTopicArn', 'alarms'],
  ['ecs', 'axiom:vpcId', 'default'],
  ['ecs', 'axiom:image', 'axiom-runner:latest'],
  ['ec2', 'axiom:instanceType', 'large'],
  ['eks', 'axiom:clusterName', 'a b'],
  ['eks', 'axiom:kubectlRoleArn', 'admin'],
])('for host %s refuses %s=%s', (host, key, value) => {
  expect(refusal({ host, ...RUNNER, [key]: value })).toMatch(new RegExp(`${key} is .*Allowed: .+\\. .+`));
});

it('refuses a host that there is not', () => {
  expect(refusal({ host: 'lambda' })).toContain('host is "lambda". Allowed: ecs, ec2, eks, none.');
});

it('says which settings a host cannot do without', () => {
  const message = refusal({ host: 'eks' });
  const required = Object.entries(SETTINGS).filter(([, setting]: [string, Setting]) => setting.requiredBy?.includes('eks'));
  expect(required.length).toBeGreaterThan(4);
  expect(required.filter(([name]) => !message.includes(`axiom:${name} is missing.`))).toEqual([]);
});

it.each([
  ['axiom:alarmTopicArn', 'arn:aws:sns:eu-central-1:111122223333:alarms', 'axiom:monitoring'],
  ['axiom:proxyRoleArn', PROXY_ROLE_ARN, 'axiom:externalId'],
  ['axiom:externalId', EXTERNAL_ID, 'axiom:proxyRoleArn'],
])('refuses %s alone', (key, value, other) => {
  expect(refusal({ host: 'ecs', ...RUNNER, [key]: value })).toContain(`${key} means nothing without ${other}.`);
});

it('refuses a setting that means nothing for the host, instead of ignoring it', () => {
  expect(refusal({ host: 'ec2', ...RUNNER, 'axiom:image': 'asset' })).toContain(
    'axiom:image means nothing for host=ec2. Allowed: with host ecs, eks.',
  );
});

it('refuses a misspelt setting and lists the right ones', () => {
  expect(refusal({ 'axiom:externalID': EXTERNAL_ID })).toContain(
    `axiom:externalID is not a setting. Allowed: ${CONTEXT_KEYS.join(', ')}. Correct its spelling or remove it.`,
  );
});

it.each([[111122223333], [true], [['a']], [null]])('refuses %p, which is not a text', (value) => {
  expect(refusal({ 'axiom:externalId': value })).toContain(`axiom:externalId is ${JSON.stringify(value)}, not a text.`);
});

it('refuses the published image on EKS, which needs a Kubernetes Secret that no setting names', () => {
  expect(() => readSettings({ host: 'eks', ...RUNNER, 'axiom:image': 'published' })).toThrow(
    /axiom:image is "published" with host=eks\. Allowed: asset, or .*Helm chart/,
  );
});

it('refuses an empty list, which must not come to mean all systems', () => {
  expect(() => readSettings({ host: 'ecs', ...RUNNER, 'axiom:allowed': [] })).toThrow(
    /axiom:allowed is an empty list\. Allowed: .*Remove it/,
  );
});

it('lists every fault in one message', () => {
  const message = refusal({ 'axiom:externalId': 'a', 'axiom:kubernetesNamespace': '*', 'axiom:x': '' });
  expect(message.split('\n')).toHaveLength(4);
});

it('throws an error of its own kind, so that the app can say it without a stack trace', () => {
  expect(() => readSettings({ 'axiom:x': '' })).toThrow(SettingsError);
});
