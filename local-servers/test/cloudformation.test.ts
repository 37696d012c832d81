import { type AwsEmulator, startAwsEmulator, stopAll } from '../src/index.js';
import { type Answer, element, json, query, root, secrets } from './aws-call.js';

let emulator: AwsEmulator;
beforeAll(async () => {
  emulator = await startAwsEmulator();
});
afterAll(stopAll);

type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;
const ref = (name: string) => ({ Ref: name });
const attribute = (name: string, of: string) => ({ 'Fn::GetAtt': [name, of] });

const network: Resources = {
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
  Subnet: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: ref('Vpc'), CidrBlock: '10.0.0.0/24' } },
  Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'test', VpcId: ref('Vpc') } },
};

const gateway: Resources = {
  ...network,
  Address: { Type: 'AWS::EC2::EIP', Properties: { Domain: 'vpc' } },
  Gateway: {
    Type: 'AWS::EC2::NatGateway',
    Properties: { SubnetId: ref('Subnet'), AllocationId: attribute('Address', 'AllocationId'), Tags: [{ Key: 'Name', Value: 'one' }] },
  },
};

it('creates an address and a NAT gateway that the EC2 API shows, and deletes them', async () => {
  const { Address, Allocation, Gateway } = await deploy('nat', gateway, {
    Address: ref('Address'),
    Allocation: attribute('Address', 'AllocationId'),
    Gateway: ref('Gateway'),
  });
  const addresses = await ec2('DescribeAddresses');
  expect([element(addresses, 'publicIp'), element(addresses, 'allocationId')]).toEqual([Address, Allocation]);
  expect(element(await ec2('DescribeNatGateways'), 'natGatewayId')).toBe(Gateway);

  await remove('nat');
  expect((await ec2('DescribeAddresses')).body).not.toContain('<allocationId>');
  expect((await ec2('DescribeNatGateways')).body).not.toContain('<natGatewayId>');
});

it('changes tags in place, and makes a new gateway when its subnet changes', async () => {
  const outputs = { Gateway: ref('Gateway') };
  const first = await deploy('change', gateway, outputs);
  const tagged = await deploy('change', withGateway({ Tags: [{ Key: 'Name', Value: 'two' }] }), outputs);
  expect(tagged).toEqual(first);
  const other = { Type: 'AWS::EC2::Subnet', Properties: { VpcId: ref('Vpc'), CidrBlock: '10.0.1.0/24' } };
  const moved = await deploy('change', { ...withGateway({ SubnetId: ref('Other') }), Other: other }, outputs);
  expect(moved).not.toEqual(first);
  expect((await ec2('DescribeNatGateways')).body.match(/<natGatewayId>/g)).toHaveLength(1);
  await remove('change');
});

it.each([
  ['lacks a required property', { Type: 'AWS::EC2::NatGateway' }, 'required key [SubnetId] not found'],
  [
    'names what does not exist',
    { Type: 'AWS::EC2::NatGateway', Properties: { SubnetId: ref('Subnet'), AllocationId: 'eipalloc-0' } },
    'The allocation ID &#x27;eipalloc-0&#x27; does not exist',
  ],
])('rolls a stack back whose added type %s', async (_, resource, reason) => {
  await expect(deploy('bad', { ...network, Bad: resource })).rejects.toThrow(reason);
  await remove('bad');
});

const autoScaling = (target: number) => ({
  AutoScalingGroupArn: 'arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/hosts',
  ManagedScaling: { Status: 'ENABLED', TargetCapacity: target },
});
const secretResource: Resources = { Secret: { Type: 'AWS::SecretsManager::Secret' } };
const tags = { Tags: [{ Key: 'team', Value: 'access' }] };
const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

