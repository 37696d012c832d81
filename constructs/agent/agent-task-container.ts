import { Duration, Size } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import {
  AGENT_ARGUMENTS,
  AGENT_CONTAINER,
  AGENT_ENVIRONMENT,
  AGENT_HEALTH_COMMAND,
  AGENT_SHARED_FOLDER,
  DEFAULT_AGENT_STATE,
} from '../../contract/agent';
import { RUNNER_USER, SCRATCH_FOLDER } from '../../contract/image';
import { RunnerContainerImage } from '../ecs/runner-task';
import type { RunnerImageConfig } from '../runner/runner-image';

/** What the agent's container is made of. */
interface AgentTaskContainerOptions {
  readonly image: RunnerImageConfig;
  readonly logGroup: logs.ILogGroup;
  readonly memoryReservationMiB: number;
  readonly memoryLimitMiB: number;
  readonly cpu?: number;
  readonly configuration: string;
}

/** The volume with the socket and the tokens. */
export const SHARED_VOLUME = `${AGENT_CONTAINER}-shared`;
/** Folders of the image that it declares as volumes: owner and mode of the mounts are theirs. */
const VOLUMES = {
  [SHARED_VOLUME]: AGENT_SHARED_FOLDER,
  [`${AGENT_CONTAINER}-state`]: DEFAULT_AGENT_STATE,
  [`${AGENT_CONTAINER}-scratch`]: SCRATCH_FOLDER,
};

/** Adds the agent to a task. */
export function agentContainer(taskDefinition: ecs.TaskDefinition, options: AgentTaskContainerOptions): ecs.ContainerDefinition {
  const { image, logGroup } = options;
  const linuxParameters = new ecs.LinuxParameters(taskDefinition, 'SecretAgentLinuxParameters', { initProcessEnabled: true });
  linuxParameters.dropCapabilities(ecs.Capability.ALL);
  const container = taskDefinition.addContainer(AGENT_CONTAINER, {
    containerName: AGENT_CONTAINER,
    image: new RunnerContainerImage(image.imageUri, image.repository),
    command: [...AGENT_ARGUMENTS],
    environment: { [AGENT_ENVIRONMENT.inlineConfig]: options.configuration },
    user: `${RUNNER_USER}:${RUNNER_USER}`,
    readonlyRootFilesystem: true,
    linuxParameters,
    // Fargate refuses this option. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
    dockerSecurityOptions: taskDefinition.isFargateCompatible ? undefined : ['no-new-privileges'],
    // Memory holds secrets.
    ulimits: [{ name: ecs.UlimitName.CORE, softLimit: 0, hardLimit: 0 }],
    cpu: options.cpu,
    memoryReservationMiB: options.memoryReservationMiB,
    memoryLimitMiB: options.memoryLimitMiB,
    essential: true,
    stopTimeout: Duration.seconds(30),
    healthCheck: {
      command: ['CMD', ...AGENT_HEALTH_COMMAND],
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      retries: 3,
      startPeriod: Duration.seconds(30),
    },
    logging: ecs.LogDrivers.awsLogs({
      logGroup,
      streamPrefix: AGENT_CONTAINER,
      // Applications must not wait for a log.
      mode: ecs.AwsLogDriverMode.NON_BLOCKING,
      maxBufferSize: Size.mebibytes(25),
    }),
  });
  for (const [name, containerPath] of Object.entries(VOLUMES)) {
    taskDefinition.addVolume({ name });
    container.addMountPoints({ sourceVolume: name, containerPath, readOnly: false });
  }
  return container;
}
