import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { invalidSetting } from '../checks/setting-check';

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
    const { strategies } = this.config;
    if (strategies !== undefined && !strategies.some(({ weight }) => weight !== undefined && weight > 0)) {
      const allowed = 'one capacity provider or more, of which one has a weight above 0';
      throw invalidSetting(scope, 'capacity', 'without a weight', allowed, 'Write for example { capacityProvider: name, weight: 1 }.');
    }
    return this.config;
  }
}
