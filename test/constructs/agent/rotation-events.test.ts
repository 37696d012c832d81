import type { Stack } from 'aws-cdk-lib';
import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { RotationEvents, type RotationEventsProps } from '../../../constructs';
import { ACCOUNT, aStack, aStackIn, findingsIn, PARTITIONS, refusalOf, statementsIn, templateOf, theOne } from '../../support/synth';

const REGION = 'eu-central-1';
const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:`;

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Json = any;

function theEvents(stack: Stack, props: RotationEventsProps = { secretNamePrefix: 'prod/' }, id = 'Rotation'): RotationEvents {
  return new RotationEvents(stack, id, props);
}

function aSecret(stack: Stack, name: string): secretsmanager.ISecret {
  return secretsmanager.Secret.fromSecretNameV2(stack, name, name);
}

/** Event patterns of the rules in a stack, by detail type. */
function patternsIn(stack: Stack): Record<string, Json[]> {
  const patterns = Object.values(templateOf(stack).findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern);
  return Object.fromEntries(
    [...new Set(patterns.map((pattern) => pattern['detail-type'][0]))].map((type) => [
      type,
      patterns.filter((pattern) => pattern['detail-type'][0] === type),
    ]),
  );
}

/** Queue and dead-letter queue. */
function queuesIn(stack: Stack): Json[] {
  const queues: Json[] = Object.values(templateOf(stack).findResources('AWS::SQS::Queue'));
  return [true, false].map((read) => queues.find(({ Properties }) => 'RedrivePolicy' in Properties === read));
}

function grantee(stack: Stack, id = 'Agent'): iam.Role {
  return new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
}

describe('rotation events, as the defaults have them,', () => {
  const stack = aStackIn(REGION);
  theEvents(stack);

  it('have no findings', () => {
    expect(findingsIn(stack)).toEqual([]);
  });

  it('are told by Secrets Manager itself when there is a new value', () => {
    expect(patternsIn(stack)['Secret Label Updated']).toEqual([
      {
        source: ['aws.secretsmanager'],
        'detail-type': ['Secret Label Updated'],
        detail: { labelUpdated: ['AWSCURRENT'], name: [{ prefix: 'prod/' }] },
      },
    ]);
  });

  it('are told by CloudTrail when a call changed, deleted or restored a secret: not when it was refused', () => {
    expect(patternsIn(stack)['AWS API Call via CloudTrail']).toEqual([
      {
        source: ['aws.secretsmanager'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['secretsmanager.amazonaws.com'],
          eventName: ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage', 'DeleteSecret', 'RestoreSecret'],
          errorCode: [{ exists: false }],
          requestParameters: { secretId: [{ prefix: 'prod/' }, { prefix: `${ARN}prod/` }] },
        },
      },
    ]);
  });

  it('are told by CloudTrail when a rotation has succeeded or failed', () => {
    expect(patternsIn(stack)['AWS Service Event via CloudTrail']).toEqual([
      {
        source: ['aws.secretsmanager'],
        'detail-type': ['AWS Service Event via CloudTrail', 'AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['secretsmanager.amazonaws.com'],
          eventName: ['RotationSucceeded', 'RotationFailed'],
          additionalEventData: { SecretId: [{ prefix: `${ARN}prod/` }] },
        },
      },
    ]);
  });

  it('wait for a day, encrypted, in a queue that is reached by TLS only', () => {
    const [queue, failed] = queuesIn(stack);
    expect(queue.Properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 86_400,
      VisibilityTimeout: 300,
      ReceiveMessageWaitTimeSeconds: 20,
      RedrivePolicy: { maxReceiveCount: 5 },
    });
    expect(failed.Properties).toEqual({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 });
    const denied = (Object.values(templateOf(stack).findResources('AWS::SQS::QueuePolicy')) as Json[])
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Deny');
    expect(denied.map(({ Condition }) => Condition)).toEqual(Array(2).fill({ Bool: { 'aws:SecureTransport': 'false' } }));
  });

  it('are sent by these rules, and by no other', () => {
    const rules = Object.keys(templateOf(stack).findResources('AWS::Events::Rule'));
    const allowed = (Object.values(templateOf(stack).findResources('AWS::SQS::QueuePolicy')) as Json[])
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: 'sqs:SendMessage',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': rules.map((rule) => ({ 'Fn::GetAtt': [rule, 'Arn'] })) } },
      }),
    ]);
    expect(rules).toHaveLength(3);
  });

  it('need no other stack output than the URL that the agent is given', () => {
    expect(templateOf(stack).findOutputs('*')).toEqual({});
  });
});

describe('for secrets one by one', () => {
  it('a rule matches each by its name, its ARN and its ARN without the random characters, and no secret whose name begins alike', () => {
    const stack = aStackIn(REGION);
    theEvents(stack, { secrets: [aSecret(stack, 'prod/db')] });
    const patterns = patternsIn(stack);
    expect(patterns['Secret Label Updated']?.[0].detail.name).toEqual(['prod/db']);
    expect(patterns['AWS API Call via CloudTrail']?.[0].detail.requestParameters.secretId).toEqual([
      'prod/db',
      `${ARN}prod/db`,
      { prefix: `${ARN}prod/db-` },
    ]);
    expect(patterns['AWS Service Event via CloudTrail']?.[0].detail.additionalEventData.SecretId).toEqual([{ prefix: `${ARN}prod/db-` }]);
  });

  it('knows the name of one that is imported by its ARN, without the random characters', () => {
    const stack = aStackIn(REGION);
    theEvents(stack, { secrets: [secretsmanager.Secret.fromSecretCompleteArn(stack, 'Db', `${ARN}prod/db-AbCdEf`)] });
    expect(patternsIn(stack)['Secret Label Updated']?.[0].detail.name).toEqual(['prod/db']);
  });

  it('knows the name of one that is made in the stack', () => {
    const stack = aStackIn(REGION);
    theEvents(stack, { secrets: [new secretsmanager.Secret(stack, 'Db', { secretName: 'prod/db' })] });
    const [name] = patternsIn(stack)['Secret Label Updated']?.[0].detail.name ?? [];
    // Of the ARN's name, what stands before its last hyphen.
    expect(JSON.stringify(name)).toContain('Fn::Select');
    expect(JSON.stringify(name)).not.toBe(JSON.stringify({ Ref: 'Db' }));
  });

  it('makes as many rules as the length of a pattern asks for', () => {
    const stack = aStackIn(REGION);
    const names = Array.from({ length: 20 }, (_, index) => `prod/application-${index}/database`);
    theEvents(stack, { secrets: names.map((name) => aSecret(stack, name)) });
    const patterns = Object.values(patternsIn(stack)).flat();
    expect(patterns.length).toBeGreaterThan(3);
    expect(Math.max(...patterns.map((pattern) => JSON.stringify(pattern).length))).toBeLessThanOrEqual(2048);
    expect(patterns.flatMap(({ detail }) => detail.name ?? [])).toEqual(names);
  });

  it('joins them with those of a prefix', () => {
    const stack = aStackIn(REGION);
    theEvents(stack, { secrets: [aSecret(stack, 'other')], secretNamePrefix: 'prod/' });
    expect(patternsIn(stack)['Secret Label Updated']?.map(({ detail }) => detail.name)).toEqual([['other'], [{ prefix: 'prod/' }]]);
    expect(findingsIn(stack)).toEqual([]);
  });
});

describe('an agent', () => {
  it('may receive, delete and postpone messages of the one queue, and nothing else', () => {
    const stack = aStackIn(REGION);
    const role = grantee(stack);
    expect(theEvents(stack).grantConsume(role).success).toBe(true);
    const [queue] = Object.entries(templateOf(stack).findResources('AWS::SQS::Queue')).filter(
      ([, { Properties }]) => 'RedrivePolicy' in Properties,
    );
    expect(statementsIn(stack)).toEqual([
      {
        Effect: 'Allow',
        Action: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
        Resource: { 'Fn::GetAtt': [queue?.[0], 'Arn'] },
      },
    ]);
    expect(findingsIn(stack)).toEqual([]);
  });

  it('is the only one: a second would get the messages that the first needs', () => {
    const stack = aStackIn(REGION);
    const rotation = theEvents(stack);
    rotation.grantConsume(grantee(stack, 'One'));
    rotation.grantConsume(grantee(stack, 'Other'));
    expect(findingsIn(stack)).toEqual([expect.stringContaining('Two agents share this queue')]);
  });
});

describe('with a key', () => {
  const stack = aStackIn(REGION);
  const encryptionKey = new kms.Key(stack, 'Key', { enableKeyRotation: true });
  const role = grantee(stack);
  theEvents(stack, { secretNamePrefix: 'prod/', encryptionKey }).grantConsume(role);

  it('both queues are encrypted with it', () => {
    const [key] = Object.keys(templateOf(stack).findResources('AWS::KMS::Key'));
    expect(queuesIn(stack).map(({ Properties }) => Properties.KmsMasterKeyId)).toEqual(Array(2).fill({ 'Fn::GetAtt': [key, 'Arn'] }));
  });

  it('EventBridge may use it for this account, and the agent may decrypt', () => {
    const { KeyPolicy } = theOne(templateOf(stack), 'AWS::KMS::Key') as Json;
    expect(KeyPolicy.Statement).toContainEqual({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Principal: { Service: 'events.amazonaws.com' },
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
    });
    expect((statementsIn(stack) as Json[]).map(({ Action }) => Action)).toContainEqual('kms:Decrypt');
  });

  it('there is no circle of resources, and no finding', () => {
    expect(findingsIn(stack)).toEqual([]);
  });
});

describe.each(PARTITIONS)('in the partition $partition', ({ partition, region }) => {
  it('names no other partition', () => {
    const stack = aStackIn(region);
    theEvents(stack);
    expect(new Set(JSON.stringify(templateOf(stack).toJSON()).match(/arn:[a-z-]+/g))).toEqual(new Set([`arn:${partition}`]));
  });
});

it('fits into a stack that knows neither account nor region', () => {
  const stack = aStack();
  theEvents(stack, { secrets: [aSecret(stack, 'prod/db')] });
  expect(findingsIn(stack)).toEqual([]);
});

it.each<[string, (stack: Stack) => RotationEventsProps, string]>([
  ['no secrets', () => ({}), 'secrets is empty'],
  ['an empty prefix', () => ({ secretNamePrefix: '' }), 'secretNamePrefix is empty'],
  ['a pattern as prefix', () => ({ secretNamePrefix: 'prod/*' }), 'secretNamePrefix is "prod/*"'],
  ['no receives', () => ({ secretNamePrefix: 'a', maxReceiveCount: 0 }), 'maxReceiveCount is 0'],
  ['too short a time', () => ({ secretNamePrefix: 'a', retentionPeriod: Duration.seconds(59) }), 'retentionPeriod is 59 seconds'],
  ['too long a time', () => ({ secretNamePrefix: 'a', retentionPeriod: Duration.days(15) }), 'retentionPeriod is 15 days'],
  [
    'a secret of another region',
    (stack) => ({ secrets: [secretsmanager.Secret.fromSecretCompleteArn(stack, 'Far', `${ARN.replace(REGION, 'us-east-1')}db-AbCdEf`)] }),
    'a secret of account 111122223333 in eu-central-1',
  ],
])('refuses %s', (_, props, message) => {
  const stack = aStackIn(REGION);
  expect(refusalOf(() => theEvents(stack, props(stack)))).toContain(message);
});
