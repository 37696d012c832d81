import { Annotations, Lazy, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  AGENT_APPLICATION,
  AGENT_ENVIRONMENT,
  AGENT_PORT,
  AGENT_SHARED_FOLDER,
  AGENT_TOKEN_FILE,
  DEFAULT_AGENT_MEMORY_MIB,
  DEFAULT_AGENT_SOCKET,
} from '../../contract/agent';
import { RUNNER_USER } from '../../contract/image';
import { checkedCount, invalidSetting } from '../checks/setting-check';
import { RunnerArchitecture } from '../runner/runner-image';
import { runnerLogGroup } from '../runner/runner-log-group';
import { AgentConfiguration, section } from './agent-configuration';
import { agentContainer, SHARED_VOLUME } from './agent-task-container';
import type { SecretAgentApplicationProps, SecretAgentSidecarProps } from './secret-agent-sidecar-props';

const LEAST_MEMORY_MIB = 64;
const MOST_MEMORY_MIB = 30_720;
const DEFAULT_RESERVATION_MIB = 128;

/**
 * The local secret agent as a container of an ECS task, on Fargate or EC2: applications of the task ask it by HTTP on loopback. It runs as a
 * user that is not root, on a read-only file system, without capabilities. Its cache and its state end with the task.
 *
 * All containers that `mountInto` is called for see the tokens of each other: the containers of a task trust each other anyway, because they
 * have one role and one network.
 */
export class SecretAgentSidecar extends Construct {
  /** The container of the agent. */
  public readonly container: ecs.ContainerDefinition;

  /** What the agent logs. No secret and no token stands in it. */
  public readonly logGroup: logs.ILogGroup;

  /** Where the audit trail goes; none where `config` names other sinks. */
  public readonly auditLogGroup?: logs.ILogGroup;

  private readonly taskDefinition: ecs.TaskDefinition;
  private readonly configuration: AgentConfiguration;
  private readonly applications = new Set<string>();

  constructor(scope: Construct, id: string, props: SecretAgentSidecarProps) {
    super(scope, id);
    const { taskDefinition, config = {} } = props;
    this.taskDefinition = taskDefinition;
    const memoryReservationMiB = this.memory(
      'memoryReservationMiB',
      props.memoryReservationMiB ?? DEFAULT_RESERVATION_MIB,
      LEAST_MEMORY_MIB,
    );
    const memoryLimitMiB = this.memory('memoryLimitMiB', props.memoryLimitMiB ?? DEFAULT_AGENT_MEMORY_MIB, memoryReservationMiB);
    const image = props.image.bind(this, { architecture: props.architecture ?? RunnerArchitecture.X86_64 });
    if (image.compatibilityMode) {
      const fix = 'Use RunnerImage.fromAsset() or RunnerImage.fromEcr().';
      throw invalidSetting(this, 'image', 'the published image', 'an image of this project, which has the agent in it', fix);
    }
    this.logGroup = runnerLogGroup(this, props);
    this.auditLogGroup = this.auditLogGroupOf(props);
    this.configuration = new AgentConfiguration(this, config, this.additions(props), AGENT_APPLICATION);
    this.container = agentContainer(taskDefinition, {
      image,
      logGroup: this.logGroup,
      memoryReservationMiB,
      memoryLimitMiB,
      cpu: checkedCount(this, 'cpu', props.cpu, 1, Number.MAX_SAFE_INTEGER),
      // Applications may be added until the end.
      configuration: Lazy.string({ produce: () => Stack.of(this).toJsonString(this.configuration.toJson()) }),
    });
    this.grantWhatItNeeds(props);
  }

