import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { AsyncCompletionClient } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { METRIC_PERIOD_SECONDS } from '../../../contract/metrics.js';
import { DRAIN_FORCE_SECONDS, DRAIN_GRACE_SECONDS } from '../../../contract/tasks.js';
import { asRunnerError, type RunnerError } from '../errors.js';
import { type Readiness, serveHealth } from '../operations/health-server.js';
import type { Logger } from '../operations/logger.js';
import type { Metrics } from '../operations/metrics.js';
import { readApiKey, WITHOUT_STATE_KEY } from '../systems/own-secrets.js';
import { AccessActivities } from './access-activities.js';
import { createActivities } from './activities.js';
import { asControlPlaneError, ControlPlaneError, connect, isConnectionError } from './connection.js';
import { ErrorShield } from './error-shield.js';
import { watchKey } from './key-watch.js';
import { ReadActivities } from './read-activities.js';
import { TaskTally } from './task-tally.js';
import type { WorkContext } from './work-context.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** What a runner is made of. */
export interface RunnerOptions {
  readonly context: WorkContext;
  readonly log: Logger;
  /** Takes what no log level may hold back: the start line, the records of steps, the figures. */
  readonly records: Logger;
  readonly metrics: Metrics;
  /** Reads the bundled workflows. */
  readonly workflows: () => string;
}

/** Routes the engine's own messages into the log, once a process, and leaves signals to us. */
export function installEngine(log: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message }) => (level === 'ERROR' ? log.error : log.warn)(message, { source: 'engine' })),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
}

/** A worker on the group's queue that comes back after every loss of its control plane, with its reaper, health and metrics. */
export class Runner {
  readonly #stopping = new AbortController();
  /** Outlives a connection: a step whose answer was lost with it is made again. */
  readonly #tasks: TaskTally;
  #worker: Worker | undefined;
  #started = false;

  constructor(private readonly options: RunnerOptions) {
    this.#tasks = new TaskTally(options.metrics, Date.now);
  }

  /** What `/readyz` shows. */
  readonly readiness = (): Readiness => {
    const worker = this.#worker?.getState() ?? 'DISCONNECTED';
    return { ready: worker === 'RUNNING', worker, overdueRevocations: this.options.context.reaper.overdue };
  };

  /** Works until {@link stop}; comes back only after the drain. */
  async run(): Promise<void> {
    const { context, log, records, metrics } = this.options;
    const { health } = context.settings;
    const stopHealth = health === undefined ? undefined : await serveHealth(health, this.readiness, metrics, log);
    const emit = () => {
      for (const record of metrics.embedded(Date.now())) records.info('metrics', record);
    };
    const embedded = setInterval(emit, METRIC_PERIOD_SECONDS * 1000);
    embedded.unref();
    context.reaper.start();
    try {
      await this.#workForEver();
    } finally {
      metrics.up(false);
      await context.reaper.stop();
      clearInterval(embedded);
      emit();
      await stopHealth?.();
      log.info('Stopped Axiom Runner');
    }
  }

  /** Stops taking tasks and lets running ones finish within the grace period. */
  stop(): void {
    this.#stopping.abort();
    if (this.#worker?.getState() === 'RUNNING') this.#worker.shutdown();
  }

  async #workForEver(): Promise<void> {
    const { log } = this.options;
    for (let wait = FIRST_PAUSE_MS; !this.#stopping.signal.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
      const startedAt = Date.now();
      const failure = await this.#workOnce().then(
        () => undefined,
        (error: unknown) => this.#explain(error),
      );
      if (Date.now() - startedAt > LONGEST_PAUSE_MS) wait = FIRST_PAUSE_MS;
      if (failure === undefined || this.#stopping.signal.aborted) continue;
      const code = failure instanceof ControlPlaneError ? `CONTROL_PLANE_${failure.kind.toUpperCase()}` : failure.code;
      const nextTryInMs = Math.round(wait * (0.8 + Math.random() * 0.4));
      log.error(failure.message, { code, mend: failure.mend, nextTryInMs });
      await pause(nextTryInMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  #explain(error: unknown): ControlPlaneError | RunnerError {
    const { controlPlane, namespace } = this.options.context.settings;
    if (error instanceof ControlPlaneError) return error;
    return isConnectionError(error) ? asControlPlaneError(error, controlPlane.address, namespace) : asRunnerError(error);
  }

  /** Connects with a freshly read key and works until the worker ends: by our stop, or by a refusal of the server. */
  async #workOnce(): Promise<void> {
    const { context, log, metrics } = this.options;
    const { settings, stores, redactor } = context;
    const { controlPlane, namespace, network } = settings;
    const readKey = () => readApiKey(settings, stores.own, redactor);
    const key = await readKey();
    const connection = await connect(controlPlane, network, key, namespace);
    const endWatch = watchKey({ connection, address: controlPlane.address, namespace, key, readKey, log });
    try {
      const worker = await this.#createWorker(connection);
      this.#worker = worker;
      const running = worker.run();
      if (this.#stopping.signal.aborted) worker.shutdown();
      metrics.up(true);
      this.#announce();
      await running;
    } finally {
      endWatch();
      metrics.up(false);
      await connection.close().catch(() => undefined);
    }
  }

  #createWorker(connection: NativeConnection): Promise<Worker> {
    const { context, log, records, metrics, workflows } = this.options;
    const { settings, systems, reaper, guard, documents } = context;
    const { tenantId, runnerGroupId, namespace, maxConcurrentTasks } = settings;
    const group = { tenantId, runnerGroupId };
    return Worker.create({
      connection,
      namespace,
      taskQueue: settings.taskQueue,
      identity: workerId(),
      workflowBundle: { code: workflows() },
      activities: {
        ...createActivities({
          access: new AccessActivities({ guard, documents, systems, group, reaper, now: Date.now }),
          reads: new ReadActivities({ guard, documents, systems, reaper, now: Date.now }),
          resultAddress: { ...settings.results, ...group },
          heartbeats: new AsyncCompletionClient({ connection, namespace }),
          log,
          records,
          metrics,
          tasks: this.#tasks,
        }),
      },
      interceptors: { activity: [() => ({ inbound: new ErrorShield() })] },
      maxConcurrentActivityTaskExecutions: maxConcurrentTasks,
      shutdownGraceTime: `${DRAIN_GRACE_SECONDS}s`,
      shutdownForceTime: `${DRAIN_FORCE_SECONDS}s`,
    });
  }

  /** The published start line first, then what a person should know. */
  #announce(): void {
    const { context, log, records } = this.options;
    const { namespace, taskQueue, stateKeySecretId, verificationKeys, allowed } = context.settings;
    records.info(`Started Axiom Runner Namespace = ${namespace} | TaskQueue = ${taskQueue} | WorkerID = ${workerId()} |`);
    if (this.#started) return;
    this.#started = true;
    if (stateKeySecretId === undefined) log.warn(WITHOUT_STATE_KEY);
    if (verificationKeys === undefined)
      log.warn('AXIOM_TASK_VERIFICATION_KEY is not set: whoever can write to the task queue can give tasks to this runner.');
    if (allowed === undefined)
      log.warn(
        'RUNNER_ALLOWED is not set: tasks may touch every system, and the reaper watches only systems that tasks have touched since this start.',
      );
  }
}

/** `<pid>@<host>@`, as in the published start line. */
export function workerId(): string {
  return `${process.pid}@${hostname()}@`;
}
