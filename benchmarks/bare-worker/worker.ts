import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { makeTelemetryFilterString, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/** A worker with one workflow and activities that do nothing. Stops on SIGTERM. */
async function work(): Promise<void> {
  Runtime.install({ telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } } });
  const { ADDRESS: address = '', NAMESPACE: namespace = '', TASK_QUEUE: taskQueue = '', RESULT_QUEUE: results = '' } = process.env;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: join(__dirname, 'workflow-bundle.js') },
    activities: {
      resultQueue: async () => results,
      fail: async () => {
        throw ApplicationFailure.nonRetryable('failed');
      },
      HandleWorkflowResult: async () => undefined,
    },
  });
  await worker.run();
  await connection.close();
}

void work();
