import { join } from 'node:path';
import { makeTelemetryFilterString, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/** A worker with one workflow and one activity, and nothing else. Stops on SIGTERM. */
async function work(): Promise<void> {
  Runtime.install({ telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } } });
  const { ADDRESS: address = '', NAMESPACE: namespace = '', TASK_QUEUE: taskQueue = '' } = process.env;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: join(__dirname, 'workflow-bundle.js') },
    activities: { echo: async (text: string) => text },
  });
  await worker.run();
  await connection.close();
}

void work();
