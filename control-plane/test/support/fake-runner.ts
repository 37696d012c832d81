import { fileURLToPath } from 'node:url';
import { assertInWindow, audience, packItems, readTask, sealCredential, type Task } from '@axiom-runner/protocol';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { JSONWebKeySet } from 'jose';
import { installRuntime } from '../../src/temporal/runtime.js';

let bundle: Promise<WorkflowBundle> | undefined;

/** Who the fake runner is, and whom it believes. */
export interface FakeRunnerOptions {
  readonly address: string;
  readonly namespace: string;
  readonly groupId: string;
  readonly apiKey?: string;
  readonly verificationKeys?: JSONWebKeySet;
}

/** Starts a worker that takes the tasks of a group and reports made-up results. @returns its stop */
export async function startFakeRunner({
  address,
  namespace,
  groupId,
  apiKey,
  verificationKeys,
}: FakeRunnerOptions): Promise<() => Promise<void>> {
  installRuntime();
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./fake-workflows.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
    // The sources import each other by the names of what they compile to.
    webpackConfigHook: (config) => ({ ...config, resolve: { ...config.resolve, extensionAlias: { '.js': ['.ts', '.js'] } } }),
  });
  const connection = await NativeConnection.connect({ address, tls: false, ...(apiKey === undefined ? {} : { apiKey }) });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: groupId,
    workflowBundle: await bundle,
    activities: {
      acceptTask: (envelope: unknown) => accept(envelope, audience(namespace, groupId), verificationKeys),
      sealFor: ({ jti, task }: Task) => seal(jti, task),
      packedItems: async () => packItems([{ item: 'principal', principal: { kind: 'user', id: 'ada' } }]),
    },
  }).catch(async (error) => {
    await connection.close();
    throw error;
  });
  const finished = worker.run();
  return async () => {
    worker.shutdown();
    await finished;
    await connection.close();
  };
}

async function accept(envelope: unknown, forWhom: string, verificationKeys: JSONWebKeySet | undefined): Promise<Task> {
  try {
    const task = await readTask(envelope, { audience: forWhom, verificationKeys });
    assertInWindow(task, Math.floor(Date.now() / 1000));
    return task;
  } catch (error) {
    throw ApplicationFailure.nonRetryable(error instanceof Error ? error.message : 'refused', 'TaskRejected');
  }
}

async function seal(requestId: string, task: Task['task']): Promise<string> {
  if (task.type !== 'DispenseCredential') throw ApplicationFailure.nonRetryable('not a dispense task');
  const values = { username: 'temporary', password: 'canary-7c1f', host: 'db.example.com', port: '5432' };
  return sealCredential({ requestId, system: 'postgresql/db', values, expiresAt: 2_000_000_000 }, task.recipient.jwk);
}
