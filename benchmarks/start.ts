import { setTimeout as sleep } from 'node:timers/promises';
import { runnerExecutable, type TemporalServer } from '@axiom-runner/local-servers';
import { Connection } from '@temporalio/client';
import { NODE_VERSION, nodeBinary } from '../runner-runtime/executable/node-binary.mjs';
import type { Figure } from './figures.js';
import { type Invocation, nodeProcess, residentMemory, start, wallTime } from './processes.js';
import { runnerScript } from './runner-script.js';
import { runnerSettings } from './runner-settings.js';

const TURNS = 5;
/** After this long without work a worker counts as idle. */
const SETTLE_MS = 3_000;
const PROBE_EVERY_MS = 10;
const PATIENCE_MS = 30_000;

interface Start {
  readonly toPollingMs: number;
  readonly idleMb: number;
}

/** From the start of the process until the server has seen it ask for work, and its memory when it has been idle for a while. */
export async function measureStart({ address, namespace }: TemporalServer, bareWorker: string): Promise<Figure[]> {
  const connection = await Connection.connect({ address });
  try {
    const ours: Start[] = [];
    const theirs: Start[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const [runnerQueue, bareQueue] = [`runner-${turn}`, `bare-${turn}`];
      const settings = await runnerSettings({ controlPlane: address, tenantId: namespace, group: runnerQueue });
      const runner = nodeProcess(runnerScript(), [], settings);
      const worker = nodeProcess(bareWorker, [], { ADDRESS: address, NAMESPACE: namespace, TASK_QUEUE: bareQueue });
      ours.push(await observe(runner, connection, namespace, runnerQueue));
      theirs.push(await observe(worker, connection, namespace, bareQueue));
    }
    const reference = 'bare Temporal worker';
    return [
      {
        what: 'runner: start to polling',
        reference,
        unit: 'ms',
        ours: ours.map(({ toPollingMs }) => toPollingMs),
        theirs: theirs.map(({ toPollingMs }) => toPollingMs),
        compared: { kind: 'ratio', most: 1.5 },
      },
      {
        what: 'runner: idle memory',
        reference,
        unit: 'MB',
        ours: ours.map(({ idleMb }) => idleMb),
        theirs: theirs.map(({ idleMb }) => idleMb),
        compared: { kind: 'difference', most: 60 },
      },
    ];
  } finally {
    await connection.close();
  }
}

/** One value a turn. */
type Series = Record<'version' | 'toPollingMs' | 'idleMb', number[]>;

/** The single executable beside the Node that it is made of with the same bundles. */
export async function measureExecutable({ address, namespace }: TemporalServer): Promise<Figure[]> {
  const [executable, node] = await Promise.all([runnerExecutable(), nodeBinary(process.arch)]);
  const ways = [
    (args: string[]) => ({ program: executable, args }),
    (args: string[]) => ({ program: node, args: ['--', runnerScript(), ...args] }),
  ];
  const connection = await Connection.connect({ address });
  try {
    const seen = ways.map((): Series => ({ version: [], toPollingMs: [], idleMb: [] }));
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const [index, way] of ways.entries()) {
        const group = `${index === 0 ? 'executable' : 'bundles'}-${turn}`;
        const environment = await runnerSettings({ controlPlane: address, tenantId: namespace, group });
        seen[index]?.version.push(await wallTime({ ...way(['version']), environment }));
        const { toPollingMs, idleMb } = await observe({ ...way([]), environment }, connection, namespace, group);
        seen[index]?.toPollingMs.push(toPollingMs);
        seen[index]?.idleMb.push(idleMb);
      }
    }
    const figure = (what: string, name: keyof Series, unit: 'ms' | 'MB', compared: Figure['compared']): Figure => {
      const [ours = [], theirs = []] = seen.map((values) => values[name]);
      return { what, reference: `node ${NODE_VERSION} with the bundles`, unit, ours, theirs, compared };
    };
    return [
      figure('executable: version', 'version', 'ms', { kind: 'ratio', most: 1.5 }),
      figure('executable: start to polling', 'toPollingMs', 'ms', { kind: 'ratio', most: 1.5 }),
      figure('executable: idle memory', 'idleMb', 'MB', { kind: 'difference' }),
    ];
  } finally {
    await connection.close();
  }
}

async function observe(invocation: Invocation, connection: Connection, namespace: string, queue: string): Promise<Start> {
  const startedAt = performance.now();
  const worker = start(invocation);
  try {
    while (!(await isPolled(connection, namespace, queue))) {
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`nobody polled ${queue} within ${PATIENCE_MS} ms`);
      await sleep(PROBE_EVERY_MS);
    }
    const toPollingMs = performance.now() - startedAt;
    await sleep(SETTLE_MS);
    return { toPollingMs, idleMb: residentMemory(worker.pid) };
  } finally {
    await worker.stop();
  }
}

async function isPolled(connection: Connection, namespace: string, name: string): Promise<boolean> {
  const WORKFLOW_TASKS = 1;
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: WORKFLOW_TASKS,
  });
  return (pollers?.length ?? 0) > 0;
}
