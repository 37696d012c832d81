import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { EcsRunner, type EcsRunnerCapacity, type RunnerArchitecture, type RunnerImage } from '../constructs';
import { acknowledgeFinding } from '../constructs/checks/cdk-nag-acknowledgement';
import { ECR_IMAGE_URI, ECS_RUNNER_TEMPLATE } from '../contract/runner-templates';
import { runnerHostSettings } from './runner-host-settings';
import { runnerNetwork } from './runner-network';
import { runnerOutputs } from './runner-outputs';
import type { RunnerNetworkProps, RunnerStackProps } from './runner-stack-props';
import { hideConstructPaths, standalone } from './standalone-template';
import { imageOfUri } from './template-image';
import { templateParameter } from './template-sections';

const { parameters, outputs } = ECS_RUNNER_TEMPLATE;
const MOST_TASKS = 100;

/** Settings of an `EcsRunnerStack`. What is left out becomes a parameter of the template, unless its default says otherwise. */
export interface EcsRunnerStackProps extends RunnerStackProps, RunnerNetworkProps {
  /**
   * The image that the tasks run. With an image that is built as an asset, the stack needs a bootstrapped environment.
   * @default - the template's parameter `ImageUri`
   */
  readonly image?: RunnerImage;

  /**
   * Number of tasks.
   * @default - the template's parameter `DesiredCount`, by default 2
   */
  readonly desiredCount?: number;

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
 * Runners on Amazon ECS, in private subnets.
 * Without `image` and `newVpc` it needs no bootstrapped environment, and its template is a file that anybody can launch.
 */
export class EcsRunnerStack extends Stack {
  /** The runners. */
  public readonly runner: EcsRunner;

  constructor(scope: Construct, id: string, props: EcsRunnerStackProps = {}) {
    const description = 'Axiom Runner on Amazon ECS';
    const isFile = props.image === undefined && props.newVpc !== true;
    super(scope, id, isFile ? standalone(props, description) : { description, ...props });
    hideConstructPaths(this);
    const settings = runnerHostSettings(this, parameters, props);
    const image = props.image ?? imageOfUri(imageParameter(this));
    const { vpc, subnetIds } = runnerNetwork(this, parameters, props);
    this.runner = new EcsRunner(this, 'Runner', {
      ...settings,
      image,
      vpc,
      vpcSubnets: props.vpcSubnets,
      desiredCount: props.desiredCount ?? countParameter(this),
      capacity: props.capacity,
      architecture: props.architecture,
    });
    if (props.image === undefined) {
      const reason = 'The rule cannot read the name of the repository, which is taken out of a parameter. It has no wildcard.';
      acknowledgeFinding(this.runner.taskDefinition.obtainExecutionRole(), 'AwsSolutions-IAM5', reason);
    }
    if (subnetIds !== undefined) {
      useSubnets(this.runner.service, subnetIds);
    }
    const { cluster, service } = this.runner;
    runnerOutputs(this, outputs, this.runner, [
      { name: outputs.clusterName, value: cluster.clusterName, description: 'Cluster that the tasks run in' },
      { name: outputs.serviceName, value: service.serviceName, description: 'Service that keeps the tasks running' },
    ]);
  }
}

function imageParameter(stack: Stack): string {
  const description = 'The image that the tasks run, for x86_64, in Amazon ECR of this region.';
  return templateParameter(stack, parameters.imageUri, ECR_IMAGE_URI, description).valueAsString;
}

function countParameter(stack: Stack): number {
  const description = 'Number of tasks. With two, accesses end on time while one is replaced; 0 pauses the runner.';
  return new CfnParameter(stack, parameters.desiredCount, { type: 'Number', default: 2, minValue: 0, maxValue: MOST_TASKS, description })
    .valueAsNumber;
}

function useSubnets({ node: { children } }: ecs.BaseService, subnetIds: string[]): void {
  const [service] = children.filter((child) => child instanceof ecs.CfnService);
  service?.addPropertyOverride('NetworkConfiguration.AwsvpcConfiguration.Subnets', subnetIds);
}
