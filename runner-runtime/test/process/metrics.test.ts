import { dispenseCredential, waitForCollection } from '@axiom-runner/control-plane';
import type { LogRecord } from '@axiom-runner/local-servers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../../contract/metrics.js';
import { Bench, ORDERS, SYSTEM } from './support/bench.js';

jest.setTimeout(120_000);

let bench: Bench;
/** Embedded-metric records of a runner's life. */
let records: readonly LogRecord[];
let prometheus: string;
beforeAll(async () => {
  bench = await Bench.open();
  const runner = await bench.startRunner({ RUNNER_LOG_LEVEL: 'error', RUNNER_ALLOWED: 'postgresql/127.0.0.1,postgresql/without-secret' });
  const person = await bench.shop.newPerson();
  await bench.stage(await bench.start({ type: 'TestConnection', system: SYSTEM }), 'tested');
  await waitForCollection(bench.home, await bench.start({ type: 'CollectData', system: SYSTEM }), { timeoutMs: 60_000 });
  await bench.stage(await bench.start({ type: 'SweepOrphans' }), 'swept');
  await bench.revoke(await bench.grant(person, 600));
  const wish = { system: SYSTEM, target: ORDERS, permission: 'Read', justification: 'ticket 4711', durationSeconds: 600 };
  const { requestId } = await dispenseCredential(bench.link, bench.group, wish, { timeoutMs: 60_000 });
  await bench.revoke({ requestId, runId: '', group: bench.group });
  await bench.failure(await bench.provision({ kind: 'role', id: 'nobody' }, 600));
  for (const id of ['without-secret', 'not-allowed']) {
    await bench.failure(await bench.start({ type: 'TestConnection', system: { type: 'postgresql', id } }));
  }
  prometheus = await (await fetch(`http://${runner.health}/metrics`)).text();
  await runner.stop();
  records = runner.records().filter((record) => '_aws' in record);
});
afterAll(() => bench?.close());

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

/** What CloudWatch makes of a record: a metric under each set of its dimensions. */
function metricsOf(record: LogRecord): string[] {
  const { CloudWatchMetrics } = record['_aws'] as { readonly CloudWatchMetrics: readonly Directive[] };
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.filter(({ Name }) => Name in record).flatMap(({ Name, Unit }) =>
      Dimensions.filter((names) => names.every((name) => typeof record[name] === 'string')).map((names) =>
        [Namespace, names.join('+'), Name, Unit].join(' '),
      ),
    ),
  );
}

/** Sums of the task metrics, by type of task; `group` for those without. */
function tasks(): Record<string, readonly [number, number]> {
  const sums: Record<string, readonly [number, number]> = {};
  for (const record of records) {
    const type = String(record['TaskType'] ?? 'group');
    const [succeeded, failed] = sums[type] ?? [0, 0];
    sums[type] = [succeeded + Number(record['TasksSucceeded']), failed + Number(record['TasksFailed'])];
  }
  return sums;
}

describe('a runner that has worked on each kind of task', () => {
  it('has written every metric of the contract, in its unit, under each of its sets of dimensions, and no other', () => {
    expect([...new Set(records.flatMap(metricsOf))].sort()).toEqual(
      METRICS.flatMap(({ cloudWatch, unit, dimensionSets }) =>
        dimensionSets.map((names) => [METRIC_NAMESPACE, names.join('+'), cloudWatch, unit].join(' ')),
      ).sort(),
    );
    for (const record of records) expect(record[METRIC_DIMENSION]).toBe(bench.group.id);
  });

  it('has every metric of the contract on /metrics', () => {
    for (const { prometheus: name } of METRICS) expect(prometheus).toMatch(new RegExp(`^${name}(_count)?(\\{.*\\})? [\\d.]+$`, 'm'));
  });

  it('has counted each task once, under its type and for the group', () => {
    expect(tasks()).toEqual({
      TestConnection: [1, 2],
      CollectData: [1, 0],
      SweepOrphans: [1, 0],
      ProvisionAccess: [1, 1],
      DispenseCredential: [1, 0],
      group: [5, 3],
    });
    expect(prometheus).toContain('axiom_runner_tasks_total{task_type="ProvisionAccess",outcome="failed"} 1');
  });

  it('has made as few records as can be: one of the group, and one a type, each period', () => {
    const times = new Set(records.map(({ _aws }) => (_aws as { readonly Timestamp: number }).Timestamp));
    const ofGroup = records.filter((record) => !('TaskType' in record));
    expect(ofGroup).toHaveLength(times.size);
    for (const record of records) if ('TaskType' in record) expect([record['TasksSucceeded'], record['TasksFailed']]).not.toEqual([0, 0]);
  });
});
