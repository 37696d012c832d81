import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type IIntegrationSecret, RunnerHost } from '../../constructs';

/** Settings of a `StandInHost`. */
export interface StandInHostProps {
  readonly runnerGroupId?: string;
  /** Whether it knows where its runners log to. */
  readonly logs?: boolean;
}

/** A host on which nothing runs: it has a role, a log group and metrics, and nothing else of its own. */
export class StandInHost extends RunnerHost {
  public readonly role: iam.IRole;
  public readonly logGroup?: logs.ILogGroup;

  constructor(scope: Construct, id: string, { runnerGroupId = 'group', logs: hasLogs = true }: StandInHostProps = {}) {
    const secretOf = (name: string) => secretsmanager.Secret.fromSecretNameV2(scope, `${id}${name}`, `example/${name}`);
    super(scope, id, { tenantId: 'tenant', runnerGroupId, apiKeySecret: secretOf('ApiKey'), stateKeySecret: secretOf('StateKey') });
    this.role = iam.Role.fromRoleName(this, 'Role', 'runner');
    this.logGroup = hasLogs ? logs.LogGroup.fromLogGroupName(this, 'Logs', `/axiom-runner/${runnerGroupId}`) : undefined;
  }

  public grantRead({ secret }: IIntegrationSecret): iam.Grant {
    return secret.grantRead(this);
  }

  public metricCpuUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.ofHost('CPUUtilization', props);
  }

  public metricMemoryUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.ofHost('MemoryUtilization', props);
  }

  public metricDiskUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.ofHost('DiskUtilization', props);
  }

  private ofHost(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return new cloudwatch.Metric({ namespace: 'Host', metricName, statistic: cloudwatch.Stats.AVERAGE, ...props });
  }
}
