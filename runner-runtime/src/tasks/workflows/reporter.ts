import type { Result, TaskError } from '@axiom-runner/protocol';
import { ApplicationFailure, CancellationScope, CancelledFailure, log, proxyActivities, workflowInfo } from '@temporalio/workflow';
import { RESULT_DELIVERY_DAYS } from '../../../../contract/tasks.js';
import type { ResultAddress } from '../activity-types.js';
import { collecting } from './proxies.js';
import { taskErrorOf } from './task-errors.js';

type Header = 'schemaVersion' | 'resultId' | 'requestId' | 'tenantId' | 'runnerGroupId' | 'type' | 'system';
type WithoutHeader<T> = T extends unknown ? Omit<T, Header> : never;
/** What a workflow reports; the reporter adds who and which. */
export type Report = WithoutHeader<Result>;

/** Deliveries that may be on their way at once before a collection waits. */
const MAX_IN_FLIGHT = 4;

/** Delivers results to the control plane. Delivery never gates the work: it starts at once and is awaited at the end. */
export class Reporter {
  readonly #address: Promise<ResultAddress>;
  readonly #inFlight = new Set<Promise<void>>();
  /** The system that the task is about, as soon as an activity has verified it. */
  system: Result['system'];

  /** @param sequence number of the next result, kept across continue-as-new */
  constructor(public sequence = 0) {
    this.#address = CancellationScope.nonCancellable(() => collecting.resultAddress());
    this.#address.catch(() => undefined);
  }

  /** Starts the delivery of a result. */
  report(report: Report): void {
    const number = this.sequence++;
    const delivery = CancellationScope.nonCancellable(() => this.#deliver(number, report)).catch((error: unknown) => {
      log.warn('a result was not delivered', { sequence: number, stage: report.stage, code: taskErrorOf(error).code });
    });
    this.#inFlight.add(delivery);
    void delivery.then(() => this.#inFlight.delete(delivery));
  }

  /** Waits until few enough deliveries are on their way. */
  async roomForOne(): Promise<void> {
    while (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight);
  }

  /** Waits for all deliveries. */
  async settled(): Promise<void> {
    await CancellationScope.nonCancellable(() => Promise.all(this.#inFlight));
  }

  /** Reports a failure, waits for its delivery, and ends the workflow with it. */
  async fail(error: unknown): Promise<never> {
    const taskError = taskErrorOf(error);
    this.report({ stage: 'failed', error: taskError });
    await this.settled();
    throw error instanceof CancelledFailure ? error : failureOf(taskError);
  }

  async #deliver(number: number, report: Report): Promise<void> {
    const address = await this.#address;
    const { workflowId, firstExecutionRunId, workflowType } = workflowInfo();
    const result = {
      schemaVersion: 1,
      resultId: `${workflowId}/${firstExecutionRunId}/${number}`,
      requestId: workflowId,
      tenantId: address.tenantId,
      runnerGroupId: address.runnerGroupId,
      type: workflowType,
      ...(this.system === undefined ? {} : { system: this.system }),
      ...report,
    } as Result; // Omit and spread of a union do not cancel out in the type system.
    const deliver = proxyActivities<Record<string, (result: Result) => Promise<void>>>({
      taskQueue: address.taskQueue,
      startToCloseTimeout: '30 seconds',
      scheduleToCloseTimeout: `${RESULT_DELIVERY_DAYS} days`,
      retry: { initialInterval: '1 second', maximumInterval: '5 minutes' },
    })[address.activityName];
    await deliver?.(result);
  }
}

/** The failure that a workflow ends with: code and our own text, no stack. */
export function failureOf(error: TaskError): ApplicationFailure {
  const failure = ApplicationFailure.create({ type: error.code, message: error.message, nonRetryable: true, details: [error] });
  failure.stack = '';
  return failure;
}
