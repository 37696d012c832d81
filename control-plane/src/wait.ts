import { setTimeout as sleep } from 'node:timers/promises';
import { type Item, type Result, type TaskError, unpackItems } from '@axiom-runner/protocol';
import { type ControlPlaneError, failedError, unavailableError } from './errors.js';
import type { Home } from './home/home.js';
import { inOrder } from './home/result-store.js';

const POLL_MS = 50;

/** Choices for waiting. */
export interface WaitOptions {
  /** How long to wait, milliseconds. */
  readonly timeoutMs: number;
  /** Ends the waiting early. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each result of the request as it is seen, in order of arrival. */
  readonly onResult?: ((result: Result) => void) | undefined;
}

/** What is waited for: a task that was started. */
export interface WaitedTask {
  readonly requestId: string;
  readonly group: { readonly id: string; readonly name: string };
}

/**
 * Waits until a result of one of some stages is in the store, whoever puts it there.
 * @throws {ControlPlaneError} when the runner reports a failure, or no such result arrives in time
 */
export async function waitForStage<S extends Result['stage']>(
  home: Home,
  task: WaitedTask,
  stages: readonly S[],
  { timeoutMs, signal, onResult }: WaitOptions,
): Promise<Extract<Result, { stage: S }>> {
  const deadline = Date.now() + timeoutMs;
  let next = 0;
  for (;;) {
    const page = await home.results.read(task.group.id, next);
    next = page.next;
    for (const { result } of inOrder(page.entries.filter((entry) => entry.result.requestId === task.requestId))) {
      onResult?.(result);
      if (hasStage(result, stages)) return result;
      if (result.stage === 'failed') throw taskFailed(result.error);
    }
    if (signal?.aborted === true) throw stoppedWaiting(task);
    if (Date.now() >= deadline) throw nothingHeard(task, stages, timeoutMs);
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A finished collection. */
export interface Collection {
  readonly summary: Extract<Result, { stage: 'collected' }>['summary'];
  /** Every item, in the order of the batches; unpacked one batch at a time. */
  items(): AsyncGenerator<Item>;
}

/** Waits until a collection is complete: its summary and each of its batches, which may overtake each other. */
export async function waitForCollection(home: Home, task: WaitedTask, options: WaitOptions): Promise<Collection> {
  const deadline = Date.now() + options.timeoutMs;
  const { summary } = await waitForStage(home, task, ['collected'], options);
  for (;;) {
    const arrived = await countBatches(home, task);
    if (arrived >= summary.batches) break;
    if (options.signal?.aborted === true) throw stoppedWaiting(task);
    if (Date.now() >= deadline) {
      throw unavailableError(
        `Of ${summary.batches} batches of the collection ${task.requestId}, ${arrived} have arrived.`,
        'leave "axiomctl results serve" running, then see "axiomctl results items"',
      );
    }
    await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
  return { summary, items: () => collectedItems(home, task.group.id, task.requestId) };
}

/** Items of the batches of a collection that have arrived. */
export async function* collectedItems(home: Home, groupId: string, requestId: string): AsyncGenerator<Item> {
  for (const batch of await home.results.batches(groupId, requestId)) yield* unpackItems(batch.items);
}

/** A runner's error as an error of the command. */
export function taskFailed(error: TaskError): ControlPlaneError {
  const about = error.object === undefined ? '' : ` (${error.object})`;
  return failedError(`${error.code}: ${error.message}${about}`, error.mend, error.code);
}

async function countBatches(home: Home, task: WaitedTask): Promise<number> {
  return new Set((await home.results.batches(task.group.id, task.requestId)).map(({ sequence }) => sequence)).size;
}

function hasStage<S extends Result['stage']>(result: Result, stages: readonly S[]): result is Extract<Result, { stage: S }> {
  return stages.some((stage) => stage === result.stage);
}

function stoppedWaiting({ requestId }: WaitedTask): ControlPlaneError {
  return failedError(`Stopped waiting for ${requestId}; its task goes on.`, `see "axiomctl results --request ${requestId}" later`);
}

function nothingHeard(task: WaitedTask, stages: readonly string[], timeoutMs: number): ControlPlaneError {
  return unavailableError(
    `No runner of group ${task.group.name} (${task.group.id}) answered within ${Math.round(timeoutMs / 1000)} s: no result "${stages.join('" or "')}" of ${task.requestId}.`,
    'check that a runner of the group runs and that its log says "Started Axiom Runner"; a longer --timeout waits longer',
  );
}
