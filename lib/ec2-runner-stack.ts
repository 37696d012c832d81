import { CfnOutput, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import type * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { Ec2Runner, type ISecretsManagerProxyRole, RunnerArchitecture, RunnerArtifact } from '../constructs';
import { acknowledgeFinding } from '../constructs/checks/cdk-nag-acknowledgement';
import { ARTIFACT_SHA256, ARTIFACT_URL } from '../constructs/ec2/artifact-rules';
import { MOST_INSTANCES } from '../constructs/ec2/ec2-settings-check';
import { newestImageParameter } from '../constructs/ec2/runner-instances';
import { DEFAULT_CONTROL_PLANE_ADDRESS } from '../contract/environment';
import { HOST_AND_PORT, PLATFORM_ID } from '../contract/name-rules';
import { EC2_RUNNER_TEMPLATE, SECRET_ARN } from '../contract/runner-templates';
import { proxyRoleIfGiven } from './proxy-role-if-given';
import { hideConstructPaths, standalone } from './standalone-template';
import { templateOutput, templateParameter } from './template-sections';

const { parameters, outputs } = EC2_RUNNER_TEMPLATE;

/** Types that the template offers, all for x86_64; the first is the default. Stacks of an app take any type. */
const INSTANCE_TYPES = ['t3.small', 't3.medium', 't3a.small', 't3a.medium', 'm6i.large', 'm7i.large', 'c6i.large', 'c7i.large'];

/** Settings of an `Ec2RunnerStack`. What is left out becomes a parameter of the template, unless its default says otherwise. */
export interface Ec2RunnerStackProps extends StackProps {
  /**
   * Tenant id, as the platform shows it.
   * @default - the template's parameter `TenantId`
   */
  readonly tenantId?: string;

  /**
   * Id of the runner group.
   * @default - the template's parameter `RunnerGroupId`
   */
  readonly runnerGroupId?: string;

  /**
   * Secret with the API key of the runner group.
   * @default - the template's parameter `ApiKeySecretArn`
   */
  readonly apiKeySecret?: secretsmanager.ISecret;

  /**
   * The agent that the instances run. With an agent that is staged as an asset, the stack needs a bootstrapped environment.
   * @default - the template's parameters `ArtifactUrl` and `ArtifactSha256`
   */
  readonly artifact?: RunnerArtifact;

  /**
   * Network of the instances.
   * @default - the template's parameters `VpcId` and `SubnetIds`
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the instances in `vpc`. Public ones are refused.
   * @default - the private subnets with a way out, else the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

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
   * `host:port` of the control plane.
   * @default - the template's parameter `ControlPlaneAddress`, by default `axiomactions.axiom.security:443`
   */
  readonly controlPlaneAddress?: string;

  /**
   * Proxy role for a secret store in another account.
   * @default - the template's parameters `ProxyRoleArn` and `ProxyRoleExternalId`, by default empty: the store of this account, and every
   * role whose name contains `Axiom-Security`
   */
  readonly proxyRole?: ISecretsManagerProxyRole;

  /**
   * Whether people can open sessions on the instances with Session Manager.
   * @default false
   */
  readonly ssmAccess?: boolean;
}

/**
 * Runners on Amazon EC2, in private subnets of a network that exists.
 * Without `artifact` it needs no bootstrapped environment, and its template is a file that anybody can launch.
 */
export class Ec2RunnerStack extends Stack {
  /** The runners. */
  public readonly runner: Ec2Runner;

  constructor(scope: Construct, id: string, props: Ec2RunnerStackProps = {}) {
    const description = 'Axiom Runner on Amazon EC2';
    super(scope, id, props.artifact === undefined ? standalone(props, description) : { description, ...props });
    hideConstructPaths(this);
    this.runner = new Ec2Runner(this, 'Runner', {
      tenantId: props.tenantId ?? tenantParameter(this),
      runnerGroupId: props.runnerGroupId ?? runnerGroupParameter(this),
      apiKeySecret: props.apiKeySecret ?? apiKeySecretOfParameter(this),
      artifact: props.artifact ?? artifactOfParameters(this),
      vpc: props.vpc ?? networkOfParameter(this),
      vpcSubnets: props.vpcSubnets,
      ...(props.instanceType === undefined ? instancesOfParameters(this) : { instanceType: props.instanceType }),
      desiredCapacity: props.desiredCapacity ?? capacityParameter(this),
      controlPlaneAddress: props.controlPlaneAddress ?? controlPlaneParameter(this),
      proxyRole: props.proxyRole ?? proxyRoleIfGiven(this, parameters.proxyRoleArn, parameters.proxyRoleExternalId),
      ssmAccess: props.ssmAccess,
    });
    if (props.vpc === undefined) {
      useSubnetsOfParameter(this, this.runner.autoScalingGroup);
    }
    putOut(this, this.runner);
  }
}

function tenantParameter(stack: Stack): string {
  return templateParameter(stack, parameters.tenantId, PLATFORM_ID, 'Tenant id, as the platform shows it.').valueAsString;
}

function runnerGroupParameter(stack: Stack): string {
  const description = 'Id of the runner group, as the platform shows it.';
  return templateParameter(stack, parameters.runnerGroupId, PLATFORM_ID, description).valueAsString;
}

function apiKeySecretOfParameter(stack: Stack): secretsmanager.ISecret {
  const description = 'ARN of the secret with the API key of the runner group, as plain text or as JSON {"RUNNER_API_KEY": "..."}.';
  const arn = templateParameter(stack, parameters.apiKeySecretArn, SECRET_ARN, description).valueAsString;
  acknowledgeFinding(stack, 'CloudFormation-Validate::W2509', 'The parameter holds the ARN of a secret, which is none itself.');
  return secretsmanager.Secret.fromSecretCompleteArn(stack, 'ApiKeySecret', arn);
}

function artifactOfParameters(stack: Stack): RunnerArtifact {
  const urlDescription = 'Where the instances download the agent for x86_64: the executable axiomrunner, or a zip file with the bundle.';
  const url = templateParameter(stack, parameters.artifactUrl, ARTIFACT_URL, urlDescription).valueAsString;
  const sha256 = templateParameter(stack, parameters.artifactSha256, ARTIFACT_SHA256, 'SHA-256 of that file.').valueAsString;
  return RunnerArtifact.fromUrl(url, sha256);
}

/** The network as far as a construct needs it; which subnets it has is a list that only CloudFormation knows. */
function networkOfParameter(stack: Stack): ec2.IVpc {
  const description = 'Network of the instances.';
  const vpcId = new CfnParameter(stack, parameters.vpcId, { type: 'AWS::EC2::VPC::Id', description }).valueAsString;
  const known = 'known only at deployment';
  return ec2.Vpc.fromVpcAttributes(stack, 'Network', {
    vpcId,
    availabilityZones: [known],
    privateSubnetIds: [known],
    privateSubnetRouteTableIds: [known],
  });
}

function useSubnetsOfParameter(stack: Stack, group: autoscaling.AutoScalingGroup): void {
  const description = 'Private subnets of the network, best in two zones or more, from which the control plane can be reached.';
  const subnetIds = new CfnParameter(stack, parameters.subnetIds, { type: 'List<AWS::EC2::Subnet::Id>', description }).valueAsList;
  (group.node.defaultChild as autoscaling.CfnAutoScalingGroup).vpcZoneIdentifier = subnetIds;
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

function controlPlaneParameter(stack: Stack): string {
  const description = 'host:port of the control plane.';
  const { controlPlaneAddress: name } = parameters;
  return templateParameter(stack, name, HOST_AND_PORT, description, DEFAULT_CONTROL_PLANE_ADDRESS).valueAsString;
}

function putOut(stack: Stack, { role, autoScalingGroup, logGroup, node }: Ec2Runner): void {
  templateOutput(stack, outputs.roleArn, role.roleArn, "ARN of the runners' role: what a proxy role in another account must trust");
  templateOutput(stack, outputs.autoScalingGroupName, autoScalingGroup.autoScalingGroupName, 'Group that keeps the instances running');
  if (logGroup !== undefined) {
    templateOutput(stack, outputs.logGroupName, logGroup.logGroupName, 'Where the runners log to');
  }
  for (const name of [outputs.logsCommand, outputs.doctorCommand, outputs.updateCommand]) {
    const command = node.tryFindChild(name);
    if (command instanceof CfnOutput) {
      command.overrideLogicalId(name);
    }
  }
}
