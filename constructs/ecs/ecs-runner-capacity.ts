import { Token } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { checkedCount, invalidSetting } from '../checks/setting-check';

/** Where the tasks of an `EcsRunner` run. */
export interface EcsRunnerCapacityConfig {
  /** Whether the tasks run on AWS Fargate, and not on instances of the cluster. */
  readonly onFargate: boolean;

  /**
   * How tasks are spread over capacity providers.
   * @default - the launch type FARGATE
   */
  readonly strategies?: ecs.CapacityProviderStrategy[];
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html */
const MOST_WEIGHT = 1000;
const MOST_BASE = 100_000;

/** What the tasks of an `EcsRunner` run on. */
export abstract class EcsRunnerCapacity {
  /** AWS Fargate: no instances to look after. */
  public static fargate(): EcsRunnerCapacity {
    return new Capacity({ onFargate: true });
  }

  /**
   * AWS Fargate Spot, with one task on Fargate that AWS does not take back. A task that is taken back has two minutes, which is what a
   * runner needs to let its work go. A cluster of your own needs `enableFargateCapacityProviders`.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
   */
  public static fargateSpot(): EcsRunnerCapacity {
    const strategies: ecs.CapacityProviderStrategy[] = [
      // A provider of weight 0 places no tasks, its base included.
      { capacityProvider: 'FARGATE', base: 1, weight: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 99 },
    ];
    return new Capacity({ onFargate: true, strategies });
  }

  /**
   * EC2 instances that the capacity providers of a cluster bring. Their disk serves the tasks' scratch folders.
   * @param strategies names of the providers, of which one has a weight above 0
   */
  public static capacityProviders(strategies: ecs.CapacityProviderStrategy[]): EcsRunnerCapacity {
    return new Capacity({ onFargate: false, strategies });
  }

  /**
   * Called by the host that runs on the capacity.
   * @param scope the host
   */
  public abstract bind(scope: Construct): EcsRunnerCapacityConfig;
}

class Capacity extends EcsRunnerCapacity {
  constructor(private readonly config: EcsRunnerCapacityConfig) {
    super();
  }

  public bind(scope: Construct): EcsRunnerCapacityConfig {
    if (this.config.strategies !== undefined) {
      checkStrategies(scope, this.config.strategies);
    }
    return this.config;
  }
}

function checkStrategies(scope: Construct, strategies: readonly ecs.CapacityProviderStrategy[]): void {
  const refuse = (found: string, allowed: string) =>
    invalidSetting(scope, 'capacity', found, allowed, 'Write for example { capacityProvider: name, weight: 1 }.');
  for (const { capacityProvider, weight, base } of strategies) {
    if (capacityProvider.trim() === '') {
      throw refuse('a capacity provider without a name', 'the names of capacity providers');
    }
    checkedCount(scope, `capacity weight of ${capacityProvider}`, weight, 0, MOST_WEIGHT);
    checkedCount(scope, `capacity base of ${capacityProvider}`, base, 0, MOST_BASE);
  }
  if (!strategies.some(({ weight }) => weight !== undefined && (Token.isUnresolved(weight) || weight > 0))) {
    throw refuse('without a weight', 'one capacity provider or more, of which one has a weight above 0');
  }
  if (strategies.filter(({ base }) => base !== undefined && base !== 0).length > 1) {
    throw refuse('more than one base', 'one capacity provider with a base');
  }
}
