import { Duration, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { WORKFLOW_TYPES } from '../../contract/tasks.js';
import type { Host } from './host.js';
import { expression, metric } from './metrics.js';

export interface Alarms {
  readonly overdueRevocations: cloudwatch.Alarm;
  readonly tooFewRunners: cloudwatch.Alarm;
  readonly failedTasks: cloudwatch.Alarm;
  readonly queueLag: cloudwatch.Alarm;
  readonly secretErrors: cloudwatch.Alarm;
  readonly cpu: cloudwatch.Alarm;
  readonly memory: cloudwatch.Alarm;
  readonly disk: cloudwatch.Alarm;
}

const WIDTH = 24;
const MINUTE = Duration.minutes(1);

export function dashboard(stack: Stack, { id, group, cpu, memory, disk }: Host, alarms: Alarms): void {
  const of = (name: string, more?: cloudwatch.MetricOptions) => metric(group, name, more);
  new cloudwatch.Dashboard(stack, `${id}Dashboard`, {
    widgets: [
      [title(`# Axiom Runner: group ${group}`)],
      [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms: Object.values({ ...alarms }), width: WIDTH, height: 3 })],
      [title('## Tasks')],
      [
        graph(2, 'By outcome', [of('TasksSucceeded', { label: 'done' }), of('TasksFailed', { label: 'failed' })]),
        graph(2, 'Failed, per cent', [expression(group)], alarms.failedTasks),
      ],
      [
        graph(2, 'Done, by type', byType(group, 'TasksSucceeded'), undefined, true),
        graph(2, 'Failed, by type', byType(group, 'TasksFailed'), undefined, true),
      ],
      [title('## Steps')],
      [
        graph(3, 'Attempts', [of('StepsSucceeded', { label: 'succeeded' }), of('StepsFailed', { label: 'failed' })]),
        graph(3, 'Duration, milliseconds', spread(group, 'StepDuration')),
        graph(3, 'Wait for a runner, milliseconds', spread(group, 'QueueLag'), alarms.queueLag),
      ],
      [title('## Accesses, secrets, runners')],
      [
        graph(3, 'Overdue revocations', [of('OverdueRevocations', { statistic: cloudwatch.Stats.MAXIMUM })], alarms.overdueRevocations),
        graph(3, 'Secret errors', [of('SecretErrors')], alarms.secretErrors),
        graph(3, 'Runners that take tasks', [of('RunnerUp', { period: MINUTE })], alarms.tooFewRunners),
      ],
      [title('## Host')],
      [
        graph(3, 'CPU, per cent', [cpu], alarms.cpu),
        graph(3, 'Memory, per cent', [memory], alarms.memory),
        graph(3, 'Disk, per cent', [disk], alarms.disk),
      ],
    ],
  });
}

function title(markdown: string): cloudwatch.IWidget {
  return new cloudwatch.TextWidget({ markdown, width: WIDTH, height: 1, background: cloudwatch.TextWidgetBackground.TRANSPARENT });
}

function graph(inRow: number, title: string, left: cloudwatch.IMetric[], alarm?: cloudwatch.Alarm, stacked?: true): cloudwatch.IWidget {
  return new cloudwatch.GraphWidget({
    width: WIDTH / inRow,
    leftYAxis: { min: 0 },
    title,
    left,
    ...(alarm && { leftAnnotations: [alarm.toAnnotation()] }),
    ...(stacked && { stacked }),
  });
}

function byType(group: string, name: string): cloudwatch.IMetric[] {
  return WORKFLOW_TYPES.map((type) => metric(group, name, { label: type, dimensionsMap: { RunnerGroupId: group, TaskType: type } }));
}

function spread(group: string, name: string): cloudwatch.IMetric[] {
  const { percentile, MAXIMUM } = cloudwatch.Stats;
  return [
    metric(group, name, { statistic: percentile(50), label: 'median' }),
    metric(group, name, { statistic: percentile(95), label: '95th percentile' }),
    metric(group, name, { statistic: MAXIMUM, label: 'longest' }),
  ];
}
