import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { outermostStack } from '../roles/outermost-stack';

/** What of a host's settings concerns its log group. */
export interface RunnerLogGroupOptions {
  readonly logRetention?: logs.RetentionDays;
  readonly logEncryptionKey?: kms.IKey;
  readonly removalPolicy?: RemovalPolicy;
}

/** The log group of a host's runners. By default it outlives the host: the log is the record of who had which access. */
export function runnerLogGroup(scope: Construct, options: RunnerLogGroupOptions): logs.LogGroup {
  const { logRetention, logEncryptionKey, removalPolicy } = options;
  if (logEncryptionKey !== undefined) {
    allowEncryptionOfLogs(scope, logEncryptionKey);
  }
  return new logs.LogGroup(scope, 'Logs', {
    retention: logRetention ?? logs.RetentionDays.ONE_YEAR,
    encryptionKey: logEncryptionKey,
    removalPolicy: removalPolicy ?? RemovalPolicy.RETAIN,
  });
}

/** A command that follows the log of all runners of a host. */
export function followLog(logGroup: logs.ILogGroup): string {
  return `aws logs tail ${logGroup.logGroupName} --follow --since 1h --region ${Stack.of(logGroup).region}`;
}

/**
 * CloudWatch Logs uses the key in its own name; the key's policy must allow it. Only for log groups of this stack: the name of the one
 * log group is generated, and begins with the stack's.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function allowEncryptionOfLogs(scope: Construct, key: kms.IKey): void {
  const { region, account, partition } = Stack.of(scope);
  // The key may belong to a parent of a nested stack: with the nested one's own name in its policy, each would wait for the other.
  const { stackName } = outermostStack(scope);
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:${stackName}-*` },
      },
    }),
  );
}
