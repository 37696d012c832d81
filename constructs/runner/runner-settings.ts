import type { Duration } from 'aws-cdk-lib';

/** How much a runner logs. Each level holds those below it. */
export enum RunnerLogLevel {
  /** Everything, the steps of each protocol included. For a short time only. */
  TRACE = 'trace',
  /** What helps to find a fault. */
  DEBUG = 'debug',
  /** What happens: the default. */
  INFO = 'info',
  /** What may be wrong. */
  WARN = 'warn',
  /** What went wrong. */
  ERROR = 'error',
}

/**
 * What of a runner's settings has a default, the same on every host. Each becomes an environment variable; where a property is left out,
 * the runtime's own default holds. None of them is a secret.
 */
export interface RunnerOptions {
  /**
   * `host:port` of the control plane, reached with TLS: the variable `AXIOM_ACTIONS_ADDRESS_AND_PORT`.
   * @default 'axiomactions.axiom.security:443'
   */
  readonly controlPlaneAddress?: string;

  /**
   * Temporal namespace: the variable `AXIOM_NAMESPACE`.
   * @default - the tenant id
   */
  readonly temporalNamespace?: string;

  /**
   * Temporal task queue that the runner takes tasks from: the variable `AXIOM_TASK_QUEUE`.
   * @default - the runner group id
   */
  readonly taskQueue?: string;

  /**
   * Task queue that results are delivered to: the variable `WORKFLOW_RESULT_TASK_QUEUE`.
   * @default 'AxiomWorkflowResultHandlerTaskQueue'
   */
  readonly resultTaskQueue?: string;

  /**
   * Activity that takes a result: the variable `WORKFLOW_RESULT_ACTIVITY_NAME`.
   * @default 'HandleWorkflowResult'
   */
  readonly resultActivityName?: string;

  /**
   * Region of the integration secrets: the variable `AWS_SECRETS_MANAGER_REGION`.
   * @default - the region that the runner is deployed to
   */
  readonly secretStoreRegion?: string;

  /**
   * Public key that every task must be signed with, as the JSON text of a JWK or JWK set (RFC 7517): the variable
   * `AXIOM_TASK_VERIFICATION_KEY`.
   * @default - tasks need no signature
   */
  readonly taskVerificationKey?: string;

  /**
   * Keys, or issuers that sign keys, to which credentials may be sealed, as the JSON text of a JWK set: the variable
   * `RUNNER_RECIPIENT_KEYS`.
   * @default - the recipient that the task names
   */
  readonly recipientKeys?: string;

  /**
   * Longest access that the runner grants, whole seconds: the variable `RUNNER_MAX_DURATION`.
   * @default Duration.days(30)
   */
  readonly maxAccessDuration?: Duration;

  /**
   * The systems that tasks may touch, each `<type>/<id>` or `<type>/<id>:<permission>`: the variable `RUNNER_ALLOWED`. An empty list is
   * refused, because the runner would take it for all systems.
   * @default - all whose secret the runner can read
   */
  readonly allowed?: string[];

  /**
   * Cedar policies that every task must pass, as text of at most 16 KB: the variable `RUNNER_POLICY`.
   * @default - no policies
   * @see https://docs.cedarpolicy.com
   */
  readonly policy?: string;

  /**
   * Tasks that one runner works on at once, 1 to 1000: the variable `RUNNER_MAX_CONCURRENT_TASKS`.
   * @default 50
   */
  readonly maxConcurrentTasks?: number;

  /**
   * How much the runner logs: the variable `RUNNER_LOG_LEVEL`.
   * @default RunnerLogLevel.INFO
   */
  readonly logLevel?: RunnerLogLevel;

  /**
   * HTTP proxy for the control plane and for every HTTPS call, `http://host:port`: the variable `HTTPS_PROXY`.
   * Databases are reached directly.
   * @default - no proxy
   */
  readonly httpsProxy?: string;

  /**
   * Hosts that are reached without the proxy: the variable `NO_PROXY`.
   * @default - none
   */
  readonly noProxy?: string[];

  /**
   * PEM text of further CAs that every outgoing TLS connection trusts, at most 16 KB: the variable `RUNNER_CA_CERTIFICATES`.
   * @default - the CAs of the operating system and of Node
   */
  readonly caCertificates?: string;

  /**
   * Further environment variables, which everybody may read who may look at the host. Refused are a variable that a property sets,
   * `RUNNER_API_KEY`, AWS's own credentials, and references to secrets.
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };
}

/** Settings of a runner that are the same on every host. */
export interface RunnerSettings extends RunnerOptions {
  /** Tenant id, as the platform shows it: the variable `TENANT_ID`. */
  readonly tenantId: string;

  /** Id of the runner group: the variable `RUNNER_GROUP_ID`. All runners of a group share its work. */
  readonly runnerGroupId: string;
}
