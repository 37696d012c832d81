import { CfnOutput, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { EcsRunner, type EcsRunnerCapacity, type ISecretsManagerProxyRole, type RunnerArchitecture, type RunnerImage } from '../constructs';
import { acknowledgeFinding } from '../constructs/checks/cdk-nag-acknowledgement';
import { DEFAULT_CONTROL_PLANE_ADDRESS } from '../contract/environment';
import { HOST_AND_PORT, PLATFORM_ID } from '../contract/name-rules';
import { ECR_IMAGE_URI, ECS_RUNNER_TEMPLATE, SECRET_ARN } from '../contract/runner-templates';
import { proxyRoleIfGiven } from './proxy-role-if-given';
import { hideConstructPaths, standalone } from './standalone-template';
import { imageOfUri } from './template-image';
import { templateOutput, templateParameter } from './template-sections';

const { parameters, outputs } = ECS_RUNNER_TEMPLATE;
const MOST_TASKS = 100;

/** Settings of an `EcsRunnerStack`. What is left out becomes a parameter of the template, unless its default says otherwise. */
export interface EcsRunnerStackProps extends StackProps {
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
   * The image that the tasks run. With an image that is built as an asset, the stack needs a bootstrapped environment.
   * @default - the template's parameter `ImageUri`
   */
  readonly image?: RunnerImage;

  /**
   * Network of the tasks.
   * @default - the template's parameters `VpcId` and `SubnetIds`
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the tasks in `vpc`. Public ones are refused.
   * @default - the private subnets with a way out, else the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Number of tasks.
   * @default - the template's parameter `DesiredCount`, by default 2
   */
  readonly desiredCount?: number;

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
   * What the tasks run on.
   * @default EcsRunnerCapacity.fargate()
   */
  readonly capacity?: EcsRunnerCapacity;

  /**
   * Processors that the tasks run on.
   * @default RunnerArchitecture.X86_64
   */
  readonly architecture?: RunnerArchitecture;
}

/**
 * Runners on Amazon ECS, in private subnets of a network that exists.
 * Without `image` it needs no bootstrapped environment, and its template is a file that anybody can launch.
 */
export class EcsRunnerStack extends Stack {
  /** The runners. */
  public readonly runner: EcsRunner;

  constructor(scope: Construct, id: string, props: EcsRunnerStackProps = {}) {
    const description = 'Axiom Runner on Amazon ECS';
    super(scope, id, props.image === undefined ? standalone(props, description) : { description, ...props });
    hideConstructPaths(this);
    this.runner = new EcsRunner(this, 'Runner', {
      tenantId: props.tenantId ?? tenantParameter(this),
      runnerGroupId: props.runnerGroupId ?? runnerGroupParameter(this),
      apiKeySecret: props.apiKeySecret ?? apiKeySecretOfParameter(this),
      image: props.image ?? imageOfUri(imageParameter(this)),
      vpc: props.vpc ?? networkOfParameters(this),
      vpcSubnets: props.vpcSubnets,
      desiredCount: props.desiredCount ?? countParameter(this),
      controlPlaneAddress: props.controlPlaneAddress ?? controlPlaneParameter(this),
      proxyRole: props.proxyRole ?? proxyRoleIfGiven(this, parameters.proxyRoleArn, parameters.proxyRoleExternalId),
      capacity: props.capacity,
      architecture: props.architecture,
    });
    if (props.image === undefined) {
      const reason = 'The rule cannot read the name of the repository, which is taken out of a parameter. It has no wildcard.';
      acknowledgeFinding(this.runner.taskDefinition.obtainExecutionRole(), 'AwsSolutions-IAM5', reason);
    }
    if (props.vpc === undefined) {
      useSubnetsOfParameter(this.runner.service, this.node.findChild(parameters.subnetIds) as CfnParameter);
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

function imageParameter(stack: Stack): string {
  const description = 'The image that the tasks run, for x86_64, in Amazon ECR of this region.';
  return templateParameter(stack, parameters.imageUri, ECR_IMAGE_URI, description).valueAsString;
}

function controlPlaneParameter(stack: Stack): string {
  const description = 'host:port of the control plane.';
  const { controlPlaneAddress: name } = parameters;
  return templateParameter(stack, name, HOST_AND_PORT, description, DEFAULT_CONTROL_PLANE_ADDRESS).valueAsString;
}

function countParameter(stack: Stack): number {
  const description = 'Number of tasks. With two, accesses end on time while one is replaced; 0 pauses the runner.';
  return new CfnParameter(stack, parameters.desiredCount, { type: 'Number', default: 2, minValue: 0, maxValue: MOST_TASKS, description })
    .valueAsNumber;
}

/** The network as far as a construct needs it: which subnets it has is a list that only CloudFormation knows. */
function networkOfParameters(stack: Stack): ec2.IVpc {
  const vpcId = new CfnParameter(stack, parameters.vpcId, { type: 'AWS::EC2::VPC::Id', description: 'Network of the tasks.' });
  const description = 'Private subnets of the network, best in two zones or more, from which the control plane can be reached.';
  new CfnParameter(stack, parameters.subnetIds, { type: 'List<AWS::EC2::Subnet::Id>', description });
  const later = 'known at deployment';
  return ec2.Vpc.fromVpcAttributes(stack, 'Network', {
    vpcId: vpcId.valueAsString,
    availabilityZones: [later],
    privateSubnetIds: [later],
    privateSubnetRouteTableIds: [later],
  });
}

function useSubnetsOfParameter({ node: { children } }: ecs.BaseService, subnetIds: CfnParameter): void {
  const [service] = children.filter((child) => child instanceof ecs.CfnService);
  service?.addPropertyOverride('NetworkConfiguration.AwsvpcConfiguration.Subnets', subnetIds.valueAsList);
}

function putOut(stack: Stack, { role, cluster, service, logGroup, node }: EcsRunner): void {
  templateOutput(stack, outputs.roleArn, role.roleArn, "ARN of the runners' role: what a proxy role in another account must trust");
  templateOutput(stack, outputs.clusterName, cluster.clusterName, 'Cluster that the tasks run in');
  templateOutput(stack, outputs.serviceName, service.serviceName, 'Service that keeps the tasks running');
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
