import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';

/** What the queues of rotation events are made of. */
interface RotationQueueOptions {
  readonly encryptionKey?: kms.IKey;
  readonly retentionPeriod?: Duration;
  readonly maxReceiveCount: number;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const LEAST_RETENTION = Duration.minutes(1);
const MOST_RETENTION = Duration.days(14);
/** Longer than an agent works on one message, hooks and their retries included. */
const VISIBILITY_TIMEOUT = Duration.minutes(5);

/** The queue of an agent and its dead-letter queue: encrypted, reached by TLS only, gone with the stack. */
export function rotationQueue(scope: Construct, options: RotationQueueOptions): { queue: sqs.Queue; deadLetterQueue: sqs.Queue } {
  const { encryptionKey, maxReceiveCount, retentionPeriod = Duration.days(1) } = options;
  if (!retentionPeriod.isUnresolved()) checkRetention(scope, retentionPeriod);
  const common = {
    encryption: encryptionKey === undefined ? sqs.QueueEncryption.SQS_MANAGED : sqs.QueueEncryption.KMS,
    encryptionMasterKey: encryptionKey,
    enforceSSL: true,
    // Names of secrets that changed: nothing that anybody would miss.
    removalPolicy: RemovalPolicy.DESTROY,
  };
  const deadLetterQueue = new sqs.Queue(scope, 'DeadLetterQueue', { ...common, retentionPeriod: MOST_RETENTION });
  const queue = new sqs.Queue(scope, 'Queue', {
    ...common,
    retentionPeriod,
    visibilityTimeout: VISIBILITY_TIMEOUT,
    receiveMessageWaitTime: Duration.seconds(20),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount },
  });
  return { queue, deadLetterQueue };
}

function checkRetention(scope: Construct, retentionPeriod: Duration): void {
  const seconds = retentionPeriod.toSeconds();
  if (seconds >= LEAST_RETENTION.toSeconds() && seconds <= MOST_RETENTION.toSeconds()) return;
  throw invalidSetting(scope, 'retentionPeriod', retentionPeriod.toHumanString(), '1 minute to 14 days', 'Change it.');
}
