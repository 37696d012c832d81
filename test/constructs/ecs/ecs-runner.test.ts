import { READY_COMMAND, SCRATCH_FOLDER } from '../../../contract/image';
import { STOP_TIMEOUT_SECONDS } from '../../../contract/tasks';
import {
  API_KEY_ARN,
  anEcsRunner,
  aStackWithEcsRunner,
  DIGEST,
  statementsOf,
  theContainerIn,
  theServiceIn,
  theTaskIn,
} from '../../support/ecs-runner';
import { ACCOUNT, aStack, aStackIn, findingsIn, logicalIdsIn, PARTITIONS, templateOf, theOne } from '../../support/synth';

describe('a runner on ECS, as the defaults have it,', () => {
  const stack = aStackWithEcsRunner();

  it('has no findings: no warnings, no errors, clean for cdk-nag', () => {
    expect(findingsIn(stack)).toEqual([]);
  });

  it('keeps its logical ids, because another id would replace a resource', () => {
    expect(logicalIdsIn(stack)).toEqual([
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

  it('keeps two tasks running on Fargate, in the private subnets and without public addresses', () => {
    expect(theServiceIn(stack)).toMatchObject({
      DesiredCount: 2,
      LaunchType: 'FARGATE',
      PlatformVersion: 'LATEST',
      EnableExecuteCommand: false,
      PropagateTags: 'SERVICE',
      NetworkConfiguration: {
        AwsvpcConfiguration: { AssignPublicIp: 'DISABLED', Subnets: ['subnet-0aaaaaaaaaaaaaaaa', 'subnet-0bbbbbbbbbbbbbbbb'] },
      },
    });
  });

  it('starts a new task before it stops an old one, and takes a failed deployment back', () => {
    expect(theServiceIn(stack)['DeploymentConfiguration']).toEqual({
      MinimumHealthyPercent: 100,
      MaximumPercent: 200,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    });
  });

  it('lets nothing in, and everything out', () => {
    expect(theOne(templateOf(stack), 'AWS::EC2::SecurityGroup')).toMatchObject({
      SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', IpProtocol: '-1' }],
    });
    expect(theOne(templateOf(stack), 'AWS::EC2::SecurityGroup')).not.toHaveProperty('SecurityGroupIngress');
    templateOf(stack).resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  it('has tasks of 1 vCPU, 2 GB and 50 GB for x86_64', () => {
    expect(theTaskIn(stack)).toMatchObject({
      Cpu: '1024',
      Memory: '2048',
      EphemeralStorage: { SizeInGiB: 50 },
      NetworkMode: 'awsvpc',
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' },
    });
  });

  it('has a container with a read-only root and no capabilities, which can write to the scratch folder only', () => {
    const container = theContainerIn(stack);
    expect(container).toMatchObject({
      ReadonlyRootFilesystem: true,
      LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true },
      MountPoints: [{ ContainerPath: SCRATCH_FOLDER, ReadOnly: false, SourceVolume: 'scratch' }],
    });
    expect(theTaskIn(stack)['Volumes']).toEqual([{ Name: 'scratch' }]);
    expect(container).not.toHaveProperty('User');
    expect(container).not.toHaveProperty('PortMappings');
  });

  it('gives a stopping runner the time of the contract, and asks it by a command whether it takes tasks', () => {
    expect(theContainerIn(stack)).toMatchObject({
      StopTimeout: STOP_TIMEOUT_SECONDS,
      HealthCheck: { Command: ['CMD', ...READY_COMMAND], Interval: 60, Timeout: 10, Retries: 10, StartPeriod: 60 },
    });
  });

  it('names the image by its digest', () => {
    expect(JSON.stringify(theContainerIn(stack)['Image'])).toContain(`/axiom-runner@${DIGEST}`);
  });

  it('names the API key and the state key, and passes neither', () => {
    const { Environment, Secrets } = theContainerIn(stack);
    expect(Environment).toContainEqual({ Name: 'RUNNER_API_KEY_SECRET_ID', Value: API_KEY_ARN });
    expect(Environment).toContainEqual({ Name: 'RUNNER_STATE_KEY_SECRET_ID', Value: { Ref: 'RunnerStateKey1DDFC054' } });
    expect(Secrets).toBeUndefined();
    expect(JSON.stringify(templateOf(stack).toJSON())).not.toMatch(/"RUNNER_API_KEY"|resolve:secretsmanager|"SecretString"/);
  });

  it('keeps its log for a year, and for longer than it lives itself', () => {
    templateOf(stack).hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 365 }, DeletionPolicy: 'Retain' });
  });

  it('never waits for the log', () => {
    expect(theContainerIn(stack)['LogConfiguration']).toMatchObject({
      LogDriver: 'awslogs',
      Options: { mode: 'non-blocking', 'awslogs-stream-prefix': 'runner', 'awslogs-group': { Ref: 'RunnerLogs696CEF90' } },
    });
  });

  it('has a cluster of its own with Container Insights', () => {
    expect(theOne(templateOf(stack), 'AWS::ECS::Cluster')).toEqual({ ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }] });
  });

  it('starts when its roles may do what they should', () => {
    const [service] = Object.values(templateOf(stack).findResources('AWS::ECS::Service'));
    expect(service?.['DependsOn']).toEqual(
      expect.arrayContaining([
        'RunnerTaskRoleDefaultPolicy1C7A0A05',
        'RunnerReadIntegrationSecretsB26B1C11',
        'RunnerExecutionRoleDefaultPolicy1095AE4E',
      ]),
    );
  });

  it('puts out commands to paste', () => {
    const outputs = templateOf(stack).findOutputs('*');
    const texts = Object.values(outputs).map(({ Value }) =>
      Value['Fn::Join'][1].filter((part: unknown) => typeof part === 'string').join('…'),
    );
    expect(texts).toEqual([
      'aws logs tail … --follow --since 1h --region eu-central-1',
      expect.stringMatching(
        /^aws ecs run-task --cluster … --region eu-central-1 --task-definition … --launch-type FARGATE --network-configuration "\$\(aws ecs describe-services --cluster … --services …/,
      ),
      'aws ecs update-service --force-new-deployment --cluster … --service … --region eu-central-1',
    ]);
    expect(texts[1]).toContain(`--overrides '{"containerOverrides":[{"name":"runner","command":["doctor"]}]}'`);
  });
});

