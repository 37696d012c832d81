import { describe, expect, it } from '@jest/globals';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRIC_TASK_TYPE_DIMENSION, METRICS } from '../../../contract/metrics.js';
import { Metrics } from '../../src/operations/metrics.js';

const NOW = 1_750_000_000_000;
const STEP = { step: 'plan', succeeded: true, durationMs: 1234.4, queueLagMs: 20 };

function used(): Metrics {
  const metrics = new Metrics('group-1');
  metrics.up(true);
  metrics.step(STEP);
  metrics.step({ ...STEP, step: 'apply', succeeded: false });
  metrics.secretError('SECRET_NOT_FOUND');
  metrics.overdue(3);
  metrics.task({ type: 'TestConnection', succeeded: true });
  metrics.task({ type: 'ProvisionAccess', succeeded: true });
  metrics.task({ type: 'ProvisionAccess', succeeded: false });
  return metrics;
}

/** The record of the group, which comes first. */
function groupRecord(metrics: Metrics): Record<string, unknown> {
  const [record = {}] = metrics.embedded(NOW);
  return record;
}

/** The part of a record that CloudWatch reads as metrics. */
function directiveOf(record: Record<string, unknown>) {
  const { CloudWatchMetrics } = record['_aws'] as {
    CloudWatchMetrics: [{ Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }];
  };
  return CloudWatchMetrics[0];
}

describe('the metrics for Prometheus', () => {
  it('are those of the contract, under its names and with its meanings', async () => {
    const { body } = await used().text();
    const names = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names.sort()).toEqual([...new Set(METRICS.map(({ prometheus }) => prometheus))].sort());
  });

  it('count what happened', async () => {
    const { contentType, body } = await used().text();
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toContain('axiom_runner_steps_total{step="plan",outcome="succeeded"} 1');
    expect(body).toContain('axiom_runner_steps_total{step="apply",outcome="failed"} 1');
    expect(body).toContain('axiom_runner_step_duration_seconds_sum{step="plan"} 1.2344');
    expect(body).toContain('axiom_runner_secret_errors_total{code="SECRET_NOT_FOUND"} 1');
    expect(body).toContain('axiom_runner_overdue_revocations 3');
    expect(body).toContain('axiom_runner_up 1');
    expect(body).toContain('axiom_runner_tasks_total{task_type="ProvisionAccess",outcome="succeeded"} 1');
    expect(body).toContain('axiom_runner_tasks_total{task_type="ProvisionAccess",outcome="failed"} 1');
  });

  it('are kept apart for two runners in one process', async () => {
    used();
    expect((await new Metrics('group-2').text()).body).toContain('axiom_runner_up 0');
  });
});

describe('the embedded metrics for CloudWatch', () => {
  it('are those of the contract, each with its unit and a field of its name', () => {
    const record = groupRecord(used());
    const directive = directiveOf(record);
    expect(directive.Namespace).toBe(METRIC_NAMESPACE);
    expect(directive.Metrics).toEqual(METRICS.map(({ cloudWatch, unit }) => ({ Name: cloudWatch, Unit: unit })));
    for (const { Name } of directive.Metrics) expect([Name, record[Name]]).toEqual([Name, expect.anything()]);
  });

  it('have the runner group as their only dimension, in one record', () => {
    const record = groupRecord(used());
    expect(directiveOf(record).Dimensions).toEqual([[METRIC_DIMENSION]]);
    expect(record[METRIC_DIMENSION]).toBe('group-1');
    expect(record).toMatchObject({ _aws: { Timestamp: NOW }, TasksSucceeded: 2, TasksFailed: 1 });
  });

  it('have those of tasks by type besides, in a record of each type that had any', () => {
    const [, ...records] = used().embedded(NOW);
    expect(records.map((record) => directiveOf(record).Dimensions)).toEqual(
      records.map(() => [[METRIC_DIMENSION, METRIC_TASK_TYPE_DIMENSION]]),
    );
    expect(records.map(({ _aws, ...fields }) => fields)).toEqual([
      { RunnerGroupId: 'group-1', TaskType: 'TestConnection', TasksSucceeded: 1, TasksFailed: 0 },
      { RunnerGroupId: 'group-1', TaskType: 'ProvisionAccess', TasksSucceeded: 1, TasksFailed: 1 },
    ]);
  });

  it('stand under each set of dimensions that the contract names, and under no other', () => {
    const records = used().embedded(NOW);
    for (const { cloudWatch, dimensionSets } of METRICS) {
      const under = records
        .map(directiveOf)
        .filter(({ Metrics: listed }) => listed.some(({ Name }) => Name === cloudWatch))
        .flatMap(({ Dimensions }) => Dimensions.map(String));
      expect([cloudWatch, [...new Set(under)]]).toEqual([cloudWatch, dimensionSets.map(String)]);
    }
  });

  it('hold numbers, or lists of one to a hundred numbers, as the format wants', () => {
    const metrics = new Metrics('group-1');
    for (let index = 0; index < 250; index += 1) metrics.step({ ...STEP, durationMs: index });
    const record = groupRecord(metrics);
    expect(record).toMatchObject({ StepsSucceeded: 250, StepDuration: Array.from({ length: 100 }, (_, index) => index) });
    expect(record['QueueLag']).toHaveLength(100);
  });

  it('list no metric without a value: an idle runner reports counts only', () => {
    const [record = {}, ...more] = new Metrics('group-1').embedded(NOW);
    expect(more).toEqual([]);
    const names = directiveOf(record).Metrics.map(({ Name }) => Name);
    expect(names).toEqual([
      'TasksSucceeded',
      'TasksFailed',
      'StepsSucceeded',
      'StepsFailed',
      'OverdueRevocations',
      'SecretErrors',
      'RunnerUp',
    ]);
    expect(record).not.toHaveProperty('StepDuration');
  });

  it('begin a new period with each record; what still stands is told again', () => {
    const metrics = used();
    const counts = (count: number) => ({ StepsSucceeded: count, StepsFailed: count, SecretErrors: count, TasksFailed: count });
    expect(groupRecord(metrics)).toMatchObject({ ...counts(1), OverdueRevocations: 3, RunnerUp: 1 });
    const [record, ...more] = metrics.embedded(NOW);
    expect(record).toMatchObject({ ...counts(0), OverdueRevocations: 3, RunnerUp: 1 });
    expect(more).toEqual([]);
  });

  it('know no negative wait, though clocks differ', () => {
    const metrics = new Metrics('group-1');
    metrics.step({ ...STEP, queueLagMs: -500 });
    expect(groupRecord(metrics)).toMatchObject({ QueueLag: [0] });
  });
});
