import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { RunnerEgress } from '../network/runner-egress';
import type { RunnerHostProps } from '../runner/runner-host';
import type { RunnerArchitecture } from '../runner/runner-image';
import type { RunnerArtifact } from './runner-artifact';

/** Settings of an `Ec2Runner`. */
export interface Ec2RunnerProps extends RunnerHostProps {
  /** Network of the instances. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the instances, best in several zones. Public ones are refused: instances have no public address.
   * @default - the private subnets with a way out, else the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The agent that the instances run.
   * @default RunnerArtifact.bundled()
   */
  readonly artifact?: RunnerArtifact;

  /**
   * Number of instances, 1 to 20. All of them take tasks of the runner group. With two, accesses end on time while one is replaced or its
   * zone is down.
   * @default 1
   */
  readonly desiredCapacity?: number;

  /**
   * Type of the instances, with one vCPU and 2 GB of memory at least.
   * @default - t3.small: two vCPUs and 2 GB
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Processors of `instanceType`. Needed only where the type is a token.
   * @default - that of the type
   */
  readonly architecture?: RunnerArchitecture;

  /**
   * Image of Amazon Linux 2023, for the processors of `instanceType`, with the AWS CLI and the helper scripts of CloudFormation in it, as
   * the standard image has them, and of a release whose repository has `nodejs24`.
   * @default - the newest standard image, looked up by each deployment
   */
  readonly machineImage?: ec2.IMachineImage;

  /**
   * Size of the encrypted volume, GiB.
   * @default 50
   */
  readonly volumeSizeGiB?: number;

  /**
   * Key that the volume is encrypted with. Its policy must let the service-linked role of Amazon EC2 Auto Scaling use it.
   * @default - the account's default key for EBS
   * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
   */
  readonly volumeEncryptionKey?: kms.IKey;

  /**
   * Whether people can open sessions on the instances with Session Manager. It adds the managed policy `AmazonSSMManagedInstanceCore` to
   * the runner's role. There is no other way in: no key pair, no open port.
   * @default false
   */
  readonly ssmAccess?: boolean;

  /**
   * Security groups of the instances.
   * @default - a new one, which lets nothing in, and out what `egress` says
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * What the instances may connect to. Not together with `securityGroups`. A list must admit the bucket of Amazon Linux's packages.
   * @default RunnerEgress.anywhere()
   */
  readonly egress?: RunnerEgress;

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
