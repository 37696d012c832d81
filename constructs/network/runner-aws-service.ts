/** A service of AWS that a runner or its host calls. The value is the last part of the name of its VPC endpoint. */
export enum RunnerAwsService {
  /** Integration secrets, API key and state key. */
  SECRETS_MANAGER = 'secretsmanager',
  /** Assuming the proxy role, and the role of a service account. */
  STS = 'sts',
  /** Where the log goes. */
  LOGS = 'logs',
  /** Access to images in Amazon ECR. */
  ECR_API = 'ecr.api',
  /** Manifests of images in Amazon ECR. */
  ECR_DOCKER = 'ecr.dkr',
  /** Layers of images, deployment assets, and packages of Amazon Linux. A gateway endpoint, free of charge. */
  S3 = 's3',
  /** The ledger. A gateway endpoint, free of charge. */
  DYNAMODB = 'dynamodb',
  /** Metrics of an instance's memory and disk. */
  MONITORING = 'monitoring',
  /** Signals of an instance that it has started. */
  CLOUDFORMATION = 'cloudformation',
  /** Systems Manager: registration of an instance. */
  SSM = 'ssm',
  /** Systems Manager: sessions on instances and in tasks. */
  SSM_MESSAGES = 'ssmmessages',
  /** Systems Manager: commands to instances whose agent is older than 3.3.40. */
  EC2_MESSAGES = 'ec2messages',
}

/** What changes the list of services that a host calls. */
export interface RunnerHostServicesOptions {
  /**
   * Whether the host has a ledger.
   * @default false
   */
  readonly ledger?: boolean;

  /**
   * Whether people open sessions on the host: Session Manager on an instance, ECS Exec in a task.
   * @default false
   */
  readonly sessions?: boolean;
}

const OF_EVERY_RUNNER = [RunnerAwsService.SECRETS_MANAGER, RunnerAwsService.STS];

/** The services of AWS that a kind of host calls: what isolated subnets need VPC endpoints for. */
export class RunnerHostServices {
  /**
   * Services that an `EcsRunner` calls.
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
   * @param options what the host has beyond the default
   */
  public static ecs(options: RunnerHostServicesOptions = {}): RunnerHostServices {
    const { LOGS, ECR_API, ECR_DOCKER, S3, SSM_MESSAGES } = RunnerAwsService;
    const sessions = options.sessions === true ? [SSM_MESSAGES] : [];
    return new RunnerHostServices([...OF_EVERY_RUNNER, LOGS, ECR_API, ECR_DOCKER, S3, ...sessions], options);
  }

  /**
   * Services that a runner on EC2 instances calls.
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html
   * @param options what the host has beyond the default
   */
  public static ec2(options: RunnerHostServicesOptions = {}): RunnerHostServices {
    const { LOGS, MONITORING, CLOUDFORMATION, S3, SSM, SSM_MESSAGES, EC2_MESSAGES } = RunnerAwsService;
    const sessions = options.sessions === true ? [SSM, SSM_MESSAGES, EC2_MESSAGES] : [];
    return new RunnerHostServices([...OF_EVERY_RUNNER, LOGS, MONITORING, CLOUDFORMATION, S3, ...sessions], options);
  }

  /**
   * Services that a runner in an EKS cluster calls by itself. What the cluster's nodes need is the cluster's business.
   * @see https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
   * @param options what the host has beyond the default
   */
  public static eks(options: RunnerHostServicesOptions = {}): RunnerHostServices {
    return new RunnerHostServices(OF_EVERY_RUNNER, options);
  }

  /** The services. */
  public readonly services: RunnerAwsService[];

  private constructor(services: readonly RunnerAwsService[], { ledger }: RunnerHostServicesOptions) {
    this.services = [...services, ...(ledger === true ? [RunnerAwsService.DYNAMODB] : [])];
  }
}