  /**
   * Lets a container ask the agent: it starts when the agent is healthy, and finds where the agent is and the file with its token in the
   * variables `SEGURA_AGENT_ADDRESS` and `SEGURA_AGENT_TOKEN_FILE`. The token is another one each time the task starts.
   * @param container of the same task. Its user must be root, or have the group 65532 to read the token: `user: '1000:65532'`
   * @param props name of the application and what it may have
   */
  public mountInto(container: ecs.ContainerDefinition, props: SecretAgentApplicationProps): void {
    const { application, allow } = props;
    if (container.taskDefinition !== this.taskDefinition) {
      throw invalidSetting(this, 'container', container.containerName, "a container of the agent's own task", 'Add an agent to its task.');
    }
    this.checkUser(container);
    const tokenFile = `${AGENT_SHARED_FOLDER}/${application}.${AGENT_TOKEN_FILE}`;
    this.configuration.addApplication(application, allow, tokenFile);
    this.applications.add(application);
    if (this.applications.size === 2) {
      Annotations.of(this).addWarningV2(
        'axiom-runner:sharedAgentTokens',
        'Containers of several applications see the tokens of each other. Give each a task of its own, or acknowledge that they trust each other.',
      );
    }
    container.addMountPoints({ sourceVolume: SHARED_VOLUME, containerPath: AGENT_SHARED_FOLDER, readOnly: true });
    container.addEnvironment(AGENT_ENVIRONMENT.address, this.address());
    container.addEnvironment(AGENT_ENVIRONMENT.tokenFile, tokenFile);
    container.addContainerDependencies({ container: this.container, condition: ecs.ContainerDependencyCondition.HEALTHY });
  }

  /** Loopback is one for all containers of a task, unless each has a network of its own. */
  private address(): string {
    const { AWS_VPC, HOST } = ecs.NetworkMode;
    return [AWS_VPC, HOST].includes(this.taskDefinition.networkMode) ? `http://localhost:${AGENT_PORT}` : DEFAULT_AGENT_SOCKET;
  }

  /** A user that the image itself chooses isn't known here. */
  private checkUser(container: ecs.ContainerDefinition): void {
    const { user } = container.renderContainerDefinition();
    if (user === undefined || /^(root|0)(:|$)/.test(user) || user.endsWith(`:${RUNNER_USER}`)) return;
    const fix = `Write user: '${user.split(':')[0]}:${RUNNER_USER}'.`;
    throw invalidSetting(this, 'container', `run as "${user}"`, `root, or the group ${RUNNER_USER}, which reads the token`, fix);
  }

  private memory(setting: string, value: number, least: number): number {
    return checkedCount(this, setting, value, least, MOST_MEMORY_MIB);
  }

  private auditLogGroupOf(props: SecretAgentSidecarProps): logs.ILogGroup | undefined {
    const hasSinks = section(this, 'config.audit', props.config?.['audit'])['sinks'] !== undefined;
    if (hasSinks && props.auditLogGroup !== undefined) {
      throw invalidSetting(this, 'auditLogGroup', 'given', 'nothing with config.audit.sinks', 'Leave one of the two out.');
    }
    return hasSinks ? undefined : (props.auditLogGroup ?? runnerLogGroup(new Construct(this, 'Audit'), props));
  }

  /** What the place where it runs adds to its configuration. */
  private additions({ proxyRole, rotationEvents }: SecretAgentSidecarProps) {
    const { region } = Stack.of(this);
    // Who opens the socket shares the folder, and needs a token nevertheless.
    const listen = { socket: { path: DEFAULT_AGENT_SOCKET, mode: '0666' } };
    const vault = { type: 'aws-secrets-manager', role_arn: proxyRole?.roleArn, external_id: proxyRole?.externalId };
    const queue = { queue_url: rotationEvents?.queueUrl, region: rotationEvents && Stack.of(rotationEvents).region };
    const sink = { type: 'cloudwatch', log_group: this.auditLogGroup?.logGroupName, region };
    return {
      listen,
      ...(proxyRole && { vault }),
      ...(rotationEvents && { rotation: { events: queue } }),
      ...(this.auditLogGroup && { audit: { sinks: [sink] } }),
    };
  }

  private grantWhatItNeeds({ secrets = [], proxyRole, rotationEvents }: SecretAgentSidecarProps): void {
    const { taskRole } = this.taskDefinition;
    for (const secret of secrets) secret.grantRead(taskRole);
    proxyRole?.grantAssume(taskRole);
    rotationEvents?.grantConsume(taskRole);
    this.auditLogGroup?.grantWrite(taskRole);
  }
}
