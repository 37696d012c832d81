import type { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotationEvents, RunnerImage, type SecretAgentSidecarProps, SecretsManagerProxyRole } from '../../../constructs';
import { EXTERNAL_ID, PROXY_ROLE_ARN } from '../../support/roles';
import { anApplication, aSidecar, aTask, DIGEST, environmentOf, theConfiguration, theContainer } from '../../support/secret-agent';
import { ACCOUNT, aStackIn, findingsIn, PARTITIONS, refusalOf, statementsIn, templateOf, theOne } from '../../support/synth';

const REGION = 'eu-central-1';
/** What cdk-nag says of the user's own task definition and execution role: not ours to acknowledge. */
const FINDINGS = ['AwsSolutions-ECS2', 'AwsSolutions-IAM5[Resource::*]'];

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

function aStackWithSidecar(props: (stack: Stack) => Partial<SecretAgentSidecarProps> = () => ({}), type?: 'fargate' | 'bridge'): Stack {
  const stack = aStackIn(REGION);
  aSidecar(stack, props(stack), aTask(stack, type));
  return stack;
}

describe('the agent beside an application on Fargate', () => {
  const stack = aStackWithSidecar();

  it('has no findings but those of every task with variables and an image in Amazon ECR', () => {
    expect(findingsIn(stack)).toEqual(FINDINGS);
  });

  it('is an essential container that runs the command "agent" of the image, by its digest', () => {
    expect(theContainer(stack)).toMatchObject({ Command: ['agent'], Essential: true, StopTimeout: 30 });
    expect(JSON.stringify(theContainer(stack).Image)).toContain(`/axiom-runner@${DIGEST}`);
  });

  it('is not root, has no capabilities, a read-only root and no core file', () => {
    expect(theContainer(stack)).toMatchObject({
      User: '65532:65532',
      ReadonlyRootFilesystem: true,
      LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true },
      Ulimits: [{ Name: 'core', SoftLimit: 0, HardLimit: 0 }],
    });
    expect(theContainer(stack)).not.toHaveProperty('PortMappings');
    // Fargate refuses the option.
    expect(theContainer(stack)).not.toHaveProperty('DockerSecurityOptions');
  });

  it('writes into three folders of the task, which its image declares as volumes', () => {
    const mounts: Json[] = theContainer(stack).MountPoints;
    expect(mounts.map(({ SourceVolume, ContainerPath, ReadOnly }) => [SourceVolume, ContainerPath, ReadOnly])).toEqual([
      ['secret-agent-shared', '/run/axiomrunner', false],
      ['secret-agent-state', '/var/lib/axiomrunner', false],
      ['secret-agent-scratch', '/tmp', false],
    ]);
    const { Volumes } = theOne(templateOf(stack), 'AWS::ECS::TaskDefinition') as Json;
    expect(Volumes).toEqual(mounts.map(({ SourceVolume }) => ({ Name: SourceVolume })));
  });

  it('is asked for its health without a shell', () => {
    expect(theContainer(stack).HealthCheck).toEqual({
      Command: ['CMD', 'axiomrunner', 'agent', 'health'],
      Interval: 10,
      Timeout: 5,
      Retries: 3,
      StartPeriod: 30,
    });
  });

  it('has memory of its own, which it may not exceed', () => {
    expect(theContainer(stack)).toMatchObject({ MemoryReservation: 128, Memory: 384 });
  });

  it('never waits for its log', () => {
    expect(theContainer(stack).LogConfiguration).toMatchObject({ LogDriver: 'awslogs', Options: { mode: 'non-blocking' } });
  });

  it('gets its configuration by a variable, with no secret in it', () => {
    expect(Object.keys(environmentOf(theContainer(stack)))).toEqual(['AXIOMRUNNER_AGENT_CONFIG_TEXT']);
    expect(theContainer(stack)).not.toHaveProperty('Secrets');
    expect(theConfiguration(stack)).toEqual({
      state: '/var/lib/axiomrunner/agent',
      listen: { socket: { path: '/run/axiomrunner/agent.sock', mode: '0666' } },
      audit: { sinks: [{ type: 'cloudwatch', log_group: expect.stringMatching(/^‹AgentAuditLogs/), region: REGION }] },
      applications: { shop: { token_file: '/run/axiomrunner/shop.token', token_file_mode: '0440', allow: ['db-production'] } },
    });
  });

  it('may write its audit trail, and read no secret that nobody gave it', () => {
    expect(statementsIn(stack).filter((statement) => JSON.stringify(statement).includes('AgentAuditLogs'))).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^AgentAuditLogs/), 'Arn'] },
      },
    ]);
    expect(JSON.stringify(statementsIn(stack))).not.toContain('secretsmanager');
  });

  it('leaves its log and its audit trail behind for a year', () => {
    const groups = Object.values(templateOf(stack).findResources('AWS::Logs::LogGroup'));
    expect(groups.map(({ DeletionPolicy, Properties }) => [DeletionPolicy, Properties.RetentionInDays])).toEqual(
      Array(2).fill(['Retain', 365]),
    );
  });
});

