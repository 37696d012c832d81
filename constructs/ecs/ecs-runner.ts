import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { warnOfMissingEndpoints } from '../network/missing-endpoints';
import { privateSubnets } from '../network/private-subnets';
import { RunnerHostServices } from '../network/runner-aws-service';
import { RunnerEgress } from '../network/runner-egress';
import { RunnerPermissions } from '../roles/runner-permissions';
import { RunnerHost } from '../runner/runner-host';
import { RunnerArchitecture } from '../runner/runner-image';
import { followLog, runnerLogGroup } from '../runner/runner-log-group';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';
import { doctorByExec, doctorByTask, startAgain } from './ecs-commands';
import { EcsRunnerCapacity, type EcsRunnerCapacityConfig } from './ecs-runner-capacity';
import type { EcsRunnerProps } from './ecs-runner-props';
import { newCluster, runnerService } from './ecs-service';
import { checkEcsSettings, DEFAULT_CPU, DEFAULT_MEMORY_MIB, DEFAULT_STORAGE_GIB } from './ecs-settings-check';
import { acknowledgeAnyResource, runnerExecutionRole, runnerTaskDefinition, runnerTaskRole } from './runner-task';

/** Runners of one group as tasks of an Amazon ECS service: in private subnets, with nothing that could connect to them. */
export class EcsRunner extends RunnerHost implements ec2.IConnectable {
  public readonly role: iam.IRole;
  public readonly logGroup?: logs.ILogGroup;

  /** The network of the tasks: `connections.allowTo(…)` opens the way to a system. */
  public readonly connections: ec2.Connections;

  /** The cluster that the tasks run in. */
  public readonly cluster: ecs.ICluster;

  /** The service that keeps the tasks running. */
  public readonly service: ecs.BaseService;

  /** What a task is made of. */
  public readonly taskDefinition: ecs.TaskDefinition;

  private readonly permissions: RunnerPermissions;
  private readonly capacity: EcsRunnerCapacityConfig;

  constructor(scope: Construct, id: string, props: EcsRunnerProps) {
    super(scope, id, props);
    this.capacity = (props.capacity ?? EcsRunnerCapacity.fargate()).bind(this);
    checkEcsSettings(this, props, this.capacity);
    this.cluster = props.cluster ?? newCluster(this, props, this.capacity);
    const architecture = props.architecture ?? RunnerArchitecture.X86_64;
    const image = props.image.bind(this, { architecture });
    const logGroup = runnerLogGroup(this, props);
    this.logGroup = logGroup;
    const taskRole = runnerTaskRole(this, props.permissionsBoundary);
    this.role = taskRole;
    this.permissions = new RunnerPermissions(this, taskRole, this._permissions(props, !image.compatibilityMode));
    this._grantLedger(taskRole);
    this.taskDefinition = runnerTaskDefinition(this, {
      image,
      architecture,
      onFargate: this.capacity.onFargate,
      cpu: props.cpu ?? DEFAULT_CPU,
      memoryLimitMiB: props.memoryLimitMiB ?? DEFAULT_MEMORY_MIB,
      ephemeralStorageGiB: this.capacity.onFargate ? (props.ephemeralStorageGiB ?? DEFAULT_STORAGE_GIB) : undefined,
      environment: this._environment(props, !image.compatibilityMode),
      apiKeySecret: props.apiKeySecret,
      logGroup,
      taskRole,
      executionRole: runnerExecutionRole(this, props.permissionsBoundary),
      hasSessions: props.enableExecuteCommand === true,
    });
    const { vpc } = this.cluster;
    const subnets = privateSubnets(this, vpc, props.vpcSubnets);
    const securityGroups = props.securityGroups ?? [(props.egress ?? RunnerEgress.anywhere()).bind(this, { ...props, vpc })];
    const { cluster, taskDefinition, capacity } = this;
    this.service = runnerService(this, props, { cluster, taskDefinition, capacity, architecture, subnets, securityGroups });
    this.connections = this.service.connections;
    if (props.enableExecuteCommand === true) {
      acknowledgeAnyResource(taskRole, "The messages of Systems Manager have no resources; they carry this task's sessions only.");
    }
    const { services } = RunnerHostServices.ecs({ ledger: props.ledger, sessions: props.enableExecuteCommand });
    warnOfMissingEndpoints(this, vpc, subnets, services);
    this.putOutCommands(props, logGroup, image.compatibilityMode);
  }

  public grantRead(integrationSecret: IIntegrationSecret): iam.Grant {
    return this.permissions.grantRead(integrationSecret);
  }

  public metricCpuUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.service.metricCpuUtilization(props);
  }

  public metricMemoryUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.service.metricMemoryUtilization(props);
  }

  /**
   * Per cent of the disk in use, from Container Insights: of the fullest task on Fargate, else of the cluster's instances (which takes
   * the CloudWatch agent on them).
   * @param props changes to the metric; the maximum over five minutes by default
   */
  public metricDiskUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    if (!this.capacity.onFargate) {
      return this.insight('instance_filesystem_utilization', { ClusterName: this.cluster.clusterName }, props);
    }
    const dimensions = { ClusterName: this.cluster.clusterName, ServiceName: this.service.serviceName };
    return new cloudwatch.MathExpression({
      expression: '100 * used / reserved',
      usingMetrics: {
        used: this.insight('EphemeralStorageUtilized', dimensions, props),
        reserved: this.insight('EphemeralStorageReserved', dimensions, props),
      },
      label: props?.label ?? 'DiskUtilization',
      color: props?.color,
      period: props?.period,
    });
  }

  private insight(metricName: string, dimensionsMap: Record<string, string>, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const statistic = cloudwatch.Stats.MAXIMUM;
    return new cloudwatch.Metric({ namespace: 'ECS/ContainerInsights', metricName, dimensionsMap, statistic, ...props }).attachTo(this);
  }

  private putOutCommands({ enableExecuteCommand }: EcsRunnerProps, logGroup: logs.ILogGroup, compatibilityMode: boolean): void {
    this._commandOutput('LogsCommand', 'Shows what the runners log', followLog(logGroup));
    if (!compatibilityMode) {
      const command = enableExecuteCommand === true ? doctorByExec(this.service) : doctorByTask(this.service, this.capacity);
      this._commandOutput('DoctorCommand', 'Looks at everything that a runner needs; the answer stands in the log', command);
    }
    this._commandOutput('UpdateCommand', 'Starts the runners again, one after another', startAgain(this.service));
  }
}
