import { Aws, Lazy, PhysicalName, Stack } from 'aws-cdk-lib';
import type * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { METRIC_DIMENSION } from '../../contract/metrics';
import { acknowledgeFinding } from '../checks/cdk-nag-acknowledgement';
import { warnOfMissingEndpoints } from '../network/missing-endpoints';
import { privateSubnets } from '../network/private-subnets';
import { RunnerHostServices } from '../network/runner-aws-service';
import { RunnerEgress } from '../network/runner-egress';
import { RunnerPermissions } from '../roles/runner-permissions';
import { RunnerHost } from '../runner/runner-host';
import { RunnerArchitecture } from '../runner/runner-image';
import { followLog, runnerLogGroup } from '../runner/runner-log-group';
import type { IIntegrationSecret } from '../secrets/integration-secret-ref';
import { consoleOutput, doctorInSession, replaceInstances } from './ec2-commands';
import type { Ec2RunnerProps } from './ec2-runner-props';
import { checkEc2Settings } from './ec2-settings-check';
import { cloudWatchAgentConfiguration, DISK_METRIC, grantTelemetry, HOST_METRIC_NAMESPACE, MEMORY_METRIC } from './host-telemetry';
import { architectureOf } from './instance-architecture';
import { checkedUserData, splitEnvironment } from './long-settings';
import { RunnerArtifact } from './runner-artifact';
import { instanceTypeOf, runnerGroup } from './runner-instances';
import { startScript } from './start-script';

/**
 * Runners of one group on Amazon EC2: an Auto Scaling group of instances with Amazon Linux 2023, in private subnets, with nothing that could
 * connect to them. A deployment succeeds only when the runners take tasks.
 */
export class Ec2Runner extends RunnerHost implements ec2.IConnectable {
  public readonly role: iam.IRole;
  public readonly logGroup?: logs.ILogGroup;

  /** The network of the instances: `connections.allowTo(…)` opens the way to a system. */
  public readonly connections: ec2.Connections;

  /** The group that keeps the instances running. */
  public readonly autoScalingGroup: autoscaling.AutoScalingGroup;

  private readonly permissions: RunnerPermissions;

  constructor(scope: Construct, id: string, props: Ec2RunnerProps) {
    super(scope, id, props);
    checkEc2Settings(this, props);
    const architecture = architectureOf(this, instanceTypeOf(props), props.architecture);
    const subnets = privateSubnets(this, props.vpc, props.vpcSubnets);
    const logGroup = runnerLogGroup(this, props);
    this.logGroup = logGroup;
    const role = instanceRole(this, props);
    this.role = role;
    this.permissions = new RunnerPermissions(this, role, this._permissions(props));
    this._grantLedger(role);
    grantTelemetry(role, logGroup);
    const securityGroups = props.securityGroups ?? [(props.egress ?? RunnerEgress.anywhere()).bind(this, props)];
    this.connections = new ec2.Connections({ securityGroups });
    const userData = ec2.UserData.custom(this.userData(props, architecture, role, logGroup));
    this.autoScalingGroup = runnerGroup(this, props, { architecture, userData, role, subnets, securityGroups });
    const { services } = RunnerHostServices.ec2({ ledger: props.ledger, sessions: props.ssmAccess });
    warnOfMissingEndpoints(this, props.vpc, subnets, services);
    this.putOutCommands(props, logGroup);
  }

  public grantRead(integrationSecret: IIntegrationSecret): iam.Grant {
    return this.permissions.grantRead(integrationSecret);
  }

  public metricCpuUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    const dimensionsMap = { AutoScalingGroupName: this.autoScalingGroup.autoScalingGroupName };
    return new cloudwatch.Metric({ namespace: 'AWS/EC2', metricName: 'CPUUtilization', dimensionsMap, ...props }).attachTo(this);
  }

  /**
   * Per cent of the memory in use, from the CloudWatch agent, over all instances of the runner group.
   * @param props changes to the metric; the average over five minutes by default
   */
  public metricMemoryUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.hostMetric(MEMORY_METRIC, cloudwatch.Stats.AVERAGE, props);
  }

  /**
   * Per cent of the root volume in use, from the CloudWatch agent, of the fullest instance of the runner group.
   * @param props changes to the metric; the maximum over five minutes by default
   */
  public metricDiskUtilization(props?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.hostMetric(DISK_METRIC, cloudwatch.Stats.MAXIMUM, props);
  }

  private hostMetric(metricName: string, statistic: string, props?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const dimensionsMap = { [METRIC_DIMENSION]: this.runnerGroupId };
    return new cloudwatch.Metric({ namespace: HOST_METRIC_NAMESPACE, metricName, dimensionsMap, statistic, ...props }).attachTo(this);
  }

  private userData(props: Ec2RunnerProps, architecture: RunnerArchitecture, role: iam.Role, { logGroupName }: logs.ILogGroup): string {
    const { region } = Stack.of(this);
    // On an instance the AWS SDK finds no region by itself.
    const environment = splitEnvironment(this, { AWS_REGION: region, ...this._environment(props) }, role);
    const script = startScript({
      region,
      machine: architecture === RunnerArchitecture.ARM64 ? 'aarch64' : 'x86_64',
      artifact: (props.artifact ?? RunnerArtifact.bundled()).bind(this, { architecture, grantee: role }),
      environment: environment.text,
      furtherEnvironmentCommand: environment.furtherCommand,
      telemetry: cloudWatchAgentConfiguration({ logGroupName, runnerGroupId: this.runnerGroupId, region }),
      proxy: props.httpsProxy === undefined ? undefined : { url: props.httpsProxy, except: (props.noProxy ?? []).join(',') },
      // Whoever launches the template as a file gives the stack a name of their own.
      signal: { stackName: Aws.STACK_NAME, resourceId: Lazy.string({ produce: () => this.groupLogicalId() }) },
      logGroupName,
    });
    return checkedUserData(this, script);
  }

  private groupLogicalId(): string {
    return Stack.of(this).getLogicalId(this.autoScalingGroup.node.defaultChild as autoscaling.CfnAutoScalingGroup);
  }

  private putOutCommands({ ssmAccess }: Ec2RunnerProps, logGroup: logs.ILogGroup): void {
    const group = this.autoScalingGroup;
    this._commandOutput('LogsCommand', 'Shows what the runners log', followLog(logGroup));
    if (ssmAccess === true) {
      this._commandOutput('DoctorCommand', 'Looks at everything that a runner needs', doctorInSession(group));
    } else {
      this._commandOutput('DoctorCommand', 'Shows what an instance, and its doctor, said when it started', consoleOutput(group));
    }
    this._commandOutput('UpdateCommand', 'Replaces the instances one by one', replaceInstances(group));
  }
}

function instanceRole(host: Construct, { permissionsBoundary, ssmAccess }: Ec2RunnerProps): iam.Role {
  const role = new iam.Role(host, 'Role', {
    // A proxy role in another account trusts it by its name.
    roleName: PhysicalName.GENERATE_IF_NEEDED,
    description: 'Axiom Runner on EC2',
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    permissionsBoundary,
  });
  if (ssmAccess === true) {
    role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore'));
    const finding = 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]';
    const reason = 'What Session Manager needs, by choice; AWS adds to it what new versions of its agent need.';
    acknowledgeFinding(role, finding, reason);
  }
  return role;
}
