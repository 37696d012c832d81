import { Aws, Lazy, RemovalPolicy, Tags, Token } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type EcsRunnerProps, RunnerArchitecture, RunnerEgress, RunnerLogLevel } from '../../../constructs';
import { LEDGER_ACTIONS } from '../../../contract/ledger';
import { anEcsRunner, aStackWithEcsRunner, statementsOf, theContainerIn, theServiceIn, theTaskIn } from '../../support/ecs-runner';
import { aNetwork, anIsolatedNetwork } from '../../support/networks';
import { aProxyRole, KEY_ARN } from '../../support/roles';
import { aStack, aStackIn, findingsIn, logicalIdsIn, refusalOf, templateOf, theOne } from '../../support/synth';

describe('the size of a task', () => {
  it('is what the settings say', () => {
    const stack = aStackWithEcsRunner(() => ({ cpu: 2048, memoryLimitMiB: 8192, ephemeralStorageGiB: 21, desiredCount: 0 }));
    expect(theTaskIn(stack)).toMatchObject({ Cpu: '2048', Memory: '8192', EphemeralStorage: { SizeInGiB: 21 } });
    expect(theServiceIn(stack)['DesiredCount']).toBe(0);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('is for Graviton, when the architecture is', () => {
    const stack = aStackWithEcsRunner(() => ({ architecture: RunnerArchitecture.ARM64 }));
    expect(theTaskIn(stack)['RuntimePlatform']['CpuArchitecture']).toBe('ARM64');
  });

  it('may be known only at deployment', () => {
    const count = Token.asNumber(Lazy.any({ produce: () => ({ Ref: 'Count' }) }));
    const size = Lazy.number({ produce: () => 2048 });
    const stack = aStack();
    expect(() => anEcsRunner(stack, { desiredCount: count, memoryLimitMiB: size, ephemeralStorageGiB: size })).not.toThrow();
  });

  it.each<[Partial<EcsRunnerProps>, string]>([
    [{ cpu: 1000 }, 'cpu is 1000. Allowed: 256, 512, 1024, 2048, 4096, 8192, 16384.'],
    [{ memoryLimitMiB: 1024 }, 'memoryLimitMiB is 1024. Allowed: 2048 to 8192 in steps of 1024 with 1024 CPU units.'],
    [{ memoryLimitMiB: 9216 }, 'memoryLimitMiB is 9216.'],
    [{ memoryLimitMiB: 2500 }, 'memoryLimitMiB is 2500.'],
    [{ cpu: 256, memoryLimitMiB: 1536 }, 'memoryLimitMiB is 1536.'],
    [{ ephemeralStorageGiB: 20 }, 'ephemeralStorageGiB is 20. Allowed: a whole number from 21 to 200.'],
    [{ ephemeralStorageGiB: 201 }, 'ephemeralStorageGiB is 201.'],
    [{ desiredCount: 1.5 }, 'desiredCount is 1.5. Allowed: a whole number from 0.'],
    [{ desiredCount: -1 }, 'desiredCount is -1.'],
    [{ cpu: Lazy.number({ produce: () => 1024 }), memoryLimitMiB: Number.NaN }, 'memoryLimitMiB is NaN.'],
  ])('is refused: %p', (props, message) => {
    expect(refusalOf(() => anEcsRunner(aStack(), props))).toContain(`[Stack/Runner] ${message}`);
  });
});

describe('the network of the tasks', () => {
  it('is chosen by subnets, which may not be public', () => {
    const stack = aStackWithEcsRunner(() => ({ vpcSubnets: { availabilityZones: ['eu-central-1b'] } }));
    expect(theServiceIn(stack)['NetworkConfiguration'].AwsvpcConfiguration.Subnets).toEqual(['subnet-0bbbbbbbbbbbbbbbb']);
    const inPublic = () => anEcsRunner(aStack(), { vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } });
    expect(refusalOf(inPublic)).toContain('[Stack/Runner] vpcSubnets is public subnets. Allowed: private or isolated subnets.');
  });

  it('is isolated, when there are no subnets with a way out', () => {
    const stack = aStackIn('eu-central-1');
    const vpc = anIsolatedNetwork(stack);
    anEcsRunner(stack, { vpc });
    const isolated = vpc.isolatedSubnets.map(({ subnetId }) => stack.resolve(subnetId));
    expect(theServiceIn(stack)['NetworkConfiguration'].AwsvpcConfiguration.Subnets).toEqual(isolated);
  });

  it('has security groups of your own instead of a new one', () => {
    const stack = aStackWithEcsRunner((scope) => ({
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'Own', 'sg-0a1b2c3d4e5f60718')],
    }));
    expect(theServiceIn(stack)['NetworkConfiguration'].AwsvpcConfiguration.SecurityGroups).toEqual(['sg-0a1b2c3d4e5f60718']);
    templateOf(stack).resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  it.each<[Partial<EcsRunnerProps>, string]>([
    [{ securityGroups: [] }, 'securityGroups is empty. Allowed: one group or more.'],
    [{ vpcSubnets: { subnets: [] } }, 'vpcSubnets is no subnet. Allowed: one private or isolated subnet or more.'],
  ])('is refused, when a list is empty: %j', (props, message) => {
    expect(refusalOf(() => anEcsRunner(aStack(), props))).toContain(`[Stack/Runner] ${message}`);
  });

  it('lets out what the egress says, and what connections add to it', () => {
    const stack = aStackIn('eu-central-1');
    const runner = anEcsRunner(stack, { egress: RunnerEgress.allowList() });
    runner.connections.allowTo(ec2.Peer.ipv4('10.1.0.0/16'), ec2.Port.POSTGRES);
    const { SecurityGroupEgress: egress } = theOne(templateOf(stack), 'AWS::EC2::SecurityGroup');
    expect(egress).toContainEqual(expect.objectContaining({ CidrIp: '10.1.0.0/16', FromPort: 5432, ToPort: 5432 }));
    expect(egress).not.toContainEqual(expect.objectContaining({ CidrIp: '0.0.0.0/0' }));
    expect(findingsIn(stack)).toEqual([]);
  });

  it('has one source: a network or a cluster, groups or an egress', () => {
    const securityGroups: ec2.ISecurityGroup[] = [];
    const both = () => anEcsRunner(aStack(), { securityGroups, egress: RunnerEgress.anywhere() });
    expect(refusalOf(both)).toContain('[Stack/Runner] egress is given, and so is securityGroups.');
    const neither = () => anEcsRunner(aStack(), { vpc: undefined });
    expect(refusalOf(neither)).toContain('[Stack/Runner] vpc is missing, and so is cluster. Allowed: one of vpc and cluster.');
  });

  it('is warned of, when it is isolated and lacks endpoints', () => {
    const stack = aStackIn('eu-central-1');
    anEcsRunner(stack, { vpc: anIsolatedNetwork(stack), enableExecuteCommand: true });
    const services = 'secretsmanager, sts, logs, ecr.api, ecr.dkr, s3, ssmmessages';
    expect(findingsIn(stack)).toEqual([expect.stringContaining(`no endpoint for ${services}. Add RunnerVpcEndpoints.`)]);
  });
});

describe('the log', () => {
  it('is kept as long as the settings say', () => {
    const stack = aStackWithEcsRunner(() => ({ logRetention: logs.RetentionDays.TEN_YEARS }));
    templateOf(stack).hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 3653 });
  });

  it('is encrypted with a key, which CloudWatch Logs may use for the log groups of the stack', () => {
    const stack = aStackWithEcsRunner((scope) => ({ logEncryptionKey: new kms.Key(scope, 'Key', { enableKeyRotation: true }) }));
    expect(theOne(templateOf(stack), 'AWS::Logs::LogGroup')).toHaveProperty('KmsKeyId');
    templateOf(stack).hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'logs.eu-central-1.amazonaws.com' },
            Condition: {
              ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-central-1:111122223333:log-group:Stack-*' },
            },
          }),
        ]),
      },
    });
    expect(findingsIn(stack)).toEqual([]);
  });
});

