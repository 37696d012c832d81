import { CfnParameter, Stack } from 'aws-cdk-lib';
import type * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { Ec2Runner, RunnerArchitecture, RunnerArtifact } from '../constructs';
import { ARTIFACT_SHA256, ARTIFACT_URL } from '../constructs/ec2/artifact-rules';
import { MOST_INSTANCES } from '../constructs/ec2/ec2-settings-check';
import { newestImageParameter } from '../constructs/ec2/runner-instances';
import { EC2_RUNNER_TEMPLATE } from '../contract/runner-templates';
import { runnerHostSettings } from './runner-host-settings';
import { runnerNetwork } from './runner-network';
import { runnerOutputs } from './runner-outputs';
import type { RunnerNetworkProps, RunnerStackProps } from './runner-stack-props';
import { hideConstructPaths, standalone } from './standalone-template';
import { templateParameter } from './template-sections';

const { parameters, outputs } = EC2_RUNNER_TEMPLATE;

/** Types that the template offers, all for x86_64; the first is the default. Stacks of an app take any type. */
const INSTANCE_TYPES = ['t3.small', 't3.medium', 't3a.small', 't3a.medium', 'm6i.large', 'm7i.large', 'c6i.large', 'c7i.large'];

/** Settings of an `Ec2RunnerStack`. What is left out becomes a parameter of the template, unless its default says otherwise. */
export interface Ec2RunnerStackProps extends RunnerStackProps, RunnerNetworkProps {
  /**
   * The agent that the instances run. With an agent that is staged as an asset, the stack needs a bootstrapped environment.
   * @default - the template's parameters `ArtifactUrl` and `ArtifactSha256`
   */
  readonly artifact?: RunnerArtifact;

  /**
   * Type of the instances.
   * @default - the template's parameters `InstanceType`, by default `t3.small`, and `ImageId`, by default the newest Amazon Linux 2023
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Number of instances, 1 to 20.
   * @default - the template's parameter `DesiredCapacity`, by default 1
   */
  readonly desiredCapacity?: number;

  /**
   * Whether people can open sessions on the instances with Session Manager.
   * @default false
   */
  readonly ssmAccess?: boolean;
}

/**
 * Runners on Amazon EC2, in private subnets.
 * Without `artifact` and `newVpc` it needs no bootstrapped environment, and its template is a file that anybody can launch.
 */
export class Ec2RunnerStack extends Stack {
  /** The runners. */
  public readonly runner: Ec2Runner;

  constructor(scope: Construct, id: string, props: Ec2RunnerStackProps = {}) {
    const description = 'Axiom Runner on Amazon EC2';
    const isFile = props.artifact === undefined && props.newVpc !== true;
    super(scope, id, isFile ? standalone(props, description) : { description, ...props });
    hideConstructPaths(this);
    const settings = runnerHostSettings(this, parameters, props);
    const artifact = props.artifact ?? artifactOfParameters(this);
    const { vpc, subnetIds } = runnerNetwork(this, parameters, props);
    this.runner = new Ec2Runner(this, 'Runner', {
      ...settings,
      artifact,
      vpc,
      vpcSubnets: props.vpcSubnets,
      ...(props.instanceType === undefined ? instancesOfParameters(this) : { instanceType: props.instanceType }),
      desiredCapacity: props.desiredCapacity ?? capacityParameter(this),
      ssmAccess: props.ssmAccess,
    });
    if (subnetIds !== undefined) {
      (this.runner.autoScalingGroup.node.defaultChild as autoscaling.CfnAutoScalingGroup).vpcZoneIdentifier = subnetIds;
    }
    const { autoScalingGroupName } = this.runner.autoScalingGroup;
    runnerOutputs(this, outputs, this.runner, [
      { name: outputs.autoScalingGroupName, value: autoScalingGroupName, description: 'Group that keeps the instances running' },
    ]);
  }
}

function artifactOfParameters(stack: Stack): RunnerArtifact {
  const urlDescription = 'Where the instances download the agent for x86_64: the executable axiomrunner, or a zip file with the bundle.';
  const url = templateParameter(stack, parameters.artifactUrl, ARTIFACT_URL, urlDescription).valueAsString;
  const sha256 = templateParameter(stack, parameters.artifactSha256, ARTIFACT_SHA256, 'SHA-256 of that file.').valueAsString;
  return RunnerArtifact.fromUrl(url, sha256);
}

function instancesOfParameters(stack: Stack): {
  readonly instanceType: ec2.InstanceType;
  readonly architecture: RunnerArchitecture;
  readonly machineImage: ec2.IMachineImage;
} {
  const architecture = RunnerArchitecture.X86_64;
  const instanceType = new CfnParameter(stack, parameters.instanceType, {
    allowedValues: INSTANCE_TYPES,
    default: INSTANCE_TYPES[0],
    description: 'Type of the instances.',
  });
  const image = new CfnParameter(stack, parameters.imageId, {
    type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
    default: newestImageParameter(architecture),
    description: 'SSM parameter with the id of an image of Amazon Linux 2023 for x86_64; looked up by each deployment.',
  });
  const config = { imageId: image.valueAsString, osType: ec2.OperatingSystemType.LINUX, userData: ec2.UserData.forLinux() };
  return { instanceType: new ec2.InstanceType(instanceType.valueAsString), architecture, machineImage: { getImage: () => config } };
}

function capacityParameter(stack: Stack): number {
  const description = 'Number of instances. With two, accesses end on time while one is replaced.';
  const range = { minValue: 1, maxValue: MOST_INSTANCES };
  return new CfnParameter(stack, parameters.desiredCapacity, { type: 'Number', default: 1, ...range, description }).valueAsNumber;
}