describe.each<{ type: string; others: Resources; properties: object; inPlace?: object; anew?: object }>([
  {
    type: 'AWS::EC2::FlowLog',
    others: network,
    properties: { ResourceId: ref('Vpc'), ResourceType: 'VPC', TrafficType: 'ALL', LogGroupName: 'flows' },
    inPlace: tags,
    anew: { TrafficType: 'REJECT' },
  },
  {
    type: 'AWS::EC2::SecurityGroupIngress',
    others: network,
    properties: { GroupId: ref('Group'), IpProtocol: 'tcp', FromPort: 443, ToPort: 443, SourceSecurityGroupId: ref('Group') },
    anew: { FromPort: 80 },
  },
  {
    type: 'AWS::EC2::SecurityGroupEgress',
    others: network,
    properties: { GroupId: ref('Group'), IpProtocol: '-1', CidrIp: attribute('Vpc', 'CidrBlock') },
    anew: { CidrIp: '10.1.0.0/16' },
  },
  {
    type: 'AWS::ECS::CapacityProvider',
    others: {},
    properties: { AutoScalingGroupProvider: autoScaling(100) },
    inPlace: { AutoScalingGroupProvider: autoScaling(90), ...tags },
    anew: { Name: 'hosts' },
  },
  {
    type: 'AWS::ECS::ClusterCapacityProviderAssociations',
    others: { Cluster: { Type: 'AWS::ECS::Cluster' } },
    properties: { Cluster: ref('Cluster'), CapacityProviders: ['FARGATE'], DefaultCapacityProviderStrategy: [] },
    inPlace: { CapacityProviders: ['FARGATE', 'FARGATE_SPOT'] },
  },
  {
    type: 'AWS::Logs::QueryDefinition',
    others: {},
    properties: { Name: 'errors', QueryString: 'fields @message' },
    inPlace: { QueryString: 'fields @timestamp' },
  },
  {
    type: 'AWS::CloudWatch::CompositeAlarm',
    others: { Alarm: alarm({ Metrics: metricMath() }) },
    properties: { AlarmRule: { 'Fn::Sub': 'ALARM("${Alarm}")' } },
    inPlace: { AlarmDescription: 'changed', ...tags },
    anew: { AlarmName: 'all' },
  },
  {
    type: 'AWS::SecretsManager::RotationSchedule',
    others: secretResource,
    properties: { SecretId: ref('Secret'), RotationRules: { AutomaticallyAfterDays: 30 } },
    inPlace: { RotationRules: { AutomaticallyAfterDays: 60 } },
  },
  {
    type: 'AWS::SecretsManager::ResourcePolicy',
    others: secretResource,
    properties: { SecretId: ref('Secret'), ResourcePolicy: { Version: '2012-10-17', Statement: [] } },
    inPlace: { BlockPublicPolicy: true },
  },
  {
    type: 'AWS::EKS::PodIdentityAssociation',
    others: kubernetesCluster(),
    properties: { ClusterName: ref('Cluster'), Namespace: 'axiom', ServiceAccount: 'runner', RoleArn: roleArn('runner') },
    inPlace: { RoleArn: roleArn('other'), ...tags },
    anew: { ServiceAccount: 'other' },
  },
  {
    type: 'AWS::EKS::Addon',
    others: kubernetesCluster(),
    properties: { ClusterName: ref('Cluster'), AddonName: 'eks-pod-identity-agent' },
    inPlace: { AddonVersion: 'v1.3.4-eksbuild.1', ...tags },
    anew: { AddonName: 'metrics-server' },
  },
  {
    type: 'AWS::EKS::AccessEntry',
    others: kubernetesCluster(),
    properties: { ClusterName: ref('Cluster'), PrincipalArn: roleArn('admin') },
    inPlace: { KubernetesGroups: ['viewers'], ...tags },
    anew: { PrincipalArn: roleArn('other') },
  },
])('the added type $type', ({ type, others, properties, inPlace, anew }) => {
  const deployed = (changed: object = {}) =>
    deploy('added', { ...others, Added: { Type: type, Properties: { ...properties, ...changed } } }, { Id: ref('Added') });
  afterEach(() => remove('added'));

  it('is created, and deleted with its stack', async () => {
    expect((await deployed()).Id).toMatch(/./);
  });

  if (inPlace !== undefined) {
    it('changes in place', async () => {
      const before = await deployed();
      expect(await deployed(inPlace)).toEqual(before);
    });
  }

  if (anew !== undefined) {
    it('is made anew when a property changes that AWS replaces it for', async () => {
      const before = await deployed();
      expect(await deployed(anew)).not.toEqual(before);
    });
  }
});

it('shows the schedule of a secret until the schedule is deleted', async () => {
  const secret = { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'axiom/rotated' } };
  const schedule = {
    Type: 'AWS::SecretsManager::RotationSchedule',
    Properties: { SecretId: ref('Secret'), RotationRules: { AutomaticallyAfterDays: 30 } },
  };
  await deploy('rotation', { Secret: secret, Schedule: schedule });
  const described = await secrets(emulator, root, 'DescribeSecret', { SecretId: 'axiom/rotated' });
  expect(JSON.parse(described.body)).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } });
  await deploy('rotation', { Secret: secret });
  const after = await secrets(emulator, root, 'DescribeSecret', { SecretId: 'axiom/rotated' });
  expect(JSON.parse(after.body).RotationEnabled).toBe(false);
  await remove('rotation');
});