describe('commands in a task (ECS Exec)', () => {
  const stack = aStackWithEcsRunner(() => ({ enableExecuteCommand: true }));

  it('take a writable root and the messages of Systems Manager', () => {
    expect(theServiceIn(stack)['EnableExecuteCommand']).toBe(true);
    expect(theContainerIn(stack)['ReadonlyRootFilesystem']).toBe(false);
    const actions = statementsOf(stack, 'RunnerTaskRole').flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith('ssmmessages:'))).toHaveLength(4);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('are how the doctor is run then', () => {
    expect(JSON.stringify(templateOf(stack).findOutputs('*'))).toContain("--container runner --interactive --command 'axiomrunner doctor'");
  });
});

describe('further settings', () => {
  it('become variables', () => {
    const stack = aStackWithEcsRunner((scope) => ({
      controlPlaneAddress: 'control-plane.example.com:7233',
      httpsProxy: 'http://proxy.example.com:3128',
      noProxy: ['169.254.170.2'],
      logLevel: RunnerLogLevel.DEBUG,
      environment: { OTHER: 'value' },
      secretStoreRegion: Aws.REGION,
      proxyRole: aProxyRole(scope),
    }));
    const names = theContainerIn(stack)['Environment'].map(({ Name }: { readonly Name: string }) => Name);
    expect(names).toEqual(
      expect.arrayContaining([
        'AXIOM_ACTIONS_ADDRESS_AND_PORT',
        'HTTPS_PROXY',
        'NO_PROXY',
        'RUNNER_LOG_LEVEL',
        'OTHER',
        'AWS_SECRETS_MANAGER_REGION',
        'AWS_SECRETS_MANAGER_ROLE_ARN',
        'AWS_SECRETS_MANAGER_ROLE_EXTERNAL_ID',
      ]),
    );
  });

  it('narrow what the runner may assume and decrypt', () => {
    const stack = aStackIn('eu-central-1');
    const proxyRole = aProxyRole(aStack({}, 'Store'));
    anEcsRunner(stack, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN) });
    expect(proxyRole.externalId).toBeDefined();
    expect(statementsOf(stack, 'RunnerTaskRole')).toContainEqual(expect.objectContaining({ Action: 'kms:Decrypt', Resource: KEY_ARN }));
  });

  describe('with a ledger', () => {
    it('let the runner use it by the actions of the contract', () => {
      const stack = aStackWithEcsRunner(() => ({ ledger: true, removalPolicy: RemovalPolicy.DESTROY }));
      expect(statementsOf(stack, 'RunnerTaskRole')).toContainEqual(expect.objectContaining({ Action: LEDGER_ACTIONS }));
      expect(theContainerIn(stack)['Environment']).toContainEqual({
        Name: 'RUNNER_LEDGER_TABLE',
        Value: { Ref: expect.stringMatching(/^RunnerLedger/) },
      });
      expect(findingsIn(stack)).toEqual([]);
    });
  });

  it('bound both roles', () => {
    const arn = 'arn:aws:iam::111122223333:policy/boundary';
    const stack = aStackWithEcsRunner((scope) => ({ permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyArn(scope, 'Boundary', arn) }));
    const roles = Object.values(templateOf(stack).findResources('AWS::IAM::Role'));
    expect(roles.map(({ Properties }) => Properties.PermissionsBoundary)).toEqual([arn, arn]);
  });

  it('take tags to the tasks', () => {
    const stack = aStackIn('eu-central-1');
    Tags.of(anEcsRunner(stack)).add('team', 'access');
    expect(theServiceIn(stack)).toMatchObject({ PropagateTags: 'SERVICE', Tags: [{ Key: 'team', Value: 'access' }] });
  });
});

it('fits into the same stack as its network', () => {
  const stack = aStackIn('eu-central-1');
  anEcsRunner(stack, { vpc: aNetwork(stack) });
  expect(logicalIdsIn(stack)).toHaveLength(11);
});
