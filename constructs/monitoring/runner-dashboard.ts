import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import {
  METRIC_DIMENSION,
  METRIC_STEPS_FAILED,
  METRIC_STEPS_SUCCEEDED,
  METRIC_TASK_TYPE_DIMENSION,
  METRIC_TASKS_FAILED,
  METRIC_TASKS_SUCCEEDED,
  type MetricName,
} from '../../contract/metrics';
import { WORKFLOW_TYPES } from '../../contract/tasks';
import type { IRunnerHost } from '../runner/runner-host';

/** Alarms whose thresholds are lines in the graphs. */
export interface DashboardAlarms {
  readonly overdueRevocations: cloudwatch.Alarm;
  readonly tooFewRunners: cloudwatch.Alarm;
  readonly failedTasks: cloudwatch.Alarm;
  readonly queueLag: cloudwatch.Alarm;
  readonly secretErrors: cloudwatch.Alarm;
  readonly cpu: cloudwatch.Alarm;
  readonly memory: cloudwatch.Alarm;
  readonly disk: cloudwatch.Alarm;
}

const FULL_WIDTH = 24;
const { percentile, MAXIMUM } = cloudwatch.Stats;

/** The rows of the dashboard: alarms, tasks, steps, accesses and secrets, host. */
export function dashboardRows(runner: IRunnerHost, alarms: DashboardAlarms, failedTasks: cloudwatch.IMetric): cloudwatch.IWidget[][] {
  return [
    [title(`# Axiom Runner: group ${runner.runnerGroupId}`)],
    [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: Object.values(alarms), width: FULL_WIDTH, height: 3 })],
    [title('## Tasks')],
    graphs(
      { title: 'By outcome', left: [runner.metricTasksSucceeded({ label: 'done' }), runner.metricTasksFailed({ label: 'failed' })] },
      { title: 'Failed, per cent', left: [failedTasks], leftAnnotations: [alarms.failedTasks.toAnnotation()] },
    ),
    graphs(
      { title: 'Done, by type', left: byTaskType(runner, METRIC_TASKS_SUCCEEDED), stacked: true },
      { title: 'Failed, by type', left: byTaskType(runner, METRIC_TASKS_FAILED), stacked: true },
    ),
    [title('## Steps')],
    graphs(
      {
        title: 'Attempts',
        left: [
          runner.metric(METRIC_STEPS_SUCCEEDED.cloudWatch, { label: 'succeeded' }),
          runner.metric(METRIC_STEPS_FAILED.cloudWatch, { label: 'failed' }),
        ],
      },
      { title: 'Duration, milliseconds', left: spread((props) => runner.metricStepDuration(props)) },
      {
        title: 'Wait for a runner, milliseconds',
        left: spread((props) => runner.metricQueueLag(props)),
        leftAnnotations: [alarms.queueLag.toAnnotation()],
      },
    ),
    [title('## Accesses, secrets, runners')],
    graphs(
      {
        title: 'Overdue revocations',
        left: [runner.metricOverdueRevocations()],
        leftAnnotations: [alarms.overdueRevocations.toAnnotation()],
      },
      { title: 'Secret errors', left: [runner.metricSecretErrors()], leftAnnotations: [alarms.secretErrors.toAnnotation()] },
      { title: 'Runners that take tasks', left: [runner.metricRunnersUp()], leftAnnotations: [alarms.tooFewRunners.toAnnotation()] },
    ),
    [title('## Host')],
    graphs(
      { title: 'CPU, per cent', left: [runner.metricCpuUtilization()], leftAnnotations: [alarms.cpu.toAnnotation()] },
      { title: 'Memory, per cent', left: [runner.metricMemoryUtilization()], leftAnnotations: [alarms.memory.toAnnotation()] },
      { title: 'Disk, per cent', left: [runner.metricDiskUtilization()], leftAnnotations: [alarms.disk.toAnnotation()] },
    ),
  ];
}

function title(markdown: string): cloudwatch.IWidget {
  return new cloudwatch.TextWidget({ markdown, width: FULL_WIDTH, height: 1, background: cloudwatch.TextWidgetBackground.TRANSPARENT });
}

/** Graphs that share a row. */
function graphs(...row: cloudwatch.GraphWidgetProps[]): cloudwatch.IWidget[] {
  return row.map((props) => new cloudwatch.GraphWidget({ width: FULL_WIDTH / row.length, leftYAxis: { min: 0 }, ...props }));
}

function byTaskType(runner: IRunnerHost, { cloudWatch }: MetricName): cloudwatch.IMetric[] {
  return WORKFLOW_TYPES.map((type) =>
    runner.metric(cloudWatch, {
      label: type,
      dimensionsMap: { [METRIC_DIMENSION]: runner.runnerGroupId, [METRIC_TASK_TYPE_DIMENSION]: type },
    }),
  );
}

function spread(metric: (props: cloudwatch.MetricOptions) => cloudwatch.IMetric): cloudwatch.IMetric[] {
  return [
    metric({ statistic: percentile(50), label: 'median' }),
    metric({ statistic: percentile(95), label: '95th percentile' }),
    metric({ statistic: MAXIMUM, label: 'longest' }),
  ];
}
