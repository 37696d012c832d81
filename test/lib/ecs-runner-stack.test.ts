import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CfnWaitConditionHandle, Stack } from 'aws-cdk-lib';
import { EcsRunnerCapacity, RunnerArchitecture, RunnerImage } from '../../constructs';
import { ECS_RUNNER_TEMPLATE } from '../../contract/runner-templates';
import { EcsRunnerStack, type EcsRunnerStackProps } from '../../lib';
import { API_KEY_ARN, anImage, DIGEST, statementsOf, theContainerIn, theServiceIn, theTaskIn } from '../support/ecs-runner';
import { aNetwork } from '../support/networks';
import { EXTERNAL_ID, PROXY_ROLE_ARN } from '../support/roles';
import { ACCOUNT, anApp, bootstrapNeedsOf, findingsIn, logicalIdsIn, refusalOf, templateOf } from '../support/synth';
import { parametersOf, takes } from '../support/template-parameters';

const aStack = (props?: EcsRunnerStackProps) => new EcsRunnerStack(anApp(), 'AxiomEcsRunner', props);
/** The standalone template: no settings, so everything is a parameter. */
const standalone = aStack();
const parameters = parametersOf(templateOf(standalone));
const variable = (stack: Stack, name: string) =>
  theContainerIn(stack)['Environment'].find(({ Name }: { readonly Name: string }) => Name === name)?.Value;

