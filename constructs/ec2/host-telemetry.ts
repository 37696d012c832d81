import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { METRIC_DIMENSION, METRIC_PERIOD_SECONDS } from '../../contract/metrics';
import { acknowledgeWildcardResources } from '../checks/cdk-nag-acknowledgement';
import { LOG_FILE } from './host-paths';

/** Namespace of the CloudWatch agent's metrics. */
export const HOST_METRIC_NAMESPACE = 'CWAgent';
export const MEMORY_METRIC = 'mem_used_percent';
export const DISK_METRIC = 'disk_used_percent';

/** What the CloudWatch agent's configuration is made of. */
export interface HostTelemetry {
  readonly logGroupName: string;
  readonly runnerGroupId: string;
  readonly region: string;
}

/**
 * Configuration of the CloudWatch agent: sends the runner's log, in which the runner's own metrics are, and how full memory and disk are.
 * Their dimension is the runner group, like that of the runner's metrics: the name of the Auto Scaling group would take a look-up of tags,
 * so a permission on all of EC2 and another VPC endpoint.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
 */
export function cloudWatchAgentConfiguration({ logGroupName, runnerGroupId, region }: HostTelemetry): string {
  const dimensions = { [METRIC_DIMENSION]: runnerGroupId };
  const configuration = {
    agent: { metrics_collection_interval: METRIC_PERIOD_SECONDS, omit_hostname: true, region },
    logs: {
      logs_collected: {
        files: { collect_list: [{ file_path: LOG_FILE, log_group_name: logGroupName, log_stream_name: '{instance_id}' }] },
      },
    },
    metrics: {
      namespace: HOST_METRIC_NAMESPACE,
      // The disk's metric has path and file system as dimensions, too; this adds it without them.
      aggregation_dimensions: [[METRIC_DIMENSION]],
      metrics_collected: {
        mem: { measurement: ['used_percent'], append_dimensions: dimensions },
        disk: { measurement: ['used_percent'], resources: ['/'], drop_device: true, append_dimensions: dimensions },
      },
    },
  };
  return `${JSON.stringify(configuration, undefined, 1)}\n`;
}

/** Allows the CloudWatch agent to write to one log group and one metric namespace, and nothing else. */
export function grantTelemetry(role: iam.Role, logGroup: logs.ILogGroup): void {
  logGroup.grantWrite(role);
  const putMetrics = new iam.PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': HOST_METRIC_NAMESPACE } },
  });
  role.addToPolicy(putMetrics);
  acknowledgeWildcardResources(role, putMetrics, 'Metrics have no ARN; the condition on the namespace is the boundary.');
}
