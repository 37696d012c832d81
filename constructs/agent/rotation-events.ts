import { Annotations, type Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { checkedCount } from '../checks/setting-check';
import { rotationPatterns } from './rotation-patterns';
import { rotationQueue } from './rotation-queue';

/** Settings of `RotationEvents`. */
export interface RotationEventsProps {
  /**
   * The secrets whose changes are told. They are of the account and the region of these events. Three rules are made for every few of
   * them: for many, `secretNamePrefix` is less.
   * @default - those of `secretNamePrefix`; one of the two is required
   */
  readonly secrets?: secretsmanager.ISecret[];

  /**
   * What the names of the secrets begin with, whose changes are told: 1 to 400 characters.
   * @default - those of `secrets`
   */
  readonly secretNamePrefix?: string;

  /**
   * Key that the messages are encrypted with. Its policy is extended, so that EventBridge may use it.
   * @default - a key of Amazon SQS, which costs nothing
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long a message waits for an agent that is away: 1 minute to 14 days. An agent that starts reads its secrets anew, whatever it
   * missed.
   * @default Duration.days(1)
   */
  readonly retentionPeriod?: Duration;

  /**
   * How often a message is received before it counts as failed, 1 to 1000. Failed ones are kept for 14 days in the dead-letter queue.
   * @default 5
   */
  readonly maxReceiveCount?: number;
}

const MOST_RECEIVES = 1000;

/**
 * Tells one secret agent of changes in AWS Secrets Manager: rules on the default bus of Amazon EventBridge, and the queue that the agent
 * reads (`rotation.events.queue_url` of its configuration).
 *
 * New values are told by Secrets Manager itself. Deletions, restorations, failed rotations and, once more, values are told by AWS CloudTrail,
 * which needs a trail that logs the management events of writes in this account and region:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html. A change that is told twice is taken as one.
 *
 * Each message is received once: agents that share a queue get a part each. Give every agent a queue of its own; where that can't be, as for
 * the tasks of a service, leave the queue out and set `cache.ttl` and `rotation.schedules`.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/secret-event-notifications.html
 */
export class RotationEvents extends Construct {
  /** What an agent reads. */
  public readonly queue: sqs.IQueue;

  /** Messages that no agent could handle. One in it deserves an alarm. */
  public readonly deadLetterQueue: sqs.IQueue;

  private readonly encryptionKey?: kms.IKey;
  private readonly consumers = new Set<iam.IPrincipal>();

  constructor(scope: Construct, id: string, props: RotationEventsProps) {
    super(scope, id);
    const { encryptionKey } = props;
    const maxReceiveCount = checkedCount(this, 'maxReceiveCount', props.maxReceiveCount ?? 5, 1, MOST_RECEIVES);
    const patterns = rotationPatterns(this, props);
    const queues = rotationQueue(this, { encryptionKey, retentionPeriod: props.retentionPeriod, maxReceiveCount });
    this.queue = queues.queue;
    this.deadLetterQueue = queues.deadLetterQueue;
    this.encryptionKey = encryptionKey;
    const target: events.IRuleTarget = { bind: () => ({ arn: this.queue.queueArn, targetResource: this.queue }) };
    const rules = patterns.map(
      ({ id: ruleId, description, eventPattern }) => new events.Rule(this, ruleId, { description, eventPattern, targets: [target] }),
    );
    this.letIn(rules);
  }

  /** URL of the queue: `rotation.events.queue_url` of an agent's configuration. */
  public get queueUrl(): string {
    return this.queue.queueUrl;
  }

  /**
   * Allows an agent to receive messages, to delete them and to have them later: nothing else.
   * @param grantee role of the one agent that reads the queue
   */
  public grantConsume(grantee: iam.IGrantable): iam.Grant {
    this.consumers.add(grantee.grantPrincipal);
    if (this.consumers.size === 2) {
      Annotations.of(this).addWarningV2(
        'axiom-runner:sharedRotationEvents',
        'Two agents share this queue, so each gets a part of the messages. Give each RotationEvents of its own.',
      );
    }
    this.encryptionKey?.grantDecrypt(grantee);
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
      resourceArns: [this.queue.queueArn],
    });
  }

  /** Only these rules send. The key can't name them: it would wait for the rules, which wait for the queue, which waits for the key. */
  private letIn(rules: events.Rule[]): void {
    const service = new iam.ServicePrincipal('events.amazonaws.com');
    this.queue.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [service],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': rules.map(({ ruleArn }) => ruleArn) } },
      }),
    );
    this.encryptionKey?.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [service],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }
}