describe('the standalone template', () => {
  it('has the parameters and outputs of the contract, and no others', () => {
    expect(Object.keys(parameters)).toEqual(expect.arrayContaining(Object.values(ECS_RUNNER_TEMPLATE.parameters)));
    expect(Object.keys(parameters)).toHaveLength(Object.keys(ECS_RUNNER_TEMPLATE.parameters).length);
    const outputs = Object.keys(templateOf(standalone).findOutputs('*'));
    expect(outputs.sort()).toEqual(Object.values(ECS_RUNNER_TEMPLATE.outputs).sort());
  });

  it('runs the image of the parameter in the subnets of the parameter, as often as the parameter says', () => {
    expect(theContainerIn(standalone)['Image']).toEqual({ Ref: 'ImageUri' });
    expect(theServiceIn(standalone)).toMatchObject({
      DesiredCount: { Ref: 'DesiredCount' },
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED', Subnets: { Ref: 'SubnetIds' } } },
    });
    templateOf(standalone).hasResourceProperties('AWS::EC2::SecurityGroup', { VpcId: { Ref: 'VpcId' } });
  });

  it('tells the runner what the parameters say', () => {
    const told = ['TENANT_ID', 'RUNNER_GROUP_ID', 'RUNNER_API_KEY_SECRET_ID', 'AXIOM_ACTIONS_ADDRESS_AND_PORT'];
    expect(told.map((name) => variable(standalone, name))).toEqual(
      ['TenantId', 'RunnerGroupId', 'ApiKeySecretArn', 'ControlPlaneAddress'].map((Ref) => ({ Ref })),
    );
  });

  it('tells of a proxy role that is given, and lets the runner assume that one only, else every one by its name', () => {
    expect(variable(standalone, 'AWS_SECRETS_MANAGER_ROLE_ARN')).toEqual({ Ref: 'ProxyRoleArn' });
    expect(variable(standalone, 'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID')).toEqual({ Ref: 'ProxyRoleExternalId' });
    expect(statementsOf(standalone, 'RunnerTaskRole')).toContainEqual({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: {
        'Fn::If': [
          'HasProxyRoleArn',
          { Ref: 'ProxyRoleArn' },
          { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::*:role/*Axiom-Security*']] },
        ],
      },
    });
  });

  it('takes both parameters of the proxy role or none', () => {
    const [rule] = Object.values<{ readonly Assertions: readonly unknown[] }>(templateOf(standalone).toJSON()['Rules']);
    const empty = (name: string) => ({ 'Fn::Equals': [{ Ref: name }, ''] });
    const parts = [empty('ProxyRoleArn'), empty('ProxyRoleExternalId')];
    expect(rule?.Assertions).toMatchObject([{ Assert: { 'Fn::Or': [{ 'Fn::And': parts }, { 'Fn::Not': [{ 'Fn::Or': parts }] }] } }]);
  });

  it('can be launched as a file: no bootstrap, no assets, no custom resources, no traces of the app that made it', () => {
    expect(JSON.stringify(templateOf(standalone).toJSON())).not.toMatch(/aws:cdk|bootstrap|"Metadata"|Custom::|Lambda/i);
    expect(bootstrapNeedsOf(standalone)).toEqual([]);
  });

  it('keeps its logical ids, because another id would replace a resource', () => {
    expect(logicalIdsIn(standalone)).toEqual([
      'RunnerStateKey1DDFC054',
      'RunnerCluster2ECE3DAD',
      'RunnerLogs696CEF90',
      'RunnerTaskRole9AB1A828',
      'RunnerTaskRoleDefaultPolicy1C7A0A05',
      'RunnerReadIntegrationSecretsB26B1C11',
      'RunnerExecutionRole286966D7',
      'RunnerExecutionRoleDefaultPolicy1095AE4E',
      'RunnerTaskDefinitionB78D0193',
      'RunnerSecurityGroup63829D3E',
      'RunnerService966EEC2D',
    ]);
  });

  it('has no findings: no warnings, no errors, clean for cdk-nag', () => {
    expect(findingsIn(standalone)).toEqual([]);
  });

  it('pulls from the repository of the image only, whatever the partition', () => {
    const [pull] = statementsOf(standalone, 'RunnerExecutionRole');
    expect(pull.Action).toContain('ecr:BatchGetImage');
    const images = [
      ['aws', 'eu-central-1.amazonaws.com', 'axiom-runner'],
      ['aws-us-gov', 'us-gov-west-1.amazonaws.com', 'security/team-1/axiom-runner'],
      ['aws-cn', 'cn-north-1.amazonaws.com.cn', 'security/axiom-runner'],
    ];
    for (const [partition, host = '', name] of images) {
      const values = { 'AWS::Partition': partition ?? '', ImageUri: `${ACCOUNT}.dkr.ecr.${host}/${name}@${DIGEST}` };
      expect(evaluated(pull.Resource, values)).toBe(`arn:${partition}:ecr:${host.split('.')[0]}:${ACCOUNT}:repository/${name}`);
    }
  });
});

/** What CloudFormation makes of the functions that take texts apart and together. */
function evaluated(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((part) => evaluated(part, values));
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = []] = Object.entries(value);
  if (name === 'Ref') return values[String(argument)];
  const parts = evaluated(argument, values);
  if (!Array.isArray(parts)) throw new Error(`${name} has no arguments`);
  if (name === 'Fn::Join') return parts[1].join(parts[0]);
  if (name === 'Fn::Split') return parts[1].split(parts[0]);
  if (name === 'Fn::Select') return parts[1][parts[0]];
  throw new Error(`${name} is not known to this test`);
}

describe('the parameter', () => {
  it.each<[string, unknown]>([
    ['TenantId', undefined],
    ['RunnerGroupId', undefined],
    ['ApiKeySecretArn', undefined],
    ['ImageUri', undefined],
    ['VpcId', undefined],
    ['SubnetIds', undefined],
    ['DesiredCount', 2],
    ['ControlPlaneAddress', 'axiomactions.axiom.security:443'],
    ['ProxyRoleArn', ''],
    ['ProxyRoleExternalId', ''],
  ])('%s has the default %s', (name, defaultValue) => {
    expect(parameters[name]?.Default).toBe(defaultValue);
  });

  const host = `${ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com`;
  it.each([
    ['TenantId', ['tenant-1', '12345', 'a#b'], ['', 'a b', 'a/b', 'a"b', 'a\\b', '#a', "'a"]],
    ['RunnerGroupId', ['group-1'], ['', 'a b', 'a/b', 'a"b', 'a\\b']],
    ['ApiKeySecretArn', [API_KEY_ARN, API_KEY_ARN.replace('aws', 'aws-cn')], ['', 'axiom-runner/api-key', API_KEY_ARN.slice(0, -7)]],
    [
      'ImageUri',
      [`${host}/axiom-runner@${DIGEST}`, `${host}.cn/team/axiom-runner@${DIGEST}`],
      ['', `${host}/axiom-runner`, `${host}/axiom-runner:latest`, `public.ecr.aws/x/y@${DIGEST}`, `${host}/axiom-runner@sha256:1`],
    ],
    ['ControlPlaneAddress', ['axiomactions.axiom.security:443', '[::1]:7233'], ['', 'https://x:443', 'x', 'x:0', 'x:65536']],
    ['ProxyRoleArn', ['', PROXY_ROLE_ARN], ['*', 'arn:aws:iam::*:role/x']],
    ['ProxyRoleExternalId', ['', '8f14e45fceea167a'], ['a b']],
  ])('%s takes what its construct takes, and refuses what it refuses', (name, taken, refused) => {
    expect(taken.filter((value) => !takes(parameters[name], value))).toEqual([]);
    expect(refused.filter((value) => takes(parameters[name], value))).toEqual([]);
  });
});

describe('with settings of its own', () => {
  it('asks for no parameters', () => {
    const app = anApp();
    const given = new Stack(app, 'Given');
    new CfnWaitConditionHandle(given, 'Something');
    const stack = new EcsRunnerStack(app, 'AxiomEcsRunner', {
      tenantId: 'tenant-1',
      runnerGroupId: 'group-1',
      apiKeySecretId: API_KEY_ARN,
      image: anImage(given),
      vpc: aNetwork(given),
      vpcSubnets: { availabilityZones: ['eu-central-1a'] },
      desiredCount: 3,
      controlPlaneAddress: 'control-plane.example.com:7233',
      proxyRoleArn: PROXY_ROLE_ARN,
      proxyRoleExternalId: EXTERNAL_ID,
      capacity: EcsRunnerCapacity.fargateSpot(),
      architecture: RunnerArchitecture.ARM64,
    });
    expect(Object.keys(parametersOf(templateOf(stack))).filter((name) => name !== 'BootstrapVersion')).toEqual([]);
    expect(theServiceIn(stack)).toMatchObject({
      DesiredCount: 3,
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-0aaaaaaaaaaaaaaaa'] } },
    });
    expect(theServiceIn(stack)).toHaveProperty('CapacityProviderStrategy');
    expect(theTaskIn(stack)['RuntimePlatform'].CpuArchitecture).toBe('ARM64');
    expect(variable(stack, 'AXIOM_ACTIONS_ADDRESS_AND_PORT')).toBe('control-plane.example.com:7233');
    expect(findingsIn(stack)).toEqual([]);
  });

  it('needs a bootstrapped environment only for an image of its own', () => {
    expect(bootstrapNeedsOf(aStack({ tenantId: 'tenant-1' }))).toEqual([]);
    expect(bootstrapNeedsOf(aStack({ image: RunnerImage.published() }))).not.toEqual([]);
  });

  it.each<[EcsRunnerStackProps, string]>([
    [{ tenantId: 'your-tenant-id' }, '[AxiomEcsRunner/Runner] tenantId is "your-tenant-id", a placeholder.'],
    [{ runnerGroupId: '' }, '[AxiomEcsRunner/Runner] runnerGroupId is empty.'],
    [{ controlPlaneAddress: 'x' }, '[AxiomEcsRunner/Runner] controlPlaneAddress is "x".'],
    [{ desiredCount: -1 }, '[AxiomEcsRunner/Runner] desiredCount is -1.'],
  ])('refuses %p', (wrong, found) => {
    expect(refusalOf(() => aStack(wrong))).toContain(found);
  });
});

const cfnLint = spawnSync('cfn-lint', ['--version'], { encoding: 'utf8' });
// Where cfn-lint is installed: the same file is checked by what AWS's own console uses.
(cfnLint.status === 0 ? it : it.skip)(
  'deploy/cloudformation/ecs-runner.yaml is clean for cfn-lint',
  () => {
    const file = join(__dirname, '../../deploy/cloudformation/ecs-runner.yaml');
    const { status, stdout } = spawnSync('cfn-lint', ['--regions', 'eu-central-1', '--', file], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  },
  60_000,
);
