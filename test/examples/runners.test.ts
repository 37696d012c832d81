import { Stack } from 'aws-cdk-lib';
import { statementsIn, templateOf, theOne } from '../support/synth';
import { stackOf, stacksOf } from './support/example';

/** Loaded by name: the constructs do not depend on it, the runtime does. */
const cedar = require('@cedar-policy/cedar-wasm/nodejs');

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

/** The variables of the one runner on ECS in a stack. */
function environmentIn(stack: Stack): Record<string, string> {
  const [container]: Json[] = theOne(templateOf(stack), 'AWS::ECS::TaskDefinition')['ContainerDefinitions'] as Json[];
  return Object.fromEntries(container.Environment.map(({ Name, Value }: Json) => [Name, Value]));
}

/** Resources of the permissions to read a secret. */
function readableSecretsIn(stack: Stack): string[] {
  const read = (statementsIn(stack) as Json[]).filter(({ Action }) => [Action].flat().includes('secretsmanager:GetSecretValue'));
  return read.flatMap(({ Resource }) => [Resource].flat()).map((resource) => JSON.stringify(resource));
}

describe('private-vpc', () => {
  const stack = stackOf('private-vpc', 'AxiomRunner');
  const template = templateOf(stack);

  it('has no way into the internet', () => {
    for (const type of ['AWS::EC2::InternetGateway', 'AWS::EC2::NatGateway']) template.resourceCountIs(type, 0);
    const routes: Json[] = Object.values(template.findResources('AWS::EC2::Route'));
    expect(routes.map(({ Properties }) => Properties.DestinationCidrBlock)).toEqual(['10.0.0.0/8', '10.0.0.0/8']);
  });

  it('lets out to the proxy, to AWS and to the databases, and nowhere else', () => {
    const groups: Json[] = Object.values(template.findResources('AWS::EC2::SecurityGroup'));
    const runner = groups.find(({ Properties }) => Properties.GroupDescription.startsWith('Axiom Runner: '));
    const others: Json[] = Object.values(template.findResources('AWS::EC2::SecurityGroupEgress'));
    const peers: Json[] = [...runner.Properties.SecurityGroupEgress, ...others.map(({ Properties }) => Properties)];
    expect(peers.map(({ CidrIp, DestinationPrefixListId, FromPort }) => [CidrIp ?? DestinationPrefixListId, FromPort])).toEqual([
      ['10.8.0.0/24', 3128],
      [{ 'Fn::GetAtt': [expect.stringMatching(/^Network/), 'CidrBlock'] }, 443],
      ['10.20.0.0/16', 5432],
      ['pl-6ea54007', 443],
    ]);
  });

  it('sends what goes to AWS past the proxy', () => {
    expect(environmentIn(stack)).toMatchObject({ HTTPS_PROXY: 'http://proxy.example.com:3128', NO_PROXY: '.amazonaws.com' });
  });
});

