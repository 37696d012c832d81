import { ArnFormat, Duration, PhysicalName, Size, Stack } from 'aws-cdk-lib';
import type * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { READY_COMMAND, SCRATCH_FOLDER } from '../../contract/image';
import { STOP_TIMEOUT_SECONDS } from '../../contract/tasks';
import { acknowledgeFinding, acknowledgeWildcardResources } from '../checks/cdk-nag-acknowledgement';
import { RunnerArchitecture, type RunnerImageConfig } from '../runner/runner-image';

/** Name of the container, which commands name. */
export const RUNNER_CONTAINER = 'runner';
const SCRATCH_VOLUME = 'scratch';

/** What a task of a runner is made of. */
export interface RunnerTaskOptions {
  readonly image: RunnerImageConfig;
  readonly architecture: RunnerArchitecture;
  readonly onFargate: boolean;
  readonly cpu: number;
  readonly memoryLimitMiB: number;
  readonly ephemeralStorageGiB?: number;
  readonly environment: { readonly [name: string]: string };
  readonly apiKeySecret: secretsmanager.ISecret;
  readonly logGroup: logs.ILogGroup;
  readonly taskRole: iam.IRole;
  readonly executionRole: iam.IRole;
  readonly hasSessions: boolean;
}

/** The task definition of a runner, with its one container. */
export function runnerTaskDefinition(scope: Construct, options: RunnerTaskOptions): ecs.TaskDefinition {
  const taskDefinition = new ecs.TaskDefinition(scope, 'TaskDefinition', {
    compatibility: options.onFargate ? ecs.Compatibility.FARGATE : ecs.Compatibility.EC2,
    networkMode: ecs.NetworkMode.AWS_VPC,
    cpu: String(options.cpu),
    memoryMiB: String(options.memoryLimitMiB),
    ephemeralStorageGiB: options.ephemeralStorageGiB,
    // Instances are chosen by the service's placement.
    runtimePlatform: options.onFargate ? runtimePlatform(options) : undefined,
    taskRole: options.taskRole,
    executionRole: options.executionRole,
    volumes: [{ name: SCRATCH_VOLUME }],
  });
  acknowledgeFinding(taskDefinition, 'AwsSolutions-ECS2', 'The variables are settings and names of secrets, never the value of a secret.');
  addContainer(taskDefinition, options);
  return taskDefinition;
}

function runtimePlatform({ architecture }: RunnerTaskOptions): ecs.RuntimePlatform {
  const { ARM64, X86_64 } = ecs.CpuArchitecture;
  const cpuArchitecture = architecture === RunnerArchitecture.ARM64 ? ARM64 : X86_64;
  return { cpuArchitecture, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX };
}

function addContainer(taskDefinition: ecs.TaskDefinition, options: RunnerTaskOptions): void {
  const { image, apiKeySecret, logGroup } = options;
  const linuxParameters = new ecs.LinuxParameters(taskDefinition, 'LinuxParameters', { initProcessEnabled: true });
  linuxParameters.dropCapabilities(ecs.Capability.ALL);
  const container = taskDefinition.addContainer(RUNNER_CONTAINER, {
    containerName: RUNNER_CONTAINER,
    image: new RunnerContainerImage(image.imageUri, image.repository),
    environment: options.environment,
    // The published image takes its API key from a variable only; ECS puts it there when it starts the container.
    secrets: image.compatibilityMode ? { RUNNER_API_KEY: ecs.Secret.fromSecretsManager(apiKeySecret) } : undefined,
    // The agent of ECS Exec writes into the root file system.
    readonlyRootFilesystem: !options.hasSessions,
    linuxParameters,
    stopTimeout: Duration.seconds(STOP_TIMEOUT_SECONDS),
    healthCheck: image.compatibilityMode ? undefined : healthCheck(),
    logging: ecs.LogDrivers.awsLogs({
      logGroup,
      streamPrefix: RUNNER_CONTAINER,
      // A runner that waits for its log would end accesses late.
      mode: ecs.AwsLogDriverMode.NON_BLOCKING,
      maxBufferSize: Size.mebibytes(25),
    }),
  });
  // A bind mount: its mode is what the image's VOLUME of the same path has, and programs in it can be executed.
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
  container.addMountPoints({ sourceVolume: SCRATCH_VOLUME, containerPath: SCRATCH_FOLDER, readOnly: false });
}

/**
 * Ten minutes without taking tasks, and ECS replaces the task: so a deployment that cannot work is taken back. A runner whose control
 * plane is away stays ready and is left alone. Ten attempts are the most that ECS allows.
 */
function healthCheck(): ecs.HealthCheck {
  return {
    command: ['CMD', ...READY_COMMAND],
    interval: Duration.seconds(60),
    timeout: Duration.seconds(10),
    retries: 10,
    startPeriod: Duration.seconds(60),
  };
}

/** An image whose repository, if it is one of Amazon ECR, the task may pull from. */
export class RunnerContainerImage extends ecs.ContainerImage {
  constructor(
    private readonly imageUri: string,
    private readonly repository?: ecr.IRepository,
  ) {
    super();
  }

  public bind(_scope: Construct, { taskDefinition }: ecs.ContainerDefinition): ecs.ContainerImageConfig {
    if (this.repository !== undefined) {
      this.repository.grantPull(taskDefinition.obtainExecutionRole());
    }
    return { imageName: this.imageUri };
  }
}

/**
 * The role of the runner itself. Only tasks of this account and region take it.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
 */
export function runnerTaskRole(scope: Construct, permissionsBoundary?: iam.IManagedPolicy): iam.Role {
  const stack = Stack.of(scope);
  const sourceArn = stack.formatArn({ service: 'ecs', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME });
  return new iam.Role(scope, 'TaskRole', {
    // A proxy role in another account trusts it by its name.
    roleName: PhysicalName.GENERATE_IF_NEEDED,
    description: 'Axiom Runner: what the runner may do',
    permissionsBoundary,
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account }, ArnLike: { 'aws:SourceArn': sourceArn } },
    }),
  });
}

/** The role with which ECS pulls the image and writes the log. The runner itself cannot use it. */
export function runnerExecutionRole(scope: Construct, permissionsBoundary?: iam.IManagedPolicy): iam.Role {
  const role = new iam.Role(scope, 'ExecutionRole', {
    description: 'Axiom Runner: pulls the image and writes the log',
    permissionsBoundary,
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
  });
  acknowledgeAnyResource(role, 'ecr:GetAuthorizationToken has no resource; what is pulled is limited to the one repository.');
  return role;
}

/** Acknowledges a statement that the CDK adds to a role for all resources. */
export function acknowledgeAnyResource(role: iam.IRole, reason: string): void {
  acknowledgeWildcardResources(role, new iam.PolicyStatement({ resources: ['*'] }), reason);
}
