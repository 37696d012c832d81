import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';

const options = { startToCloseTimeout: '10 seconds' } as const;
const { resultQueue, fail } = proxyActivities<{ resultQueue(): Promise<string>; fail(task: unknown): Promise<void> }>(options);

/**
 * The shape of a runner's task, and nothing in it: one activity that says where results go, beside one that does the work and fails for
 * good, then one on the queue of results; the workflow ends with the failure.
 */
export async function BareTask(task: unknown): Promise<void> {
  const queue = resultQueue();
  try {
    await fail(task);
  } catch {
    const { HandleWorkflowResult } = proxyActivities<{ HandleWorkflowResult(result: unknown): Promise<void> }>({
      ...options,
      taskQueue: await queue,
    });
    await HandleWorkflowResult({ stage: 'failed' });
    throw ApplicationFailure.nonRetryable('failed');
  }
}
