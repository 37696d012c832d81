import { anEc2Runner, aStackWithEc2Runner, fileIn, launchDataIn, theGroupIn, userDataOf } from '../../support/ec2-runner';
import { aPostgresqlSecret } from '../../support/integration-secrets';
import { ACCOUNT, aStackIn, findingsIn, logicalIdsIn, PARTITIONS, statementsIn, templateOf, theOne } from '../../support/synth';

describe('a runner on EC2, as the defaults have it,', () => {
  const stack = aStackWithEc2Runner();

  it('has no findings: no warnings, no errors, clean for cdk-nag', () => {
    expect(findingsIn(stack)).toEqual([]);
  });

  it('keeps its logical ids, because another id would replace a resource', () => {
    expect(logicalIdsIn(stack)).toEqual([
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

  it('keeps one instance of 2 vCPUs and 2 GB running, in the private subnets and without a public address', () => {
    expect(theGroupIn(stack).Properties).toMatchObject({
      MinSize: '1',
      DesiredCapacity: '1',
      MaxSize: '2',
      VPCZoneIdentifier: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'],
    });
    expect(launchDataIn(stack)).toMatchObject({
      InstanceType: 't3.small',
      NetworkInterfaces: [{ AssociatePublicIpAddress: false, Groups: [{ 'Fn::GetAtt': ['RunnerSecurityGroup63829D3E', 'GroupId'] }] }],
    });
  });

  it('has the newest Amazon Linux 2023, looked up when it is deployed', () => {
    const { Ref } = launchDataIn(stack)['ImageId'];
    expect(templateOf(stack).findParameters(Ref)[Ref]).toMatchObject({
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      Default: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    });
  });

  it('has an encrypted volume of 50 GiB', () => {
    const [{ DeviceName, Ebs }] = launchDataIn(stack)['BlockDeviceMappings'];
    expect({ DeviceName, Ebs }).toEqual({ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 50, VolumeType: 'gp3' } });
  });

  it('shows its credentials to processes of the instance itself only: version 2 of the metadata service, one hop, no tags', () => {
    expect(launchDataIn(stack)['MetadataOptions']).toEqual({
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'disabled',
    });
  });

  it('has no way in: no key pair, no open port, no Session Manager', () => {
    expect(launchDataIn(stack)).not.toHaveProperty('KeyName');
    expect(theOne(templateOf(stack), 'AWS::EC2::SecurityGroup')).not.toHaveProperty('SecurityGroupIngress');
    expect(theOne(templateOf(stack), 'AWS::IAM::Role')).not.toHaveProperty('ManagedPolicyArns');
  });

  it('counts an instance as started when it has said so, and stops an old one only then', () => {
    const { CreationPolicy, UpdatePolicy } = theGroupIn(stack);
    expect(CreationPolicy).toEqual({ ResourceSignal: { Count: 1, Timeout: 'PT15M' } });
    expect(UpdatePolicy.AutoScalingRollingUpdate).toMatchObject({
      MinInstancesInService: 1,
      MaxBatchSize: 1,
      PauseTime: 'PT15M',
      WaitOnResourceSignals: true,
    });
  });

  it('starts instances when their role may do what it should; the policy that grants may take away is not waited for', () => {
    expect(theGroupIn(stack).DependsOn).toEqual(['RunnerRoleDefaultPolicy8BB9FD2A', 'RunnerRole4782C5F2']);
  });

  it('may do what the docs list, and nothing else', () => {
    expect(statementsIn(stack).map((statement) => (statement as { Action: unknown }).Action)).toEqual([
      'sts:AssumeRole',
      ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      'cloudwatch:PutMetricData',
      'cloudformation:SignalResource',
      'secretsmanager:GetSecretValue',
    ]);
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': 'CWAgent' } },
    });
    expect(statementsIn(stack)).toContainEqual({
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: { 'Fn::GetAtt': ['RunnerLogs696CEF90', 'Arn'] },
    });
  });

  it('is a role for EC2 only', () => {
    expect(theOne(templateOf(stack), 'AWS::IAM::Role')['AssumeRolePolicyDocument']).toMatchObject({
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' } }],
    });
  });

  it('keeps the log for a year, also when the host is deleted', () => {
    const [logGroup] = Object.values(templateOf(stack).findResources('AWS::Logs::LogGroup'));
    expect(logGroup).toMatchObject({ Properties: { RetentionInDays: 365 }, DeletionPolicy: 'Retain' });
  });

  it('puts out commands to paste', () => {
    const commands = Object.values(templateOf(stack).findOutputs('*')).map(({ Value }) => JSON.stringify(Value));
    expect(commands).toEqual([
      expect.stringContaining('aws logs tail '),
      expect.stringContaining('aws ec2 get-console-output --latest'),
      expect.stringContaining('aws autoscaling start-instance-refresh'),
    ]);
  });
});

describe.each(PARTITIONS)('in the partition $partition', ({ partition, region }) => {
  const stack = aStackWithEc2Runner(undefined, region);

  it('names resources of that partition only', () => {
    expect(findingsIn(stack)).toEqual([]);
    const arns = JSON.stringify(templateOf(stack).toJSON()).match(/arn:aws[a-z-]*:iam/g) ?? [];
    expect(arns.filter((arn) => arn !== `arn:${partition}:iam`)).toEqual([]);
  });
});

it('fits into a stack twice', () => {
  const stack = aStackIn('eu-central-1');
  anEc2Runner(stack, {}, 'One');
  anEc2Runner(stack, { runnerGroupId: 'group-2' }, 'Two');
  expect(findingsIn(stack)).toEqual([]);
  templateOf(stack).resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 2);
});