describe('an application', () => {
  it('starts when the agent is healthy, sees the folder but cannot change it, and knows where to ask', () => {
    const shop = theContainer(aStackWithSidecar(), 'shop');
    expect(shop.DependsOn).toEqual([{ Condition: 'HEALTHY', ContainerName: 'secret-agent' }]);
    expect(shop.MountPoints).toEqual([{ ContainerPath: '/run/axiomrunner', ReadOnly: true, SourceVolume: 'secret-agent-shared' }]);
    expect(environmentOf(shop)).toEqual({
      SEGURA_AGENT_ADDRESS: 'http://localhost:8787',
      SEGURA_AGENT_TOKEN_FILE: '/run/axiomrunner/shop.token',
    });
  });

  it('asks by the socket where containers have networks of their own', () => {
    const stack = aStackWithSidecar(undefined, 'bridge');
    expect(environmentOf(theContainer(stack, 'shop'))['SEGURA_AGENT_ADDRESS']).toBe('/run/axiomrunner/agent.sock');
    expect(theContainer(stack).DockerSecurityOptions).toEqual(['no-new-privileges']);
  });

  it('may have several containers, and what the configuration allows it already', () => {
    const stack = aStackIn(REGION);
    const task = aTask(stack);
    const agent = aSidecar(stack, { config: { applications: { shop: { allow: ['mail'] } } } }, task);
    agent.mountInto(anApplication(task, 'worker'), { application: 'shop', allow: ['db-production', 'queue/*'] });
    expect(theConfiguration(stack).applications.shop.allow).toEqual(['mail', 'db-production', 'queue/*']);
    expect(environmentOf(theContainer(stack, 'worker'))['SEGURA_AGENT_TOKEN_FILE']).toBe('/run/axiomrunner/shop.token');
    expect(findingsIn(stack)).toEqual(FINDINGS);
  });

  it('is warned of when it shares the folder with another one', () => {
    const stack = aStackIn(REGION);
    const task = aTask(stack);
    aSidecar(stack, {}, task).mountInto(anApplication(task, 'reports'), { application: 'reports', allow: ['*'] });
    expect(findingsIn(stack)).toContainEqual(expect.stringContaining('see the tokens of each other'));
  });

  it.each([
    ['root', true],
    ['0:0', true],
    ['1000:65532', true],
    ['1000', false],
    ['app:app', false],
  ])('that runs as %s can read its token: %s', (user, can) => {
    const stack = aStackIn(REGION);
    const task = aTask(stack);
    const agent = aSidecar(stack, {}, task);
    const worker = task.addContainer('worker', { image: ecs.ContainerImage.fromRegistry('worker'), user });
    const mount = () => agent.mountInto(worker, { application: 'shop' });
    if (can) expect(mount).not.toThrow();
    else expect(refusalOf(mount)).toContain(`container is run as "${user}"`);
  });

  it('must be in the task of the agent', () => {
    const stack = aStackIn(REGION);
    const other = anApplication(new ecs.FargateTaskDefinition(stack, 'Other'), 'shop');
    const agent = aSidecar(stack);
    expect(refusalOf(() => agent.mountInto(other, { application: 'shop' }))).toContain('container is shop');
  });

  it.each([
    ['a name with a slash', { application: 'a/b', allow: ['x'] }, 'application is "a/b"'],
    ['nothing that it may have', { application: 'reports' }, 'allow is empty'],
    ['a path that leads elsewhere', { application: 'shop', allow: ['../db'] }, 'allow[0] is "../db"'],
    ['a pattern in the middle', { application: 'shop', allow: ['a/*/b'] }, 'allow[0] is "a/*/b"'],
  ])('is refused with %s', (_, props, message) => {
    const stack = aStackIn(REGION);
    const task = aTask(stack);
    const agent = aSidecar(stack, {}, task);
    expect(refusalOf(() => agent.mountInto(anApplication(task, 'more'), props))).toContain(`[Stack/Agent] ${message}`);
  });
});

