import { CfnOutput, Duration, type IResource, RemovalPolicy, Resource } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { LEDGER_ACTIONS } from '../../contract/ledger';
import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  METRIC_OVERDUE_REVOCATIONS,
  METRIC_PERIOD_SECONDS,
  METRIC_QUEUE_LAG,
  METRIC_RUNNER_UP,
  METRIC_SECRET_ERRORS,
  METRIC_STEP_DURATION,
  METRIC_TASKS_FAILED,
  METRIC_TASKS_SUCCEEDED,
  type MetricName,
} from '../../contract/metrics';
import { PLATFORM_ID } from '../../contract/name-rules';
import { checkedSetting } from '../checks/setting-check';
import type { RunnerPermissionsOptions } from '../roles/runner-permissions';
import type { ISecretsManagerProxyRole } from '../roles/secrets-manager-proxy-role';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';
import { checkStateKeySecret, ownSecretId } from './own-secret-id';
import { runnerEnvironment } from './runner-environment';
import { ledgerTable, stateKeySecret } from './runner-records';
import type { RunnerSettings } from './runner-settings';

/** What runs runners of one group: an Auto Scaling group, an ECS service, or a deployment in a Kubernetes cluster. */
export interface IRunnerHost extends IResource, iam.IGrantable {
  /** Tenant of the runners. */
  readonly tenantId: string;

  /** Group of the runners. */
  readonly runnerGroupId: string;

  /** The role that the runners have in AWS. */
  readonly role: iam.IRole;

  /** Where the runners log to, when the host made it or knows it. */
  readonly logGroup?: logs.ILogGroup;

  /**
   * Allows the runners to read this integration secret, and from now on only those that were granted one by one: the permission for
   * all secrets under `axiom-security/` is gone with the first grant.
   * @param integrationSecret the secret of one system
   */
  grantRead(integrationSecret: IIntegrationSecret): iam.Grant;

