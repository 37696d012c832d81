import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct, Dependable, DependencyGroup, type IConstruct, type IDependable } from 'constructs';
import type { RunnerArchitecture } from '../runner/runner-image';
import type { EcsRunnerCapacityConfig } from './ecs-runner-capacity';
import type { EcsRunnerProps } from './ecs-runner-props';

const DEFAULT_COUNT = 2;
/** The list of a cluster's capacity providers, which is a resource of its own. */
const CAPACITY = ecs.CfnClusterCapacityProviderAssociations;

/** What a service of runners is made of. */
export interface RunnerServiceOptions {
  readonly cluster: ecs.ICluster;
  readonly taskDefinition: ecs.TaskDefinition;
  readonly capacity: EcsRunnerCapacityConfig;
  readonly architecture: RunnerArchitecture;
  readonly subnets: ec2.ISubnet[];
  readonly securityGroups: ec2.ISecurityGroup[];
}

/** The service that keeps the tasks running: a new one is healthy before an old one is stopped, and a failed deployment is taken back. */
export function runnerService(scope: Construct, props: EcsRunnerProps, options: RunnerServiceOptions): ecs.BaseService {
  const { cluster, taskDefinition, capacity, subnets, securityGroups } = options;
  const common = {
    cluster,
    taskDefinition,
    capacityProviderStrategies: capacity.strategies,
    vpcSubnets: { subnets },
    securityGroups,
    assignPublicIp: false,
    desiredCount: props.desiredCount ?? DEFAULT_COUNT,
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    enableExecuteCommand: props.enableExecuteCommand ?? false,
    propagateTags: ecs.PropagatedTagSource.SERVICE,
  };
  const service = capacity.onFargate
    ? new ecs.FargateService(scope, 'Service', { ...common, platformVersion: ecs.FargatePlatformVersion.LATEST })
    : new ecs.Ec2Service(scope, 'Service', {
        ...common,
        placementConstraints: [ecs.PlacementConstraint.memberOf(`attribute:ecs.cpu-architecture == ${options.architecture}`)],
        placementStrategies: [ecs.PlacementStrategy.spreadAcross(ecs.BuiltInAttributes.AVAILABILITY_ZONE)],
      });
  // The task role is a dependency already.
  service.node.addDependency(taskDefinition.obtainExecutionRole(), foundLater(scope, iam.Policy), foundLater(cluster, CAPACITY));
  return service;
}

/** A cluster for one host alone. */
export function newCluster(scope: Construct, { vpc }: EcsRunnerProps, { strategies }: EcsRunnerCapacityConfig): ecs.Cluster {
  return new ecs.Cluster(scope, 'Cluster', {
    vpc,
    containerInsightsV2: ecs.ContainerInsights.ENABLED,
    enableFargateCapacityProviders: strategies !== undefined,
  });
}

/**
 * The children of a kind that a construct has when it is synthesised, not yet now: granting single integration secrets takes the policy
 * for all of them away, and a cluster gets the list of its capacity providers at the end.
 */
function foundLater(parent: IConstruct, kind: abstract new (...args: never[]) => IConstruct): IDependable {
  const children = new DependencyGroup();
  Dependable.implement(children, {
    get dependencyRoots() {
      return parent.node.children.filter((child) => child instanceof kind);
    },
  });
  return children;
}
