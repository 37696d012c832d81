import { type AwsEmulator, startAwsEmulator, stopAll } from '@axiom-runner/local-servers';
import { OIDC_ROLE_TEMPLATE, PROXY_ROLE_TEMPLATE } from '../../contract/cloudformation.js';
import { EC2_RUNNER_TEMPLATE, ECS_RUNNER_TEMPLATE } from '../../contract/runner-templates.js';
import { element, json, query, root } from '../../local-servers/test/aws-call.js';
import { addedTo, type Inventory, inventoryOf } from './support/account-inventory.js';
import type { Account } from './support/cdk.js';
import { createStack, deleteStack, type Parameters, type TemplateName, updateStack } from './support/cloudformation.js';

const SHA256 = '0123456789abcdef'.repeat(4);
const ISSUER = 'oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';
const PROXY_ROLE = 'arn:aws:iam::444455556666:role/Axiom-Security-SecretsManagerRole';
const RUNNER: Parameters = {
  TenantId: '42',
  RunnerGroupId: 'rg-1',
  ApiKeySecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:axiom-runner/api-key-AbCdEf',
  VpcId: 'vpc-00000001',
  SubnetIds: 'subnet-00000001,subnet-00000002',
};
/** All that each template asks for. */
const REQUIRED: Readonly<Record<TemplateName, Parameters>> = {
  'ecs-runner': { ...RUNNER, ImageUri: `123456789012.dkr.ecr.us-east-1.amazonaws.com/axiom/runner@sha256:${SHA256}` },
  'ec2-runner': { ...RUNNER, ArtifactUrl: 'https://example.com/axiomrunner', ArtifactSha256: SHA256 },
  'oidc-role': { OIDCProviderURL: ISSUER, OIDCProviderARN: `arn:aws:iam::123456789012:oidc-provider/${ISSUER}` },
  'secrets-manager-role': { ExternalId: '8f14e45fceea167a5a36dedd4bea2543', TrustedPrincipalArn: '123456789012' },
};
const LEFT_BY_RUNNERS = { logGroups: [expect.stringContaining('RunnerLogs')], secrets: [expect.stringContaining('RunnerStateKey')] };

let emulator: AwsEmulator;
let account: Account;

beforeAll(async () => {
  emulator = await startAwsEmulator();
  account = { emulator, id: root.id };
}, 60_000);
afterAll(stopAll);

const ecsService = async ({ ClusterName: cluster, ServiceName: name }: Parameters) =>
  JSON.parse((await json(emulator, root, 'ecs', 'DescribeServices', { cluster, services: [name] })).body).services[0];
const capacity = async () =>
  element(await query(emulator, root, 'autoscaling', { Action: 'DescribeAutoScalingGroups' }), 'DesiredCapacity');
const trustOf = async (arn: string | undefined) => {
  const answer = await query(emulator, root, 'iam', { Action: 'GetRole', RoleName: arn?.split('/').at(-1) ?? '' });
  return decodeURIComponent(element(answer, 'AssumeRolePolicyDocument')).replaceAll('&quot;', '"');
};

interface Case {
  readonly template: TemplateName;
  readonly outputs: Readonly<Record<string, string>>;
  readonly changes: Parameters;
  /** What of the deployed stack shows the change. */
  readonly shown: (outputs: Parameters) => Promise<unknown>;
  readonly before: unknown;
  readonly after: unknown;
  /** What a deleted stack leaves behind. */
  readonly left: Inventory;
}