  /**
   * A metric that the runners emit, over all runners of the group.
   * @param metricName name in CloudWatch
   * @param props changes to the metric; the sum over five minutes by default
   */
  metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Tasks that were done. @param props changes to the metric; the sum over five minutes by default */
  metricTasksSucceeded(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Tasks that were refused or given up. @param props changes to the metric; the sum over five minutes by default */
  metricTasksFailed(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Milliseconds that an attempt at a step took. @param props changes to the metric; the 95th percentile over five minutes by default */
  metricStepDuration(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Milliseconds that a step waited for a runner. @param props changes to the metric; the 95th percentile over five minutes by default */
  metricQueueLag(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Accesses past their end that could not be ended. @param props changes to the metric; the maximum over five minutes by default */
  metricOverdueRevocations(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Integration secrets that could not be read or used. @param props changes to the metric; the sum over five minutes by default */
  metricSecretErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Runners that take tasks: each reports 1 a minute. @param props changes to the metric; the sum over one minute by default */
  metricRunnersUp(props?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Per cent of the CPU in use. @param props changes to the metric; the average over five minutes by default */
  metricCpuUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric;

  /** Per cent of the memory in use. @param props changes to the metric; the average over five minutes by default */
  metricMemoryUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric;

  /** Per cent of the disk in use. @param props changes to the metric; the maximum over five minutes by default */
  metricDiskUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric;
}

/** Settings that are the same on every host. */
export interface RunnerHostProps extends RunnerSettings {
  /**
   * Secret with the API key of the runner group: the key as plain text, or JSON `{"RUNNER_API_KEY": "…"}`. The runner reads it by
   * itself, and again when the control plane refuses the key. It must be in the region of the runner.
   */
  readonly apiKeySecret: secretsmanager.ISecret;

  /**
   * Secret with the key that authenticates the runner's own records, at least 32 characters. All runners of a group have the same.
   * In the region of the runner, and not under `axiom-security/`.
   * @default - a new secret with a random key
   */
  readonly stateKeySecret?: secretsmanager.ISecret;

  /**
   * Whether a DynamoDB table is made for accesses in systems that have no place for a mark.
   * @default false
   */
  readonly ledger?: boolean;

  /**
   * Proxy role for a secret store in another account.
   * @default - the secret store is that of the runner's account
   */
  readonly proxyRole?: ISecretsManagerProxyRole;

  /**
   * Key that the integration secrets are encrypted with. Its key policy must leave permissions to IAM, as the default one does.
   * @default - the secrets are encrypted with the AWS managed key `aws/secretsmanager`, which needs no permission
   */
  readonly encryptionKey?: kms.IKeyRef;

  /**
   * Permissions boundary of the roles that the host makes.
   * @default - no boundary
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /**
   * What happens to the state key, the ledger and the log when the host is deleted. Without the first two a runner no longer recognises
   * accesses that are still open; the log is the record of who had which access.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What all hosts have in common. Extended by the hosts of this library. */
export abstract class RunnerHost extends Resource implements IRunnerHost {
  public readonly tenantId: string;
  public readonly runnerGroupId: string;
  public abstract readonly role: iam.IRole;
  public abstract readonly logGroup?: logs.ILogGroup;

  /** Secret with the key that authenticates the runner's own records. */
  public readonly stateKeySecret: secretsmanager.ISecret;

  /** Table for accesses in systems that have no place for a mark, if there is one. */
  public readonly ledger?: dynamodb.ITable;

  protected constructor(scope: Construct, id: string, props: RunnerHostProps) {
    super(scope, id);
    this.tenantId = checkedSetting(this, 'tenantId', props.tenantId, PLATFORM_ID);
    this.runnerGroupId = checkedSetting(this, 'runnerGroupId', props.runnerGroupId, PLATFORM_ID);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    if (props.stateKeySecret !== undefined) {
      checkStateKeySecret(this, props.stateKeySecret);
    }
    this.stateKeySecret = props.stateKeySecret ?? stateKeySecret(this, removalPolicy);
    this.ledger = props.ledger === true ? ledgerTable(this, removalPolicy) : undefined;
  }

  public get grantPrincipal(): iam.IPrincipal {
    return this.role.grantPrincipal;
  }

  public abstract grantRead(integrationSecret: IIntegrationSecret): iam.Grant;
  public abstract metricCpuUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric;
  public abstract metricMemoryUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric;
  public abstract metricDiskUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric;

  public metric(metricName: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { [METRIC_DIMENSION]: this.runnerGroupId },
      statistic: cloudwatch.Stats.SUM,
      ...props,
    }).attachTo(this);
  }

  public metricTasksSucceeded(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.emitted(METRIC_TASKS_SUCCEEDED, props);
  }

  public metricTasksFailed(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.emitted(METRIC_TASKS_FAILED, props);
  }

  public metricStepDuration(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.emitted(METRIC_STEP_DURATION, { statistic: cloudwatch.Stats.percentile(95), ...props });
  }

  public metricQueueLag(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.emitted(METRIC_QUEUE_LAG, { statistic: cloudwatch.Stats.percentile(95), ...props });
  }

  public metricOverdueRevocations(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.emitted(METRIC_OVERDUE_REVOCATIONS, { statistic: cloudwatch.Stats.MAXIMUM, ...props });
  }

  public metricSecretErrors(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.emitted(METRIC_SECRET_ERRORS, props);
  }

  public metricRunnersUp(props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.emitted(METRIC_RUNNER_UP, { period: Duration.seconds(METRIC_PERIOD_SECONDS), ...props });
  }

  /**
   * The environment of the runners.
   * @internal
   * @param readsApiKey whether the runner reads the API key by itself, and is not given it by the host
   */
  protected _environment(props: RunnerHostProps, readsApiKey: boolean = true): Record<string, string> {
    return runnerEnvironment(this, props, {
      apiKeySecretId: readsApiKey ? ownSecretId(this, 'apiKeySecret', props.apiKeySecret) : undefined,
      stateKeySecretId: ownSecretId(this, 'stateKeySecret', this.stateKeySecret),
      ledgerTable: this.ledger?.tableName,
      proxyRoleArn: props.proxyRole?.roleArn,
      proxyRoleExternalId: props.proxyRole?.externalId,
    });
  }

  /**
   * What the runners' role may do, by the settings of the host.
   * @internal
   * @param readsApiKey whether the runner reads the API key by itself, and is not given it by the host
   */
  protected _permissions(props: RunnerHostProps, readsApiKey: boolean = true): RunnerPermissionsOptions {
    return {
      proxyRole: props.proxyRole,
      encryptionKey: props.encryptionKey,
      secretStoreRegion: props.secretStoreRegion,
      apiKeySecret: readsApiKey ? props.apiKeySecret : undefined,
      stateKeySecret: this.stateKeySecret,
    };
  }

  /**
   * Allows to use the ledger, if there is one.
   * @internal
   */
  protected _grantLedger(role: iam.IRole): void {
    this.ledger?.grant(role, ...LEDGER_ACTIONS);
  }

  /**
   * An output with a command to paste into a shell.
   * @internal
   */
  protected _commandOutput(id: string, description: string, command: string): void {
    new CfnOutput(this, id, { description, value: command });
  }

  private emitted({ cloudWatch }: MetricName, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(cloudWatch, props);
  }
}