describe('several-groups', () => {
  const stacks = stacksOf('several-groups');
  const environments = Object.values(stacks).map(environmentIn);

  it('has nothing in common: network, API key, state key, secrets that can be read', () => {
    const [production = [], development = []] = Object.values(stacks).map(readableSecretsIn);
    const systems = (secrets: string[]) =>
      secrets
        .map((secret) => /:secret:(axiom-[^"]+)-\?{6}/.exec(secret)?.[1])
        .filter((name) => name !== undefined)
        .sort();
    expect(systems(production)).toEqual(['axiom-runner/production/api-key', 'axiom-security/postgresql/orders.example.com']);
    expect(systems(development)).toEqual([
      'axiom-runner/development/api-key',
      'axiom-security/mysql/shop.dev.example.com',
      'axiom-security/postgresql/orders.dev.example.com',
    ]);
    for (const stack of Object.values(stacks)) {
      templateOf(stack).resourceCountIs('AWS::SecretsManager::Secret', 1);
      templateOf(stack).resourceCountIs('AWS::EC2::VPC', 1);
      expect(stack.dependencies).toEqual([]);
    }
  });

  it('is asked for what it can read only', () => {
    expect(environments.map(({ RUNNER_ALLOWED }) => RUNNER_ALLOWED)).toEqual([
      'postgresql/orders.example.com',
      'postgresql/orders.dev.example.com,mysql/shop.dev.example.com',
    ]);
    expect(environments.map(({ RUNNER_MAX_DURATION }) => RUNNER_MAX_DURATION)).toEqual(['14400s', '604800s']);
  });

  it('permits to write in development, and to read in production', () => {
    const decide = (policy: string, permission: string) => {
      const { response } = cedar.isAuthorized({
        principal: { type: 'Principal', id: 'role/alice' },
        action: { type: 'Action', id: 'ProvisionAccess' },
        resource: { type: 'System', id: 'postgresql/orders.example.com' },
        context: { permission, durationSeconds: 3600 },
        policies: { staticPolicies: policy },
        entities: [],
      });
      expect(response.diagnostics.errors).toEqual([]);
      return response.decision;
    };
    const policies = environments.map(({ RUNNER_POLICY = '' }) => Buffer.from(RUNNER_POLICY, 'base64').toString());
    expect(policies.map((policy) => ['Read', 'Write'].map((permission) => decide(policy, permission)))).toEqual([
      ['allow', 'deny'],
      ['allow', 'allow'],
    ]);
  });
});

describe('least-privilege', () => {
  const stack = stackOf('least-privilege', 'AxiomRunner');

  it('reads two integration secrets, its two keys, and no pattern', () => {
    const readable = readableSecretsIn(stack);
    expect(readable).toHaveLength(4);
    expect(readable.join()).not.toContain('axiom-security/*');
  });

  it('encrypts the integration secrets with an own key, which the runner uses through Secrets Manager only', () => {
    const secrets: Json[] = Object.values(templateOf(stack).findResources('AWS::SecretsManager::Secret'));
    const names = secrets.filter(({ Properties }) => Properties.KmsKeyId !== undefined).map(({ Properties }) => Properties.Name);
    expect(names).toEqual(['axiom-security/postgresql/orders.example.com', 'axiom-security/github/123456']);
    const uses = (statementsIn(stack) as Json[]).filter(({ Action }) => [Action].flat().includes('kms:Decrypt'));
    expect(uses.filter(({ Condition }) => Condition?.StringEquals['kms:ViaService'] === undefined)).toEqual([]);
  });

  it('rotates one of them, not before it is filled', () => {
    const rotation = theOne(templateOf(stack), 'AWS::SecretsManager::RotationSchedule');
    expect(rotation).toMatchObject({ RotateImmediatelyOnUpdate: false, RotationRules: { ScheduleExpression: 'rate(30 days)' } });
  });

  it('bounds every role of the runner', () => {
    const roles: Json[] = Object.entries(templateOf(stack).findResources('AWS::IAM::Role'))
      .filter(([id]) => id.startsWith('Runner'))
      .map(([, role]) => role);
    expect(roles.length).toBeGreaterThan(0);
    expect(roles.filter(({ Properties }) => Properties.PermissionsBoundary === undefined)).toEqual([]);
  });
});

describe('monitoring', () => {
  const template = templateOf(stackOf('monitoring', 'AxiomRunner'));
  const [[topicId]] = Object.entries(template.findResources('AWS::SNS::Topic')) as [[string, Json]];

  it('tells the topic of every alarm, by e-mail', () => {
    const alarms: Json[] = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.map(({ Properties }) => Properties.AlarmActions)).toEqual(Array(8).fill([{ Ref: topicId }]));
    expect(theOne(template, 'AWS::SNS::Subscription')).toMatchObject({ Protocol: 'email', TopicArn: { Ref: topicId } });
  });

  it('lets CloudWatch use the key of the topic', () => {
    expect(theOne(template, 'AWS::KMS::Key')).toMatchObject({
      KeyPolicy: {
        Statement: expect.arrayContaining([
          expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Principal: { Service: 'cloudwatch.amazonaws.com' } }),
        ]),
      },
    });
  });

  it('wants both runners', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { Threshold: 2, EvaluationPeriods: 10, MetricName: 'RunnerUp' });
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MinSize: '2' });
  });
});

describe('pipeline', () => {
  it('deploys the proxy role, then asks, then deploys the runner', () => {
    const pipeline = theOne(templateOf(stackOf('pipeline', 'AxiomRunnerPipeline')), 'AWS::CodePipeline::Pipeline');
    const [, , , ...stages] = pipeline['Stages'] as Json[];
    const order = ({ Name, Actions }: Json) => [Name, ...[...Actions].sort((a, b) => a.RunOrder - b.RunOrder).map((action) => action.Name)];
    expect(stages.map(order)).toEqual([
      ['Store', 'Prepare', 'Deploy'],
      ['Production', 'Approve', 'Runner.Prepare', 'Runner.Deploy'],
    ]);
  });

  it('deploys into two accounts, where the runner may assume the proxy role', () => {
    const { 'Store/SecretsManagerRole': store, 'Production/Runner': runner } = stacksOf('pipeline');
    if (!Stack.isStack(store) || !Stack.isStack(runner)) throw new Error('the stages are empty');
    expect([store.account, runner.account]).toEqual(['444455556666', '111122223333']);
    const { RoleName } = theOne(templateOf(store), 'AWS::IAM::Role');
    expect(statementsIn(runner)).toContainEqual({
      Action: 'sts:AssumeRole',
      Effect: 'Allow',
      Resource: `arn:aws:iam::${store.account}:role/${RoleName}`,
    });
  });
});
