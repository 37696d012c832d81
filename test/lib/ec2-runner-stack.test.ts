import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnWaitConditionHandle, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { RunnerArtifact } from '../../constructs';
import { EC2_RUNNER_TEMPLATE } from '../../contract/runner-templates';
import { Ec2RunnerStack, type Ec2RunnerStackProps } from '../../lib';
import { ARTIFACT_URL, fileIn, launchDataIn, SHA256, theGroupIn, userDataOf } from '../support/ec2-runner';
import { aNetwork } from '../support/networks';
import { EXTERNAL_ID, PROXY_ROLE_ARN } from '../support/roles';
import { ACCOUNT, anApp, bootstrapNeedsOf, findingsIn, logicalIdsIn, refusalOf, statementsIn, templateOf } from '../support/synth';
import { parametersOf, takes } from '../support/template-parameters';

const FILE = join(__dirname, '../../deploy/cloudformation/ec2-runner.yaml');
const aStack = (props?: Ec2RunnerStackProps) => new Ec2RunnerStack(anApp(), 'AxiomEc2Runner', props);
/** The standalone template: no settings, so everything is a parameter. */
const standalone = aStack();
const parameters = parametersOf(templateOf(standalone));

describe('the standalone template', () => {
  it('has the parameters and outputs of the contract, and no others', () => {
    expect(Object.keys(parameters).sort()).toEqual(Object.values(EC2_RUNNER_TEMPLATE.parameters).sort());
    expect(Object.keys(templateOf(standalone).findOutputs('*')).sort()).toEqual(Object.values(EC2_RUNNER_TEMPLATE.outputs).sort());
  });

  it('can be launched as a file: no bootstrap, no assets, no custom resources, no traces of the app that made it', () => {
    expect(bootstrapNeedsOf(standalone)).toEqual([]);
    const { Resources } = templateOf(standalone).toJSON();
    expect(JSON.stringify(templateOf(standalone).toJSON())).not.toMatch(/aws:cdk|bootstrap|"Metadata":|Custom::|Lambda|AxiomEc2Runner/i);
    expect(Object.values<{ Type: string }>(Resources).map(({ Type }) => Type)).not.toContain('AWS::CloudFormation::CustomResource');
  });

  it('has no findings: no warnings, no errors, clean for cdk-nag', () => {
    expect(findingsIn(standalone)).toEqual([]);
  });

  it('keeps its logical ids, because another id would replace a resource', () => {
    expect(logicalIdsIn(standalone)).toEqual([
      'RunnerStateKey1DDFC054',
      'RunnerLogs696CEF90',
      'RunnerRole4782C5F2',
      'RunnerRoleDefaultPolicy8BB9FD2A',
      'RunnerReadIntegrationSecretsB26B1C11',
      'RunnerSecurityGroup63829D3E',
      'RunnerLaunchTemplateProfileDA269778',
      'RunnerLaunchTemplate5B05364D',
      'RunnerGroupASG125299F8',
    ]);
  });

  it('puts instances of the parameters into the subnets of the parameters', () => {
    expect(theGroupIn(standalone).Properties).toMatchObject({
      VPCZoneIdentifier: { Ref: 'SubnetIds' },
      MinSize: { Ref: 'DesiredCapacity' },
      DesiredCapacity: { Ref: 'DesiredCapacity' },
    });
    expect(launchDataIn(standalone)).toMatchObject({ InstanceType: { Ref: 'InstanceType' }, ImageId: { Ref: 'ImageId' } });
    expect(parameters['ImageId']).toMatchObject({ Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>' });
  });

  it('hands the parameters to the runner, and signals to the stack whatever its name is', () => {
    const userData = userDataOf(standalone.runner);
    expect(fileIn(userData, '/etc/axiom-runner/env')).toContain('TENANT_ID=${TenantId}\nRUNNER_GROUP_ID=${RunnerGroupId}\n');
    expect(fileIn(userData, '/etc/axiom-runner/env')).toContain('AWS_SECRETS_MANAGER_ROLE_ARN=${ProxyRoleArn}\n');
    expect(userData).toContain("--stack '${AWS::StackName}' --resource 'RunnerGroupASG125299F8'");
  });

  it('lets the runner assume the proxy role that is given, else every role whose name contains Axiom-Security', () => {
    expect(statementsIn(standalone)).toContainEqual({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: { 'Fn::If': ['HasProxyRoleArn', { Ref: 'ProxyRoleArn' }, expect.anything()] },
    });
  });
});

describe('the file that users download', () => {
  it('is small enough to be passed as text', () => {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    expect(Buffer.byteLength(readFileSync(FILE))).toBeLessThan(51_200);
  });

  const hasLinter = spawnSync('cfn-lint', ['--version']).status === 0;
  (hasLinter ? it : it.skip)(
    'has no findings of cfn-lint',
    () => {
      const { status, stdout } = spawnSync('cfn-lint', [FILE], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    },
    60_000,
  );
});

describe('the parameter', () => {
  it.each<[string, string | number | undefined]>([
    ['TenantId', undefined],
    ['RunnerGroupId', undefined],
    ['ApiKeySecretArn', undefined],
    ['ArtifactUrl', undefined],
    ['ArtifactSha256', undefined],
    ['VpcId', undefined],
    ['SubnetIds', undefined],
    ['InstanceType', 't3.small'],
    ['ImageId', '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64'],
    ['DesiredCapacity', 1],
    ['ControlPlaneAddress', 'axiomactions.axiom.security:443'],
    ['ProxyRoleArn', ''],
    ['ProxyRoleExternalId', ''],
  ])('%s has the default %s', (name, defaultValue) => {
    expect(parameters[name]?.Default).toBe(defaultValue);
  });

  it.each([
    [
      'ApiKeySecretArn',
      [`arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:a/b-AbCdEf`],
      ['', 'a/b', `arn:aws:iam::${ACCOUNT}:role/a`],
    ],
    ['ArtifactUrl', [ARTIFACT_URL], ['', 'http://example.com/a', "https://example.com/a'b", 'https://example.com/$(a)', 's3://a/b']],
    ['ArtifactSha256', [SHA256], ['', 'abc', SHA256.toUpperCase()]],
    ['ProxyRoleArn', ['', PROXY_ROLE_ARN], ['*', 'arn:aws:iam::*:role/x']],
  ])('%s takes what its construct takes, and refuses what it refuses', (name, taken, refused) => {
    expect(taken.filter((value) => !takes(parameters[name], value))).toEqual([]);
    expect(refused.filter((value) => takes(parameters[name], value))).toEqual([]);
  });

  it('InstanceType offers types of the one architecture that the image and the agent have', () => {
    const types = (parameters['InstanceType'] as unknown as { readonly AllowedValues: string[] }).AllowedValues;
    expect(types.filter((type) => new ec2.InstanceType(type).architecture !== ec2.InstanceArchitecture.X86_64)).toEqual([]);
    expect(types).toContain('t3.small');
  });
});

describe('with settings of its own', () => {
  const app = anApp();
  const shared = new Stack(app, 'Shared', { env: { region: 'eu-central-1', account: ACCOUNT } });
  new CfnWaitConditionHandle(shared, 'Something');
  const props: Ec2RunnerStackProps = {
    env: { region: 'eu-central-1', account: ACCOUNT },
    tenantId: 'acme',
    runnerGroupId: 'rg-1',
    apiKeySecretId: 'axiom-runner/api-key',
    artifact: RunnerArtifact.fromUrl(ARTIFACT_URL, SHA256),
    vpc: aNetwork(shared),
    instanceType: new ec2.InstanceType('t4g.small'),
    desiredCapacity: 2,
    controlPlaneAddress: 'control.example.com:443',
    proxyRoleArn: PROXY_ROLE_ARN,
    proxyRoleExternalId: EXTERNAL_ID,
    ssmAccess: true,
  };
  const stack = new Ec2RunnerStack(app, 'AxiomEc2Runner', props);

  it('asks for no parameters but that of the image', () => {
    const asked = Object.values(parametersOf(templateOf(stack)) as Record<string, { Type?: string }>).map(({ Type }) => Type);
    expect(asked.filter((type) => !type?.startsWith('AWS::SSM::Parameter::Value<'))).toEqual([]);
    expect(theGroupIn(stack).Properties).toMatchObject({ MinSize: '2', MaxSize: '3' });
    expect(userDataOf(stack.runner)).toContain('TENANT_ID=acme\n');
  });

  it('refuses what its construct refuses', () => {
    expect(refusalOf(() => aStack({ desiredCapacity: 0 }))).toContain('[AxiomEc2Runner/Runner] desiredCapacity is 0.');
  });
});
