import { Aws, CfnParameter, Fn } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type Ec2RunnerProps, RunnerArchitecture, RunnerEgress } from '../../../constructs';
import { LEDGER_ACTIONS } from '../../../contract/ledger';
import { anEc2Runner, aStackWithEc2Runner, launchDataIn, theGroupIn, userDataOf } from '../../support/ec2-runner';
import { anIsolatedNetwork } from '../../support/networks';
import { ACCOUNT, aStackIn, findingsIn, refusalOf, statementsIn, templateOf, theOne } from '../../support/synth';

const ARM_IMAGE = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64';
const WINDOWS = ec2.MachineImage.latestWindows(ec2.WindowsVersion.WINDOWS_SERVER_2022_ENGLISH_FULL_BASE);
const KEY_ARN = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

describe('the setting', () => {
  it('desiredCapacity is the size of the group, which may grow by one while it replaces', () => {
    const { Properties, CreationPolicy, UpdatePolicy } = theGroupIn(aStackWithEc2Runner(() => ({ desiredCapacity: 3 })));
    expect(Properties).toMatchObject({ MinSize: '3', DesiredCapacity: '3', MaxSize: '4' });
    expect(CreationPolicy.ResourceSignal.Count).toBe(3);
    expect(UpdatePolicy.AutoScalingRollingUpdate).toMatchObject({ MinInstancesInService: 3, MaxBatchSize: 1 });
  });

  it('desiredCapacity may be a token', () => {
    const stack = aStackIn('eu-central-1');
    anEc2Runner(stack, { desiredCapacity: new CfnParameter(stack, 'Size', { type: 'Number' }).valueAsNumber });
    const { Properties, CreationPolicy, UpdatePolicy } = theGroupIn(stack);
    expect(Properties).toMatchObject({ MinSize: { Ref: 'Size' }, DesiredCapacity: { Ref: 'Size' }, MaxSize: '21' });
    expect(CreationPolicy.ResourceSignal.Count).toEqual({ Ref: 'Size' });
    expect(UpdatePolicy.AutoScalingRollingUpdate.MinInstancesInService).toEqual({ Ref: 'Size' });
  });

  it('instanceType of Graviton brings the image and the check for arm64', () => {
    const stack = aStackIn('eu-central-1');
    const userData = userDataOf(anEc2Runner(stack, { instanceType: new ec2.InstanceType('t4g.small') }));
    expect(launchDataIn(stack)['InstanceType']).toBe('t4g.small');
    expect(templateOf(stack).findParameters('*', { Default: ARM_IMAGE })).not.toEqual({});
    expect(userData).toContain('[ "$(uname -m)" != aarch64 ]');
  });

  it('instanceType may be a token, whose architecture must be said', () => {
    const stack = aStackIn('eu-central-1');
    const instanceType = new ec2.InstanceType(new CfnParameter(stack, 'Type', { default: 't4g.small' }).valueAsString);
    expect(refusalOf(() => anEc2Runner(stack, { instanceType }))).toContain('architecture is missing, and instanceType is a token');
    anEc2Runner(stack, { instanceType, architecture: RunnerArchitecture.ARM64 }, 'Other');
    expect(launchDataIn(stack)['InstanceType']).toEqual({ Ref: 'Type' });
    expect(templateOf(stack).findParameters('*', { Default: ARM_IMAGE })).not.toEqual({});
  });

  it('machineImage is what instances have', () => {
    const machineImage = ec2.MachineImage.genericLinux({ 'eu-central-1': 'ami-0123456789abcdef0' });
    expect(launchDataIn(aStackWithEc2Runner(() => ({ machineImage })))['ImageId']).toBe('ami-0123456789abcdef0');
  });

  it('volumeSizeGiB and volumeEncryptionKey are those of the volume', () => {
    const stack = aStackWithEc2Runner((scope) => ({
      volumeSizeGiB: 100,
      volumeEncryptionKey: kms.Key.fromKeyArn(scope, 'Key', KEY_ARN),
    }));
    const [{ Ebs }] = launchDataIn(stack)['BlockDeviceMappings'];
    expect(Ebs).toEqual({ Encrypted: true, KmsKeyId: KEY_ARN, VolumeSize: 100, VolumeType: 'gp3' });
  });

  it('ssmAccess adds the managed policy, and a command that opens a session', () => {
    const stack = aStackWithEc2Runner(() => ({ ssmAccess: true }));
    expect(JSON.stringify(theOne(templateOf(stack), 'AWS::IAM::Role')['ManagedPolicyArns'])).toContain('AmazonSSMManagedInstanceCore');
    expect(JSON.stringify(templateOf(stack).findOutputs('*'))).toContain('aws ssm start-session');
    expect(findingsIn(stack)).toEqual([]);
  });

  it('ssmAccess is acknowledged alone: another managed policy of AWS is still found', () => {
    const stack = aStackIn('eu-central-1');
    anEc2Runner(stack, { ssmAccess: true }).role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess'));
    expect(findingsIn(stack)).toEqual([expect.stringContaining('ReadOnlyAccess')]);
  });

  it('securityGroups are those of the instances, and of their connections', () => {
    const stack = aStackIn('eu-central-1');
    const group = (id: string) => ec2.SecurityGroup.fromSecurityGroupId(stack, id, `sg-0123456789abcdef${id}`);
    const runner = anEc2Runner(stack, { securityGroups: [group('0'), group('1')] });
    expect(launchDataIn(stack)['NetworkInterfaces'][0].Groups).toEqual(['sg-0123456789abcdef0', 'sg-0123456789abcdef1']);
    expect(runner.connections.securityGroups).toHaveLength(2);
    templateOf(stack).resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  it('egress narrows what instances may connect to', () => {
    const stack = aStackWithEc2Runner(() => ({ egress: RunnerEgress.allowList() }));
    expect(JSON.stringify(theOne(templateOf(stack), 'AWS::EC2::SecurityGroup')['SecurityGroupEgress'])).not.toContain('0.0.0.0/0');
  });

  it('connections open the way to a system', () => {
    const stack = aStackIn('eu-central-1');
    const runner = anEc2Runner(stack, { egress: RunnerEgress.allowList() });
    runner.connections.allowTo(ec2.Peer.ipv4('10.1.0.0/16'), ec2.Port.POSTGRES);
    expect(theOne(templateOf(stack), 'AWS::EC2::SecurityGroup')['SecurityGroupEgress']).toContainEqual(
      expect.objectContaining({ CidrIp: '10.1.0.0/16', FromPort: 5432 }),
    );
  });

  it('logRetention and logEncryptionKey are those of the log group', () => {
    const stack = aStackWithEc2Runner((scope) => ({
      logRetention: logs.RetentionDays.TWO_YEARS,
      logEncryptionKey: new kms.Key(scope, 'Key', { enableKeyRotation: true }),
    }));
    expect(theOne(templateOf(stack), 'AWS::Logs::LogGroup')).toMatchObject({ RetentionInDays: 731, KmsKeyId: expect.anything() });
    expect(findingsIn(stack)).toEqual([]);
  });

  it('permissionsBoundary is that of the role', () => {
    const boundary = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
    const stack = aStackWithEc2Runner((scope) => ({
      permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyArn(scope, 'Boundary', boundary),
    }));
    expect(theOne(templateOf(stack), 'AWS::IAM::Role')['PermissionsBoundary']).toBe(boundary);
  });

  describe('ledger', () => {
    it('makes a table that the role may use', () => {
      const stack = aStackWithEc2Runner(() => ({ ledger: true }));
      expect(statementsIn(stack)).toContainEqual(expect.objectContaining({ Action: expect.arrayContaining([...LEDGER_ACTIONS]) }));
    });
  });
});

describe.each<[string, Partial<Ec2RunnerProps>, string]>([
  ['no instance', { desiredCapacity: 0 }, 'desiredCapacity is 0. Allowed: a whole number from 1 to 20.'],
  ['too many instances', { desiredCapacity: 21 }, 'desiredCapacity is 21.'],
  ['half an instance', { desiredCapacity: 1.5 }, 'desiredCapacity is 1.5.'],
  ['a volume that is too small', { volumeSizeGiB: 8 }, 'volumeSizeGiB is 8. Allowed: a whole number from 16 to 16384.'],
  ['no security group', { securityGroups: [] }, 'securityGroups is empty.'],
  [
    'an image for other processors',
    { instanceType: new ec2.InstanceType('c7g.large'), machineImage: ec2.MachineImage.latestAmazonLinux2023() },
    'machineImage is made for x86_64. Allowed: an image for arm64.',
  ],
  ['an image of an SSM parameter for other processors', { machineImage: ec2.MachineImage.fromSsmParameter(ARM_IMAGE) }, 'made for arm64'],
  ['another image for arm64', { machineImage: ec2.MachineImage.resolveSsmParameterAtLaunch(ARM_IMAGE) }, 'made for arm64'],
  [
    'an architecture that the type does not have',
    { instanceType: new ec2.InstanceType('t3.large'), architecture: RunnerArchitecture.ARM64 },
    'architecture is arm64. Allowed: x86_64, which t3.large is.',
  ],
  ['no health address', { environment: { RUNNER_HEALTH_ADDRESS: 'off' } }, 'environment is RUNNER_HEALTH_ADDRESS=off.'],
  ['an image of Windows', { machineImage: WINDOWS }, 'machineImage is of Windows. Allowed: an image of Amazon Linux 2023.'],
  ['no subnet', { vpcSubnets: { subnets: [] } }, 'vpcSubnets is no subnet.'],
  ['a proxy with a quote', { httpsProxy: 'http://proxy".example.com:3128' }, 'httpsProxy is '],
  ['a proxy that a shell would run', { httpsProxy: 'http://$(id):3128' }, 'httpsProxy is '],
  ['a host with a quote', { noProxy: ['a"b'] }, 'noProxy[0] is "a\\"b".'],
  ['two hosts in one', { noProxy: ['a.example.com,b.example.com'] }, 'noProxy[0] is '],
  ['public subnets', { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }, 'vpcSubnets is public subnets.'],
  ['a wrong tenant', { tenantId: 'a b' }, 'tenantId is "a b".'],
])('%s', (_, props, message) => {
  it('is refused', () => {
    const refusal = refusalOf(() => anEc2Runner(aStackIn('eu-central-1'), props));
    expect(refusal).toMatch(/^\[Stack\/Runner] /);
    expect(refusal).toContain(message);
  });
});

it('egress beside securityGroups is refused', () => {
  const stack = aStackIn('eu-central-1');
  const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0')];
  expect(refusalOf(() => anEc2Runner(stack, { securityGroups, egress: RunnerEgress.anywhere() }))).toContain('egress is given');
});

it('isolated subnets without endpoints are warned of, with their names', () => {
  const stack = aStackIn('eu-central-1');
  anEc2Runner(stack, { vpc: anIsolatedNetwork(stack) });
  expect(findingsIn(stack)).toEqual([
    expect.stringContaining('no endpoint for secretsmanager, sts, logs, monitoring, cloudformation, s3. Add RunnerVpcEndpoints.'),
  ]);
});

it('tenant and group may be tokens', () => {
  const stack = aStackIn('eu-central-1');
  const userData = userDataOf(anEc2Runner(stack, { tenantId: Fn.importValue('tenant'), runnerGroupId: Aws.STACK_NAME }));
  expect(userData).toContain('TENANT_ID=${{"Fn::ImportValue":"tenant"}}\nRUNNER_GROUP_ID=${AWS::StackName}\n');
});