describe.each<Case>([
  {
    template: 'ecs-runner',
    outputs: ECS_RUNNER_TEMPLATE.outputs,
    changes: { DesiredCount: '3' },
    shown: async (outputs) => (await ecsService(outputs)).desiredCount,
    before: 2,
    after: 3,
    left: LEFT_BY_RUNNERS,
  },
  {
    template: 'ec2-runner',
    outputs: EC2_RUNNER_TEMPLATE.outputs,
    changes: { DesiredCapacity: '2' },
    shown: capacity,
    before: '1',
    after: '2',
    left: LEFT_BY_RUNNERS,
  },
  {
    template: 'oidc-role',
    outputs: OIDC_ROLE_TEMPLATE.outputs,
    changes: { KubernetesNamespace: 'access' },
    shown: (outputs) => trustOf(outputs[OIDC_ROLE_TEMPLATE.outputs.roleArn]),
    before: expect.stringContaining('system:serviceaccount:axiom:axiom-runner'),
    after: expect.stringContaining('system:serviceaccount:access:axiom-runner'),
    left: {},
  },
  {
    template: 'secrets-manager-role',
    outputs: PROXY_ROLE_TEMPLATE.outputs,
    changes: { ExternalId: 'rotated-external-id' },
    shown: (outputs) => trustOf(outputs[PROXY_ROLE_TEMPLATE.outputs.roleArn]),
    before: expect.stringContaining('8f14e45fceea167a5a36dedd4bea2543'),
    after: expect.stringContaining('rotated-external-id'),
    left: {},
  },
])('the template $template, launched without the CDK', ({ template, outputs, changes, shown, before, after, left }) => {
  let empty: Inventory;
  let created: Parameters;
  beforeAll(async () => {
    empty = await inventoryOf(account);
    created = await createStack(account, template, REQUIRED[template]);
  }, 60_000);

  it('comes about with what it asks for and no more, and puts out what the guide names', async () => {
    expect(Object.keys(created).sort()).toEqual(Object.values(outputs).sort());
    expect(await shown(created)).toEqual(before);
  });

  it('is changed in place by another parameter', async () => {
    const made = await inventoryOf(account);
    const updated = await updateStack(account, template, { ...REQUIRED[template], ...changes });
    expect(await inventoryOf(account)).toEqual(made);
    expect(await shown(updated)).toEqual(after);
  });

  it('leaves behind what it says', async () => {
    await deleteStack(account, template);
    expect(addedTo(empty, await inventoryOf(account))).toEqual(left);
  });
});

it.each<[string, TemplateName, Parameters, string]>([
  ['a tenant id with a slash', 'ecs-runner', { TenantId: '4/2' }, 'Copy the id as the platform shows it'],
  ['an API key instead of the ARN of its secret', 'ecs-runner', { ApiKeySecretArn: 'a-key' }, 'the ARN of one secret'],
  ['an image by its tag', 'ecs-runner', { ImageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/runner:latest' }, 'a tag may change'],
  ['more tasks than there may be', 'ecs-runner', { DesiredCount: '101' }, '100'],
  ['a control plane with a scheme', 'ec2-runner', { ControlPlaneAddress: 'https://example.com' }, 'Write it without https://'],
  ['a proxy role without its external id', 'ec2-runner', { ProxyRoleArn: PROXY_ROLE }, 'belong together'],
  ['an agent over plain HTTP', 'ec2-runner', { ArtifactUrl: 'http://example.com/axiomrunner' }, 'https://'],
  ['a type of instance that is not offered', 'ec2-runner', { InstanceType: 't4g.nano' }, 't3.small'],
  ['an issuer with https://', 'oidc-role', { OIDCProviderURL: `https://${ISSUER}` }, 'Remove https://'],
  ["a role's name that runners may not assume", 'secrets-manager-role', { RoleName: 'SecretsReader' }, 'add Axiom-Security'],
  ['everyone as the trusted principal', 'secrets-manager-role', { TrustedPrincipalArn: '*' }, 'no wildcard'],
])('refuses %s before anything is made, and says how to mend it', async (_, template, wrong, mend) => {
  const before = await inventoryOf(account);
  await expect(createStack(account, template, { ...REQUIRED[template], ...wrong })).rejects.toThrow(mend);
  expect(await inventoryOf(account)).toEqual(before);
});