describe('the secrets of the agent', () => {
  it('are those that it is given, with their keys', () => {
    const stack = aStackWithSidecar((within) => ({
      secrets: [
        secretsmanager.Secret.fromSecretNameV2(within, 'Db', 'prod/db'),
        new secretsmanager.Secret(within, 'Mail', { encryptionKey: new kms.Key(within, 'Key', { enableKeyRotation: true }) }),
      ],
    }));
    const read: Json[] = (statementsIn(stack) as Json[]).filter(({ Action }) => [Action].flat().includes('secretsmanager:GetSecretValue'));
    expect(read.flatMap(({ Action }) => Action)).toEqual(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
    expect(read.flatMap(({ Resource }) => Resource)).toEqual([
      `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:prod/db-??????`,
      { Ref: expect.stringMatching(/^Mail/) },
    ]);
    const { KeyPolicy } = theOne(templateOf(stack), 'AWS::KMS::Key') as Json;
    expect(KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Action: 'kms:Decrypt',
        Principal: { AWS: { 'Fn::GetAtt': [expect.stringMatching(/^TaskTaskRole/), 'Arn'] } },
        Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` } },
      }),
    );
  });

  it('are read by the proxy role where there is one', () => {
    const stack = aStackWithSidecar((within) => ({
      proxyRole: SecretsManagerProxyRole.fromSecretsManagerProxyRoleAttributes(within, 'Proxy', {
        roleArn: PROXY_ROLE_ARN,
        externalId: EXTERNAL_ID,
      }),
      config: { vault: { prefix: 'axiom-security/' } },
    }));
    expect(theConfiguration(stack).vault).toEqual({
      type: 'aws-secrets-manager',
      role_arn: PROXY_ROLE_ARN,
      external_id: EXTERNAL_ID,
      prefix: 'axiom-security/',
    });
    expect(statementsIn(stack)).toContainEqual({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: PROXY_ROLE_ARN });
  });

  it('are followed by the queue of their rotations', () => {
    const stack = aStackWithSidecar((within) => ({
      rotationEvents: new RotationEvents(within, 'Rotation', { secretNamePrefix: 'prod/' }),
      config: { rotation: { schedules: [{ cron: '0 * * * *', secrets: ['*'] }] } },
    }));
    expect(theConfiguration(stack).rotation).toEqual({
      events: { queue_url: expect.stringMatching(/^‹RotationQueue/), region: REGION },
      schedules: [{ cron: '0 * * * *', secrets: ['*'] }],
    });
    expect((statementsIn(stack) as Json[]).flatMap(({ Action }) => Action)).toContain('sqs:ReceiveMessage');
  });
});

describe('the audit trail', () => {
  it('goes into a log group of the user', () => {
    const stack = aStackWithSidecar((within) => ({
      auditLogGroup: new logs.LogGroup(within, 'Central', { logGroupName: '/audit/secrets' }),
      config: { audit: { max_bytes: 1_048_576 } },
    }));
    expect(theConfiguration(stack).audit).toMatchObject({
      max_bytes: 1_048_576,
      sinks: [{ log_group: expect.stringMatching(/^‹Central/) }],
    });
    templateOf(stack).resourceCountIs('AWS::Logs::LogGroup', 2);
  });

  it('goes only where the configuration says', () => {
    const sinks = [{ type: 'webhook', url: 'https://audit.example.com/' }];
    const stack = aStackWithSidecar(() => ({ config: { audit: { sinks } } }));
    expect(theConfiguration(stack).audit).toEqual({ sinks });
    templateOf(stack).resourceCountIs('AWS::Logs::LogGroup', 1);
  });

  it('is not sent to two places by mistake', () => {
    const props = (stack: Stack) => ({
      auditLogGroup: logs.LogGroup.fromLogGroupName(stack, 'Central', '/audit'),
      config: { audit: { sinks: [] } },
    });
    expect(refusalOf(() => aStackWithSidecar(props))).toContain('auditLogGroup is given');
  });
});

it('is encrypted with a key of the user', () => {
  const stack = aStackWithSidecar((within) => ({ logEncryptionKey: new kms.Key(within, 'Key', { enableKeyRotation: true }) }));
  const groups = Object.values(templateOf(stack).findResources('AWS::Logs::LogGroup'));
  expect(groups.filter(({ Properties }) => Properties.KmsKeyId === undefined)).toEqual([]);
});

it.each<[string, Partial<SecretAgentSidecarProps>, string]>([
  ['the published image', { image: RunnerImage.published() }, 'image is the published image'],
  ['a place to listen', { config: { listen: { address: 'localhost:1' } } }, 'config.listen is given'],
  ['a state folder', { config: { state: '/state' } }, 'config.state is given'],
  ['a list of applications', { config: { applications: ['shop'] } }, 'config.applications is ["shop"]'],
  ['a section that is none', { config: { audit: true } }, 'config.audit is true'],
  ['too little memory', { memoryReservationMiB: 63 }, 'memoryReservationMiB is 63'],
  ['a limit below the reservation', { memoryReservationMiB: 256, memoryLimitMiB: 255 }, 'memoryLimitMiB is 255'],
  ['half a CPU unit', { cpu: 0.5 }, 'cpu is 0.5'],
])('refuses %s', (_, props, message) => {
  expect(refusalOf(() => aStackWithSidecar(() => props))).toContain(`[Stack/Agent] ${message}`);
});

it.each(PARTITIONS)('names no other partition in $partition', ({ partition, region }) => {
  const stack = aStackIn(region);
  aSidecar(stack);
  expect(new Set(JSON.stringify(templateOf(stack).toJSON()).match(/arn:[a-z-]+/g))).toEqual(new Set([`arn:${partition}`]));
});
