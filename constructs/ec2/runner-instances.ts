import { Annotations, Duration, Tags, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeFinding } from '../checks/cdk-nag-acknowledgement';
import { RunnerArchitecture } from '../runner/runner-image';
import type { Ec2RunnerProps } from './ec2-runner-props';
import { MOST_INSTANCES } from './ec2-settings-check';
import { SERVICE } from './host-paths';
import { checkImageArchitecture } from './instance-architecture';

const DEFAULT_INSTANCE_TYPE = 't3.small';
const DEFAULT_VOLUME_GIB = 50;
/** Name of the root device in images of Amazon Linux. */
const ROOT_DEVICE = '/dev/xvda';
/** Longest start of an instance, until it signals. */
const START_TIMEOUT = Duration.minutes(15);

/** What the instances get from their host. */
export interface RunnerInstancesOptions {
  readonly architecture: RunnerArchitecture;
  readonly userData: ec2.UserData;
  readonly role: iam.Role;
  readonly subnets: ec2.ISubnet[];
  readonly securityGroups: readonly ec2.ISecurityGroup[];
}

/** Type of the instances. */
export function instanceTypeOf({ instanceType }: Ec2RunnerProps): ec2.InstanceType {
  return instanceType ?? new ec2.InstanceType(DEFAULT_INSTANCE_TYPE);
}

/** SSM parameter with the id of the newest standard image of Amazon Linux 2023. */
export function newestImageParameter(architecture: RunnerArchitecture): string {
  const processors = architecture === RunnerArchitecture.ARM64 ? 'arm64' : 'x86_64';
  return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${processors}`;
}

/** What an instance is made of. */
export function runnerLaunchTemplate(host: Construct, props: Ec2RunnerProps, options: RunnerInstancesOptions): ec2.LaunchTemplate {
  const { architecture, userData, role, securityGroups } = options;
  const machineImage = props.machineImage ?? ec2.MachineImage.fromSsmParameter(newestImageParameter(architecture));
  const image = machineImage.getImage(host);
  checkImageArchitecture(host, image, architecture);
  const [securityGroup, ...others] = securityGroups;
  const launchTemplate = new ec2.LaunchTemplate(host, 'LaunchTemplate', {
    instanceType: instanceTypeOf(props),
    machineImage: { getImage: () => image },
    userData,
    role,
    securityGroup,
    associatePublicIpAddress: false,
    blockDevices: [{ deviceName: ROOT_DEVICE, volume: encryptedVolume(props) }],
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
    instanceMetadataTags: false,
  });
  // Instances and volumes have it as well; the path in the CDK app would tell an operator nothing.
  Tags.of(launchTemplate).add('Name', SERVICE);
  for (const other of others) {
    launchTemplate.addSecurityGroup(other);
  }
  return launchTemplate;
}

/** Keeps the instances running, and replaces them one by one: a new one must take tasks before an old one goes. */
export function runnerGroup(host: Construct, props: Ec2RunnerProps, options: RunnerInstancesOptions): autoscaling.AutoScalingGroup {
  const launchTemplate = runnerLaunchTemplate(host, props, options);
  const size = props.desiredCapacity ?? 1;
  const group = new autoscaling.AutoScalingGroup(host, 'Group', {
    vpc: props.vpc,
    vpcSubnets: { subnets: options.subnets },
    launchTemplate,
    minCapacity: size,
    desiredCapacity: size,
    maxCapacity: Token.isUnresolved(size) ? MOST_INSTANCES + 1 : size + 1,
    signals: autoscaling.Signals.waitForAll({ timeout: START_TIMEOUT }),
    updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({ minInstancesInService: size, maxBatchSize: 1, pauseTime: START_TIMEOUT }),
  });
  // Instances start when their role may do what it should, and when their subnets have a way out.
  group.node.addDependency(options.role, ...options.subnets.map((subnet) => subnet.internetConnectivityEstablished));
  acknowledgeWhatIsMeant(group);
  return group;
}

function encryptedVolume({ volumeSizeGiB, volumeEncryptionKey }: Ec2RunnerProps): ec2.BlockDeviceVolume {
  const volumeType = ec2.EbsDeviceVolumeType.GP3;
  return ec2.BlockDeviceVolume.ebs(volumeSizeGiB ?? DEFAULT_VOLUME_GIB, { volumeType, encrypted: true, kmsKey: volumeEncryptionKey });
}

function acknowledgeWhatIsMeant(group: autoscaling.AutoScalingGroup): void {
  Annotations.of(group).acknowledgeWarning('@aws-cdk/aws-autoscaling:desiredCapacitySet', 'Nothing but the stack sizes the group.');
  acknowledgeFinding(group, 'AwsSolutions-AS3', 'The group does not scale. That runners are up is seen by their own metric, RunnerUp.');
}