describe('as on AWS', () => {
  it('a reference to a secret is its ARN, which stays over an update and is new after a rename', async () => {
    const outputs = { Secret: ref('Secret') };
    const secret = (properties: object): Resources => ({ Secret: { Type: 'AWS::SecretsManager::Secret', Properties: properties } });
    const first = await deploy('secret', secret({ Name: 'axiom/first' }), outputs);
    expect(first.Secret).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:axiom\/first-\w{6}$/);
    expect(await deploy('secret', secret({ Name: 'axiom/first', Description: 'changed' }), outputs)).toEqual(first);
    const renamed = await deploy('secret', secret({ Name: 'axiom/second' }), outputs);
    expect(renamed.Secret).toContain(':secret:axiom/second-');
    await remove('secret');
    const list = await secrets(emulator, root, 'ListSecrets', {});
    expect(JSON.parse(list.body).SecretList).toEqual([]);
  });

  it('a reference to an instance profile is its name', async () => {
    const profile = { Type: 'AWS::IAM::InstanceProfile', Properties: { InstanceProfileName: 'runner', Roles: ['runner'] } };
    const outputs = await deploy('profile', { Profile: profile }, { Name: ref('Profile'), Arn: attribute('Profile', 'Arn') });
    expect(outputs).toEqual({ Name: 'runner', Arn: 'arn:aws:iam::123456789012:instance-profile/runner' });
    await remove('profile');
  });

  it('a number that a parameter gives is a number: the tasks of a service', async () => {
    const service = {
      Type: 'AWS::ECS::Service',
      Properties: { Cluster: ref('Cluster'), TaskDefinition: ref('Task'), DesiredCount: ref('Count') },
    };
    const task = { Type: 'AWS::ECS::TaskDefinition', Properties: { ContainerDefinitions: [{ Name: 'runner', Image: 'runner' }] } };
    const template = (count: number) => ({
      Parameters: { Count: { Type: 'Number', Default: count } },
      Resources: { Cluster: { Type: 'AWS::ECS::Cluster' }, Task: task, Service: service },
      Outputs: { Cluster: { Value: ref('Cluster') }, Service: { Value: attribute('Service', 'Name') } },
    });
    const desiredCount = async (count: number) => {
      const { Cluster: cluster, Service: name } = await deployTemplate('counted', template(count));
      const described = await json(emulator, root, 'ecs', 'DescribeServices', { cluster, services: [name] });
      return JSON.parse(described.body).services[0].desiredCount;
    };
    expect(await desiredCount(2)).toBe(2);
    expect(await desiredCount(3)).toBe(3);
    await remove('counted');
  });

  /** What a function answers that a stack of its own makes. */
  const answerOf = async (stack: string, runs: object, event: unknown): Promise<unknown> => {
    const Properties = { Handler: 'index.handler', Role: roleArn('function'), ...runs };
    const { Name } = await deploy(stack, { Function: { Type: 'AWS::Lambda::Function', Properties } }, { Name: ref('Function') });
    const answer = await fetch(`${emulator.endpoint}/2015-03-31/functions/${Name}/invocations`, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${root.id}/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(event),
    });
    return answer.json();
  };

  it("a function in Python finds boto3, whatever this host's Python has", async () => {
    const code =
      'import boto3, botocore\ndef handler(event, context):\n  return [boto3.__version__, botocore.__version__, boto3.__file__]\n';
    const found = await answerOf('python', { Runtime: 'python3.13', Code: { ZipFile: code } }, {});
    expect(found).toEqual(['1.43.106', '1.43.106', expect.stringContaining('ministack')]);
    await remove('python');
  });

  it("a function of the CDK's finds the EC2 client of the SDK, and its calls take effect", async () => {
    const { Vpc, Group } = await deploy('function', network, { Vpc: ref('Vpc'), Group: attribute('Vpc', 'DefaultSecurityGroup') });
    const code = `const { EC2 } = require('@aws-sdk/client-ec2');
      exports.handler = async ({ GroupId }) => {
        const everything = { GroupId, IpPermissions: [{ IpRanges: [{ CidrIp: '0.0.0.0/0' }], IpProtocol: '-1' }] };
        await new EC2({}).revokeSecurityGroupEgress(everything);
        return new EC2({}).revokeSecurityGroupEgress({ ...everything, GroupId: 'sg-none' }).catch(({ name }) => name);
      };`;
    expect(await answerOf('revoke', { Runtime: 'nodejs22.x', Code: { ZipFile: code } }, { GroupId: Group })).toBe('InvalidGroup.NotFound');
    const groups = await ec2('DescribeSecurityGroups');
    const [, ofNetwork = ''] = groups.body.split(`<groupId>${Group}<`);
    expect(ofNetwork.split('</ipPermissionsEgress>')[0]).not.toContain('0.0.0.0/0');
    expect(Vpc).toMatch(/^vpc-/);
    await remove('revoke');
    await remove('function');
  });

  it('an alarm can be on an expression', async () => {
    const { Arn } = await deploy('math', { Alarm: alarm({ Metrics: metricMath() }) }, { Arn: attribute('Alarm', 'Arn') });
    expect(Arn).toContain(':alarm:math-Alarm-');
    await remove('math');
  });

  it.each(['arm64', 'x86_64'])('the newest Amazon Linux for %s is found by its public parameter', async (architecture) => {
    const name = `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;
    const parameters = { Image: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: name } };
    const template = { Parameters: parameters, Resources: network, Outputs: { Image: { Value: ref('Image') } } };
    expect((await deployTemplate('image', template)).Image).toMatch(/^ami-/);
    await remove('image');
  });
});

function withGateway(properties: object): Resources {
  return { ...gateway, Gateway: { Type: 'AWS::EC2::NatGateway', Properties: { ...gateway.Gateway?.Properties, ...properties } } };
}

function alarm(properties: object) {
  const comparison = { EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' };
  return { Type: 'AWS::CloudWatch::Alarm', Properties: { ...comparison, ...properties } };
}

function metricMath() {
  const metric = { MetricStat: { Metric: { MetricName: 'Failures', Namespace: 'Test' }, Period: 60, Stat: 'Sum' }, ReturnData: false };
  return [
    { Id: 'twice', Expression: 'failures * 2' },
    { Id: 'failures', ...metric },
  ];
}

function kubernetesCluster(): Resources {
  const properties = { Name: 'cluster', RoleArn: 'arn:aws:iam::123456789012:role/cluster', ResourcesVpcConfig: { SubnetIds: [] } };
  return { Cluster: { Type: 'AWS::EKS::Cluster', Properties: properties } };
}

function deploy(stack: string, resources: Resources, outputs: Record<string, object> = {}): Promise<Record<string, string>> {
  const values = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { Value: value }]));
  return deployTemplate(stack, { Resources: resources, ...(Object.keys(values).length > 0 && { Outputs: values }) });
}

/** Creates or updates a stack and gives its outputs; throws the reasons when it does not come about. */
async function deployTemplate(stack: string, template: object): Promise<Record<string, string>> {
  const exists = (await cloudformation('DescribeStacks', { StackName: stack })).status === 200;
  const input = { StackName: stack, TemplateBody: JSON.stringify(template), 'Capabilities.member.1': 'CAPABILITY_NAMED_IAM' };
  const answer = await cloudformation(exists ? 'UpdateStack' : 'CreateStack', input);
  if (answer.status !== 200) throw new Error(answer.body);
  const described = await settled(stack);
  if (element(described, 'StackStatus') !== (exists ? 'UPDATE_COMPLETE' : 'CREATE_COMPLETE')) {
    throw new Error((await cloudformation('DescribeStackEvents', { StackName: stack })).body);
  }
  const pairs = described.body.matchAll(/<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)</g);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name, value]));
}

async function remove(stack: string): Promise<void> {
  await cloudformation('DeleteStack', { StackName: stack });
  expect((await settled(stack)).body).toContain('does not exist');
}

async function settled(stack: string): Promise<Answer> {
  for (;;) {
    const answer = await cloudformation('DescribeStacks', { StackName: stack });
    if (!/_IN_PROGRESS</.test(answer.body)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function cloudformation(action: string, parameters: Record<string, string>): Promise<Answer> {
  return query(emulator, root, 'cloudformation', { Action: action, ...parameters });
}

function ec2(action: string): Promise<Answer> {
  return query(emulator, root, 'ec2', { Action: action });
}
