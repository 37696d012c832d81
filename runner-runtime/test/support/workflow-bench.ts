import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startTemporal, stopAll, temporalTestServerPath } from '@axiom-runner/local-servers';
import type { Result } from '@axiom-runner/protocol';
import { ApplicationFailure, type WorkflowHandle, type WorkflowStartOptions } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import type { RunnerActivities } from '../../src/tasks/activity-types.js';

/** The bundled workflows, as they are shipped. */
export function workflowBundlePath(): string {
  const path = join(process.cwd(), 'runner-runtime/dist/workflow-bundle.js');
  if (!existsSync(path)) throw new Error('the workflows are not bundled yet: run npm run build -- runtime');
  return path;
}

/** Keeps the engine quiet in tests. */
export function quietEngine(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  });
}

/** What a starter sends: scripted steps do not look into it. */
export const ENVELOPE = { schemaVersion: 1, jws: 'x' };
const RESULT_QUEUE = 'results';

/** What a test does to a workflow while it lives. */
export type Act = (handle: WorkflowHandle) => Promise<unknown>;

/** Scripted steps: a test says what each activity does, the engine and the workflows are real. */
export type Script = Partial<RunnerActivities>;

/** A server whose time can be skipped, with a worker that runs the shipped workflows over scripted steps. */
export class WorkflowBench {
  readonly results: Result[] = [];
  readonly calls: string[] = [];
  #queues = 0;
  #started = 0;

  private constructor(readonly environment: TestWorkflowEnvironment) {}

  /** With a dev server, whose time runs as ours does: the time-skipping one knows no updates and stands still while a task waits for a worker. */
  static async createInRealTime(): Promise<WorkflowBench> {
    const { address } = await startTemporal();
    return new WorkflowBench(await TestWorkflowEnvironment.createFromExistingServer({ address }));
  }

  static async create(): Promise<WorkflowBench> {
    return new WorkflowBench(
      await TestWorkflowEnvironment.createTimeSkipping({
        server: { executable: { type: 'existing-path', path: await temporalTestServerPath() } },
      }),
    );
  }

  async teardown(): Promise<void> {
    await this.environment.teardown();
    await stopAll();
  }

  /** Stages reported so far, in order. */
  get stages(): string[] {
    return this.results.map(({ stage }) => stage);
  }

  /**
   * Runs `act` while the workers run.
   * @param listening whether somebody takes results
   */
  async during<T>(script: Script, act: (taskQueue: string) => Promise<T>, { listening = true } = {}): Promise<T> {
    this.results.length = 0;
    this.calls.length = 0;
    const taskQueue = `group-${this.#queues++}`;
    const runner = await Worker.create({
      connection: this.environment.nativeConnection,
      taskQueue,
      workflowBundle: { codePath: workflowBundlePath() },
      activities: this.#traced({
        ...DEFAULTS,
        resultAddress: async () => ({
          taskQueue: `${RESULT_QUEUE}-${taskQueue}`,
          activityName: 'HandleWorkflowResult',
          tenantId: 'acme',
          runnerGroupId: 'group',
        }),
        ...script,
      }),
    });
    if (!listening) return runner.runUntil(() => act(taskQueue));
    const control = await this.resultWorker(taskQueue);
    return control.runUntil(() => runner.runUntil(() => act(taskQueue)));
  }

  /** Starts a workflow of a type, lets `act` happen, and waits for its end. @returns its result, or the type of its failure */
  live(type: string, script: Script, act: Act = async () => undefined, options: Partial<WorkflowStartOptions> = {}): Promise<unknown> {
    return this.during(script, async (taskQueue) => {
      const handle = await this.start(type, taskQueue, options);
      await act(handle);
      return handle.result().catch((error: Error) => (error.cause instanceof ApplicationFailure ? error.cause.type : error.name));
    });
  }

  /** Starts a workflow of a type under an id of its own. */
  start(type: string, taskQueue: string, options: Partial<WorkflowStartOptions> = {}): Promise<WorkflowHandle> {
    const workflowId = `request-${this.#started++}`;
    return this.environment.client.workflow.start(type, { taskQueue, workflowId, args: [ENVELOPE], ...options });
  }

  /** Waits until the control plane has heard of the grant. */
  readonly untilGranted: Act = async (handle) => {
    while (!this.stages.includes('granted')) await new Promise((resolve) => setTimeout(resolve, 20));
    await handle.query('status');
  };

  /** The control plane's side of the result queue of a task queue. */
  resultWorker(taskQueue: string): Promise<Worker> {
    return Worker.create({
      connection: this.environment.nativeConnection,
      taskQueue: `${RESULT_QUEUE}-${taskQueue}`,
      activities: {
        HandleWorkflowResult: async (result: Result) => {
          this.results.push(result);
        },
      },
    });
  }

  #traced(activities: RunnerActivities): Record<string, (...args: never[]) => Promise<unknown>> {
    return Object.fromEntries(
      Object.entries(activities).map(([name, activity]) => [
        name,
        (...args: never[]) => {
          if (name !== 'resultAddress') this.calls.push(name);
          return (activity as (...args: never[]) => Promise<unknown>)(...args);
        },
      ]),
    );
  }
}

export const ACCESS = {
  target: { kind: 'database', path: ['app'] },
  principal: { kind: 'role', id: 'alice' },
  permission: 'Read',
  expiresAt: 4_000_000_000,
};

export const SYSTEM = { type: 'postgresql', id: 'db.example.com' };
export const PLANNED = { system: SYSTEM, intent: 'intent-1', access: ACCESS };

const unscripted = async (): Promise<never> => {
  throw new Error('not scripted');
};

const DEFAULTS: RunnerActivities = {
  resultAddress: unscripted,
  planAccess: async () => PLANNED,
  applyAccess: async () => ({ access: ACCESS, remainingMs: 3_600_000 }),
  extendAccess: async () => ({
    system: SYSTEM,
    intent: 'intent-2',
    access: { ...ACCESS, expiresAt: ACCESS.expiresAt + 60 },
    remainingMs: 7_200_000,
  }),
  revertAccess: async () => ({ actions: ['removed'], warnings: [] }),
  verifyAccess: async () => ({ observations: [{ question: 'is it there?', answer: 'no', at: 'now' }], proved: true, warnings: [] }),
  testConnection: async () => ({ system: SYSTEM, checks: [] }),
  admitCollection: async () => ({ system: SYSTEM, ticket: 'ticket', previousCounts: {} }),
  collectPage: async () => ({ batch: '', counts: {}, warnings: [] }),
  sweepOrphans: async () => ({ systems: [] }),
};