describe('the roles of a runner on ECS', () => {
  const stack = aStackWithEcsRunner();

  it('let only tasks of this account and region be the runner', () => {
    templateOf(stack).hasResourceProperties('AWS::IAM::Role', {
      Description: 'Axiom Runner: what the runner may do',
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: 'sts:AssumeRole',
            Effect: 'Allow',
            Principal: { Service: 'ecs-tasks.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': ACCOUNT },
              ArnLike: { 'aws:SourceArn': `arn:aws:ecs:eu-central-1:${ACCOUNT}:*` },
            },
          },
        ],
      },
    });
  });

  it('let the runner read its secrets and assume proxy roles, nothing else', () => {
    expect(statementsOf(stack, 'RunnerTaskRole').map(({ Action }) => Action)).toEqual([
      'sts:AssumeRole',
      ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      'secretsmanager:GetSecretValue',
    ]);
    expect(statementsOf(stack, 'RunnerTaskRole')[1].Resource).toEqual([API_KEY_ARN, { Ref: 'RunnerStateKey1DDFC054' }]);
  });

  it('let ECS pull the one image and write the one log, nothing else', () => {
    expect(statementsOf(stack, 'RunnerExecutionRole')).toEqual([
      {
        Effect: 'Allow',
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        Resource: `arn:aws:ecr:eu-central-1:${ACCOUNT}:repository/axiom-runner`,
      },
      { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': ['RunnerLogs696CEF90', 'Arn'] },
      },
    ]);
  });
});

describe.each(PARTITIONS)('in the partition $partition', ({ partition, region }) => {
  const stack = aStackWithEcsRunner(undefined, region);

  it('names no other partition', () => {
    const text = JSON.stringify(templateOf(stack).toJSON());
    expect(new Set(text.match(/arn:[a-z-]+/g))).toEqual(new Set([`arn:${partition}`]));
  });

  it('has no findings', () => {
    expect(findingsIn(stack)).toEqual([]);
  });
});

it('two fit into one stack', () => {
  const stack = aStackIn('eu-central-1');
  anEcsRunner(stack, {}, 'One');
  anEcsRunner(stack, {}, 'Other');
  expect(findingsIn(stack)).toEqual([]);
  templateOf(stack).resourceCountIs('AWS::ECS::Service', 2);
});

it('fits into a stack that knows neither account nor region', () => {
  const stack = aStack();
  anEcsRunner(stack);
  expect(findingsIn(stack)).toEqual([]);
});
