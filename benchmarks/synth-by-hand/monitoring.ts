import { Duration, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { texts } from '../synth-texts.js';
import { type Alarms, dashboard } from './dashboard.js';
import type { Host } from './host.js';
import { expression, metric } from './metrics.js';

const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { BREACHING, IGNORE, NOT_BREACHING } = cloudwatch.TreatMissingData;

/** Alarms, a dashboard and saved queries of a host. */
export function monitoring(stack: Stack, host: Host, topic: sns.ITopic): void {
  const { id, group } = host;
  const common = { comparisonOperator: GREATER_THAN_THRESHOLD, treatMissingData: NOT_BREACHING };
  const full = (name: string, what: string, of: cloudwatch.IMetric, threshold: number) =>
    new cloudwatch.Alarm(stack, `${id}${name}`, {
      ...common,
      alarmDescription: `The runner's ${what} is used up: give its host more, or let it do less at a time (RUNNER_MAX_CONCURRENT_TASKS).`,
      metric: of,
      threshold,
      evaluationPeriods: 3,
    });
  const alarms: Alarms = {
    overdueRevocations: new cloudwatch.Alarm(stack, `${id}OverdueRevocations`, {
      ...common,
      alarmDescription:
        'Accesses of the runner are past their end and could not be ended. Look into its log: the saved query on late ends.',
      metric: metric(group, 'OverdueRevocations', { statistic: cloudwatch.Stats.MAXIMUM, period: Duration.minutes(1) }),
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: IGNORE,
    }),
    tooFewRunners: new cloudwatch.Alarm(stack, `${id}TooFewRunners`, {
      alarmDescription: 'Fewer runners take tasks than must: requests wait, and accesses are not ended. Look at the host and the log.',
      metric: metric(group, 'RunnerUp', { period: Duration.minutes(1) }),
      comparisonOperator: LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 5,
      treatMissingData: BREACHING,
    }),
    failedTasks: new cloudwatch.Alarm(stack, `${id}FailedTasks`, {
      ...common,
      alarmDescription: 'Many tasks of the runner fail or are refused. Look into its log: the saved query on failed steps.',
      metric: expression(group),
      threshold: 25,
      evaluationPeriods: 1,
    }),
    queueLag: new cloudwatch.Alarm(stack, `${id}QueueLag`, {
      ...common,
      alarmDescription: 'Steps wait long for a runner. Add runners, or let each do more at a time (RUNNER_MAX_CONCURRENT_TASKS).',
      metric: metric(group, 'QueueLag', { statistic: cloudwatch.Stats.percentile(95) }),
      threshold: 30_000,
      evaluationPeriods: 3,
    }),
    secretErrors: new cloudwatch.Alarm(stack, `${id}SecretErrors`, {
      ...common,
      alarmDescription: 'The runner cannot read or use integration secrets. Look into its log: the saved query on secrets.',
      metric: metric(group, 'SecretErrors'),
      threshold: 0,
      evaluationPeriods: 1,
    }),
    cpu: full('Cpu', 'CPU', host.cpu, 90),
    memory: full('Memory', 'memory', host.memory, 90),
    disk: full('Disk', 'disk', host.disk, 85),
  };
  const action = new SnsAction(topic);
  for (const alarm of Object.values<cloudwatch.Alarm>({ ...alarms })) {
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
  dashboard(stack, host, alarms);
  if (host.logGroup !== undefined) queries(stack, host, host.logGroup.logGroupName);
}

function queries(stack: Stack, { id, group }: Host, logGroupName: string): void {
  for (const [index, { name, text }] of texts().queries.entries()) {
    new logs.CfnQueryDefinition(stack, `${id}Query${index}`, {
      name: `AxiomRunner/${group}/${name}`,
      queryString: text,
      logGroupNames: [logGroupName],
    });
  }
}
