import { proxyActivities } from '@temporalio/workflow';

const { echo } = proxyActivities<{ echo(text: string): Promise<string> }>({ startToCloseTimeout: '10 seconds' });

/** The least that a worker can do: one activity. */
export async function Echo(text: string): Promise<string> {
  return echo(text);
}
