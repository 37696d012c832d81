import { Duration, Lazy, Size } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import {
  AGENT_APPLICATION_IN_KUBERNETES,
  AGENT_ARGUMENTS,
  AGENT_CONTAINER,
  AGENT_ENVIRONMENT,
  AGENT_HEALTH_COMMAND,
  AGENT_PORT,
  AGENT_SHARED_FOLDER,
  AGENT_TOKEN_FILE,
  DEFAULT_AGENT_CPU_MILLIS,
  DEFAULT_AGENT_MEMORY_MIB,
  DEFAULT_AGENT_STATE,
} from '../../contract/agent';
import { RUNNER_USER, SCRATCH_FOLDER } from '../../contract/image';
import { IMAGE_REFERENCE } from '../../contract/name-rules';
import { checkedSetting, invalidSetting } from '../checks/setting-check';
import { withoutReferences } from '../kubernetes/runner-pod';
import { AgentConfiguration } from './agent-configuration';
import type { SecretAgentApplicationProps } from './secret-agent-sidecar-props';

/** Settings of a `SecretAgentPodSidecar`. */
export interface SecretAgentPodSidecarProps {
  /**
   * What the agent is added to: a Deployment, a StatefulSet, a Job, … of cdk8s-plus, with `securityContext: { fsGroup: 65532 }` or another
   * group, by which applications read their tokens. Its service account is the agent's identity in AWS.
   */
  readonly workload: kplus.AbstractPod;

  /** Reference of the image of this project, best with its digest. */
  readonly image: string;

  /**
   * The configuration, in the words of `agent.yaml`, without `listen` and `state`, which the sidecar sets. The sidecar adds the token files
   * of the applications. Name `audit.sinks`: the pod's own disk is gone with the pod.
   * @default - the defaults of the agent
   */
  readonly config?: { readonly [section: string]: unknown };

  /**
   * CPU that the agent asks for. There is no limit.
   * @default kplus.Cpu.millis(50)
   */
  readonly cpu?: kplus.Cpu;

  /**
   * Memory that the agent asks for, which is its limit too. The cache alone may take `cache.max_bytes` of it.
   * @default Size.mebibytes(384)
   */
  readonly memory?: Size;

  /**
   * Whether the agent is a sidecar of Kubernetes' own kind, which 1.29 and newer have: it is ready before the other containers start, ends
   * after them, and does not keep a Job from ending. Without, it is a container like the others, and applications have to wait for it.
   * @default true
   */
  readonly nativeSidecar?: boolean;
}

const TIMEOUT = Duration.seconds(5);
/** Kubelet can't ask by HTTP: it would do so by the pod's address, where the agent does not listen. */
const STARTED = kplus.Probe.fromCommand([...AGENT_HEALTH_COMMAND], {
  periodSeconds: Duration.seconds(2),
  timeoutSeconds: TIMEOUT,
  failureThreshold: 30,
});
const ALIVE = kplus.Probe.fromCommand([...AGENT_HEALTH_COMMAND], {
  periodSeconds: Duration.seconds(30),
  timeoutSeconds: TIMEOUT,
  failureThreshold: 3,
});

/**
 * The local secret agent as a container of a pod of cdk8s-plus: applications of the pod ask it by HTTP on loopback. It keeps to the Pod
 * Security Standard "restricted". Its cache and its state end with the pod.
 *
 * Each application gets a volume in memory with its token, which no other application sees. There is no Service: whoever is not in the pod
 * can't reach the agent.
 *
 * The configuration stands in the pod's template, not in a ConfigMap: so a change of it is rolled out, and rolled back, as one of the image is.
 */
export class SecretAgentPodSidecar extends Construct {
  /** The container of the agent. */
  public readonly container: kplus.Container;

  private readonly configuration: AgentConfiguration;
  private readonly volumes = new Map<string, kplus.Volume>();

  constructor(scope: Construct, id: string, props: SecretAgentPodSidecarProps) {
    super(scope, id);
    const { workload, config = {}, nativeSidecar = true } = props;
    if (workload.securityContext.fsGroup === undefined) {
      const fix = `Give the workload securityContext: { fsGroup: ${RUNNER_USER} }.`;
      throw invalidSetting(this, 'workload', 'without fsGroup', 'a workload whose containers have a group, which reads the tokens', fix);
    }
    this.configuration = new AgentConfiguration(this, config, {}, AGENT_APPLICATION_IN_KUBERNETES);
    const container = this.containerProps(props);
    this.container = nativeSidecar
      ? workload.addInitContainer({ ...container, restartPolicy: kplus.ContainerRestartPolicy.ALWAYS })
      : workload.addContainer(container);
    this.container.mount(DEFAULT_AGENT_STATE, this.volume('state', Size.gibibytes(1)));
    this.container.mount(SCRATCH_FOLDER, this.volume('scratch', Size.mebibytes(64)));
  }

  /**
   * Lets a container ask the agent: it finds where the agent is and the file with its token in the variables `SEGURA_AGENT_ADDRESS` and
   * `SEGURA_AGENT_TOKEN_FILE`. The token is another one each time the agent starts: read the file again after a 401.
   * @param container of the same workload
   * @param props name of the application and what it may have
   */
  public mountInto(container: kplus.Container, props: SecretAgentApplicationProps): void {
    const { application, allow } = props;
    const folder = `${AGENT_SHARED_FOLDER}/${application}`;
    this.configuration.addApplication(application, allow, `${folder}/${AGENT_TOKEN_FILE}`);
    let volume = this.volumes.get(application);
    if (volume === undefined) {
      volume = this.volume(`of-${application}`, Size.mebibytes(1), kplus.EmptyDirMedium.MEMORY);
      this.volumes.set(application, volume);
      this.container.mount(folder, volume);
    }
    container.mount(AGENT_SHARED_FOLDER, volume, { readOnly: true });
    container.env.addVariable(AGENT_ENVIRONMENT.address, kplus.EnvValue.fromValue(`http://localhost:${AGENT_PORT}`));
    container.env.addVariable(AGENT_ENVIRONMENT.tokenFile, kplus.EnvValue.fromValue(`${AGENT_SHARED_FOLDER}/${AGENT_TOKEN_FILE}`));
  }

  private volume(name: string, sizeLimit: Size, medium?: kplus.EmptyDirMedium): kplus.Volume {
    return kplus.Volume.fromEmptyDir(this, name, `${AGENT_CONTAINER}-${name}`, { sizeLimit, medium });
  }

  private containerProps(props: SecretAgentPodSidecarProps): kplus.ContainerProps {
    const { cpu = kplus.Cpu.millis(DEFAULT_AGENT_CPU_MILLIS), memory = Size.mebibytes(DEFAULT_AGENT_MEMORY_MIB) } = props;
    // Applications may be added until the end.
    const configuration = Lazy.any({ produce: () => withoutReferences(JSON.stringify(this.configuration.toJson())) });
    return {
      name: AGENT_CONTAINER,
      image: checkedSetting(this, 'image', props.image, IMAGE_REFERENCE),
      imagePullPolicy: kplus.ImagePullPolicy.IF_NOT_PRESENT,
      args: [...AGENT_ARGUMENTS],
      envVariables: { [AGENT_ENVIRONMENT.inlineConfig]: kplus.EnvValue.fromValue(configuration) },
      startup: STARTED,
      liveness: ALIVE,
      resources: { cpu: { request: cpu }, memory: { request: memory, limit: memory } },
      securityContext: {
        user: RUNNER_USER,
        group: RUNNER_USER,
        capabilities: { drop: [kplus.Capability.ALL] },
        seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
      },
    };
  }
}
