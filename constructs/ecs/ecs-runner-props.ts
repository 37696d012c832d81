import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { RunnerEgress } from '../network/runner-egress';
import type { RunnerHostProps } from '../runner/runner-host';
import type { RunnerArchitecture, RunnerImage } from '../runner/runner-image';
import type { EcsRunnerCapacity } from './ecs-runner-capacity';

/** Settings of an `EcsRunner`. */
export interface EcsRunnerProps extends RunnerHostProps {
  /** The image that the tasks run. */
  readonly image: RunnerImage;

  /**
   * Network of a new cluster. Required unless `cluster` is given.
   * @default - the network of `cluster`
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Cluster that the tasks run in. Switch on its Container Insights, for the metric of the disk.
   * @default - a new cluster with Container Insights, for this host alone
   */
  readonly cluster?: ecs.ICluster;

  /**
   * What the tasks run on.
   * @default EcsRunnerCapacity.fargate()
   */
  readonly capacity?: EcsRunnerCapacity;

  /**
   * Number of tasks. All of them take tasks of the runner group. With two, accesses end on time while one is replaced or its zone is
   * down; each further one adds throughput and costs as much again. 0 pauses the runner.
   * @default 2
   */
  readonly desiredCount?: number;

  /**
   * CPU units of a task; 1024 are one vCPU.
   * @default 1024
   */
  readonly cpu?: number;

  /**
   * Memory of a task, MiB. On Fargate it must fit to `cpu`.
   * @default 2048
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
   */
  readonly memoryLimitMiB?: number;

  /**
   * Disk of a task on Fargate, GiB, 21 to 200. On instances the disk is theirs.
   * @default 50
   */
  readonly ephemeralStorageGiB?: number;

  /**
   * Processors that the tasks run on. The image must be made for them; `RunnerImage.fromAsset()` builds what is needed.
   * @default RunnerArchitecture.X86_64
   */
  readonly architecture?: RunnerArchitecture;

  /**
   * Subnets of the tasks. Public ones are refused: tasks have no public address.
   * @default - the private subnets with a way out, else the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the tasks.
   * @default - a new one, which lets nothing in, and out what `egress` says
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * What the tasks may connect to. Not together with `securityGroups`.
   * @default RunnerEgress.anywhere()
   */
  readonly egress?: RunnerEgress;

  /**
   * Whether commands can be run in a task with ECS Exec. It makes the root file system writable and adds permissions for Systems
   * Manager's messages to the runner's role. Not needed for `doctor`, which runs as a task of its own.
   * @default false
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
   */
  readonly enableExecuteCommand?: boolean;

  /**
   * How long the log is kept. It is the record of who had which access.
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Key that the log is encrypted with. A key of this app gets the statement in its policy that CloudWatch Logs needs; an imported one must
   * have it.
   * @default - encrypted by CloudWatch Logs
   */
  readonly logEncryptionKey?: kms.IKey;
}
