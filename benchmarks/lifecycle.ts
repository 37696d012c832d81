import type { TemporalServer } from '@axiom-runner/local-servers';
import { audience, plainTask, SCHEMA_VERSION } from '@axiom-runner/protocol';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import type { Figure } from './figures.js';
import { cpuTime, nodeProcess, start } from './processes.js';
import { runnerScript } from './runner-script.js';
import { runnerSettings } from './runner-settings.js';

const TURNS = 5;
const TASKS_A_TURN = 20;
/** Rounds of tasks at once before anything is measured, so that the code is compiled and the caches are full. */
const WARM_UP_ROUNDS = 10;
const WARM_UP_TASKS = 15;
const RUNNER_QUEUE = 'lifecycle-runner';
const BARE_QUEUE = 'lifecycle-bare';
const RESULT_QUEUE = 'lifecycle-results';
/** A system without a secret: the task is admitted, recorded, ended and reported, and touches nothing. */
const SYSTEM = { type: 'pagerduty', id: 'example' };

/** Where tasks of one kind go. */
interface Side {
  readonly pid: number;
  readonly workflow: string;
  readonly taskQueue: string;
}

/** Latency and CPU of a task that does nothing, beside a workflow of the same shape in a bare worker. */
export async function measureLifecycle({ address, namespace }: TemporalServer, bareWorker: string): Promise<Figure[]> {
  const settings = await runnerSettings({ controlPlane: address, tenantId: namespace, group: RUNNER_QUEUE });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  const common = { ADDRESS: address, NAMESPACE: namespace, RESULT_QUEUE };
  const runner = start(nodeProcess(runnerScript(), [], { ...settings, WORKFLOW_RESULT_TASK_QUEUE: RESULT_QUEUE }));
  const worker = start(nodeProcess(bareWorker, [], { ...common, TASK_QUEUE: BARE_QUEUE }));
  const results = start(nodeProcess(bareWorker, [], { ...common, TASK_QUEUE: RESULT_QUEUE }));
  const ours: Side = { pid: runner.pid, workflow: 'TestConnection', taskQueue: RUNNER_QUEUE };
  const theirs: Side = { pid: worker.pid, workflow: 'BareTask', taskQueue: BARE_QUEUE };
  try {
    for (const side of [ours, theirs]) await warmUp(client, namespace, side);
    const [latency, cpu] = [pairs(), pairs()];
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const [name, side] of [['ours', ours] as const, ['theirs', theirs] as const]) {
        const used = await runTasks(client, namespace, side, TASKS_A_TURN);
        latency[name].push(used.latencyMs);
        cpu[name].push(used.cpuMs);
      }
    }
    const figure = { reference: 'same shape, bare worker', unit: 'ms' } as const;
    return [
      { ...figure, ...latency, what: 'task that does nothing: latency', compared: { kind: 'ratio', most: 1.15 } },
      { ...figure, ...cpu, what: 'task that does nothing: CPU of the worker', compared: { kind: 'ratio', most: 1.2 } },
    ];
  } finally {
    await Promise.all([runner.stop(), worker.stop(), results.stop()]);
    await connection.close();
  }
}

function pairs(): { readonly ours: number[]; readonly theirs: number[] } {
  return { ours: [], theirs: [] };
}

async function warmUp(client: Client, namespace: string, side: Side): Promise<void> {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
    await Promise.all(Array.from({ length: WARM_UP_TASKS }, () => runTask(client, namespace, side)));
  }
}

/** Runs tasks one after the other. @returns averages of one task */
async function runTasks(client: Client, namespace: string, side: Side, count: number): Promise<{ latencyMs: number; cpuMs: number }> {
  const cpuBefore = cpuTime(side.pid);
  const startedAt = performance.now();
  for (let task = 0; task < count; task += 1) await runTask(client, namespace, side);
  return { latencyMs: (performance.now() - startedAt) / count, cpuMs: (cpuTime(side.pid) - cpuBefore) / count };
}

async function runTask(client: Client, namespace: string, { workflow, taskQueue }: Side): Promise<void> {
  const workflowId = crypto.randomUUID();
  const iat = Math.floor(Date.now() / 1000);
  const envelope = plainTask({
    schemaVersion: SCHEMA_VERSION,
    jti: workflowId,
    aud: audience(namespace, RUNNER_QUEUE),
    iat,
    exp: iat + 120,
    task: { type: 'TestConnection', system: SYSTEM },
  });
  const ended = await client.workflow.execute(workflow, { taskQueue, workflowId, args: [envelope] }).catch((error: unknown) => error);
  const expected =
    ended instanceof WorkflowFailedError && (workflow === 'BareTask' || /does not exist in the secret store/.test(String(ended.cause)));
  if (!expected) throw new Error(`${workflow} ended in an unexpected way`, { cause: ended });
}