it('makes nothing in the scope of its parent', () => {
  const stack = aStackIn('eu-central-1');
  const runner = anEc2Runner(stack);
  const others = stack.node.children.filter((child) => child !== runner).map(({ node }) => node.id);
  expect(others.filter((id) => !['RunnerApiKey', 'RunnerNetwork'].includes(id) && !id.startsWith('SsmParameterValue'))).toEqual([]);
});

describe('granting single integration secrets', () => {
  it('takes the permission for all of them away', () => {
    const stack = aStackIn('eu-central-1');
    anEc2Runner(stack).grantRead(aPostgresqlSecret(stack));
    expect(JSON.stringify(statementsIn(stack))).not.toContain('axiom-security/*');
    expect(logicalIdsIn(stack)).not.toContain('RunnerReadIntegrationSecretsB26B1C11');
  });
});

describe('the metric of', () => {
  const stack = aStackIn('eu-central-1');
  const runner = anEc2Runner(stack);
  const telemetry = JSON.parse(fileIn(userDataOf(runner), '/etc/axiom-runner/cloudwatch-agent.json')).metrics;
  const shown = (metric: { toMetricConfig(): { metricStat?: { dimensions?: unknown[] } } }) =>
    stack.resolve(metric.toMetricConfig().metricStat);

  it('the CPU is that of the group', () => {
    expect(shown(runner.metricCpuUtilization())).toMatchObject({
      namespace: 'AWS/EC2',
      metricName: 'CPUUtilization',
      dimensions: [{ name: 'AutoScalingGroupName', value: { Ref: 'RunnerGroupASG125299F8' } }],
      statistic: 'Average',
    });
  });

  it.each([
    ['the memory', 'mem', runner.metricMemoryUtilization(), 'mem_used_percent', 'Average'],
    ['the disk', 'disk', runner.metricDiskUtilization(), 'disk_used_percent', 'Maximum'],
  ] as const)('%s is what the CloudWatch agent emits', (_, kind, metric, metricName, statistic) => {
    expect(shown(metric)).toMatchObject({
      namespace: telemetry.namespace,
      metricName,
      statistic,
      dimensions: [{ name: 'RunnerGroupId', value: 'group-1' }],
    });
    const { append_dimensions, measurement } = telemetry.metrics_collected[kind];
    expect(append_dimensions).toEqual({ RunnerGroupId: 'group-1' });
    expect(telemetry.aggregation_dimensions).toEqual([['RunnerGroupId']]);
    expect(measurement.map((name: string) => `${kind}_${name}`)).toEqual([metricName]);
  });
});

it('reads the API key of the account', () => {
  expect(JSON.stringify(statementsIn(aStackWithEc2Runner()))).toContain(`:${ACCOUNT}:secret:axiom-runner/api-key-AbCdEf`);
});
