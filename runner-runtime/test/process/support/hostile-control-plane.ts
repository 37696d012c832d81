import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Bench } from './bench.js';
import { historyToJson } from './history.js';
import { type End, endOf } from './tasks.js';

const QUEUE = 'hostile';

/** A control plane that dispatches steps of its own making to the runners of a group. */
export class HostileControlPlane {
  private constructor(
    private readonly bench: Bench,
    private readonly connection: NativeConnection,
    private readonly worker: Worker,
    private readonly running: Promise<void>,
  ) {}

  static async open(bench: Bench): Promise<HostileControlPlane> {
    const connection = await NativeConnection.connect({ address: bench.temporal.address });
    const worker = await Worker.create({
      connection,
      namespace: bench.temporal.namespace,
      taskQueue: QUEUE,
      workflowsPath: fileURLToPath(new URL('./hostile-workflows.ts', import.meta.url)),
    });
    return new HostileControlPlane(bench, connection, worker, worker.run());
  }

  /** Hands input to a step of the runner, in the name of any request. */
  step(requestId: string, name: string, ...args: readonly unknown[]): Promise<End> {
    return endOf(
      this.bench.link.client.workflow.execute('callStep', {
        taskQueue: QUEUE,
        workflowId: requestId,
        args: [this.bench.group.id, name, args],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      }),
    );
  }

  /** The sealed document that a step of a request's latest run answered with, as the history shows it to everybody who runs the server. */
  async answerOf(requestId: string, step: 'planAccess' | 'admitCollection'): Promise<string> {
    const { events } = historyToJson(await this.bench.link.client.workflow.getHandle(requestId).fetchHistory());
    const scheduled = events.find((event) => event.activityTaskScheduledEventAttributes?.activityType.name === step)?.eventId;
    const completed = events.find((event) => event.activityTaskCompletedEventAttributes?.scheduledEventId === scheduled);
    const [payload] = completed?.activityTaskCompletedEventAttributes?.result.payloads ?? [];
    const answer = JSON.parse(Buffer.from(payload?.data ?? '', 'base64').toString('utf8')) as Record<string, string>;
    return answer[step === 'planAccess' ? 'intent' : 'ticket'] ?? '';
  }

  async close(): Promise<void> {
    this.worker.shutdown();
    await this.running;
    await this.connection.close();
  }
}
