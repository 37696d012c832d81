import { proxyActivities } from '@temporalio/workflow';

/**
 * What a hostile control plane can run on a queue of its own: it hands any input to any step of a runner.
 * Bundled for the engine's sandbox.
 */
export async function callStep(taskQueue: string, step: string, args: unknown[]): Promise<unknown> {
  const steps = proxyActivities<Record<string, (...args: unknown[]) => Promise<unknown>>>({
    taskQueue,
    startToCloseTimeout: '30 seconds',
    heartbeatTimeout: '10 seconds',
    retry: { maximumAttempts: 1 },
  });
  return steps[step]?.(...args);
}
