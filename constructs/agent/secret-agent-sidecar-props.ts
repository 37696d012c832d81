import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecretsManagerProxyRole } from '../roles/secrets-manager-proxy-role';
import type { RunnerArchitecture, RunnerImage } from '../runner/runner-image';
import type { RotationEvents } from './rotation-events';

/** Settings of a `SecretAgentSidecar`. */
export interface SecretAgentSidecarProps {
  /** The task that the agent is added to, for Linux, on Fargate or EC2. Its role gets the agent's permissions. */
  readonly taskDefinition: ecs.TaskDefinition;

  /** The image of this project. The vendor's published image has no agent in it. */
  readonly image: RunnerImage;

  /**
   * The configuration, in the words of `agent.yaml`, without `listen` and `state`, which the sidecar sets. It adds the token files of the
   * applications, the queue of `rotationEvents`, the proxy role and the sink of the audit trail, where this says nothing of them.
   * @default - the defaults of the agent
   */
  readonly config?: { readonly [section: string]: unknown };

  /**
   * The secrets that the agent may read. With a proxy role, that role reads them instead.
   * @default - none: grant the task's role what it needs
   */
  readonly secrets?: secretsmanager.ISecret[];

  /**
   * The proxy role for secrets in another account. It must trust the role of the task. What it was made for are the secrets under
   * `axiom-security/`.
   * @default - the secrets are in the task's account
   */
  readonly proxyRole?: ISecretsManagerProxyRole;

  /**
   * The queue that tells the agent of rotations. Only for a service of one task: several tasks would get a part of the messages each.
   * @default - rotations are noticed when `cache.ttl` is over, or by `rotation.schedules`
   */
  readonly rotationEvents?: RotationEvents;

  /**
   * Processors that the task runs on.
   * @default RunnerArchitecture.X86_64
   */
  readonly architecture?: RunnerArchitecture;

  /**
   * Where the audit trail goes: the task's own disk is gone with the task.
   * @default - a new log group, unless `config` has `audit.sinks`
   */
  readonly auditLogGroup?: logs.ILogGroup;

  /**
   * How long new log groups keep their records: the agent's log and the audit trail.
   * @default logs.RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * Key that new log groups are encrypted with. Its policy is extended, so that CloudWatch Logs may use it.
   * @default - the key of CloudWatch Logs
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * What becomes of new log groups when they leave the stack.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Memory that is kept for the agent, MiB: 64 to 30720.
   * @default 128
   */
  readonly memoryReservationMiB?: number;

  /**
   * Memory that the agent may not exceed, MiB: `memoryReservationMiB` to 30720. The cache alone may take `cache.max_bytes` of it.
   * @default 384
   */
  readonly memoryLimitMiB?: number;

  /**
   * CPU units that the agent gets when the task is busy; 1024 are one vCPU.
   * @default - a small share
   */
  readonly cpu?: number;
}

/** An application that asks the agent. */
export interface SecretAgentApplicationProps {
  /** Name of the application: letters, digits and `_.-`. */
  readonly application: string;

  /**
   * What it may have: ids of secrets, all below a prefix (`prod/*`), or all (`*`).
   * @default - what `config.applications` or an earlier container of the application says
   */
  readonly allow?: string[];
}
