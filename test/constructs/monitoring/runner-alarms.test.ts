import { CfnParameter, Duration } from 'aws-cdk-lib';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { RunnerMonitoringProps } from '../../../constructs';
import { alarmIn, monitored, widgetsIn } from '../../support/monitoring';
import { ACCOUNT, aStack, refusalOf, templateOf } from '../../support/synth';

describe('the alarms', () => {
  it('go off at once when an access is overdue, and stay while no runner reports', () => {
    expect(alarmIn(monitored().stack, 'OverdueRevocations')).toMatchObject({
      Namespace: 'AxiomRunner',
      MetricName: 'OverdueRevocations',
      Dimensions: [{ Name: 'RunnerGroupId', Value: 'group' }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    });
  });

  it('go off when no runner takes tasks for five minutes; silence counts', () => {
    expect(alarmIn(monitored().stack, 'TooFewRunners')).toMatchObject({
      MetricName: 'RunnerUp',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 5,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('go off when more than a quarter of at least five tasks fails within a quarter of an hour', () => {
    const alarm = alarmIn(monitored().stack, 'FailedTasks');
    expect(alarm).toMatchObject({
      EvaluationPeriods: 1,
      Threshold: 25,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    const [ratio, ...counted] = alarm.Metrics ?? [];
    expect(ratio?.Expression).toBe('IF(failed + succeeded >= 5, 100 * failed / (failed + succeeded), 0)');
    expect(counted).toEqual(
      ['TasksFailed', 'TasksSucceeded'].map((MetricName) =>
        expect.objectContaining({
          MetricStat: expect.objectContaining({ Period: 900, Stat: 'Sum', Metric: expect.objectContaining({ MetricName }) }),
        }),
      ),
    );
  });

  it('go off when steps wait longer than half a minute for a quarter of an hour', () => {
    expect(alarmIn(monitored().stack, 'QueueLag')).toMatchObject({
      MetricName: 'QueueLag',
      ExtendedStatistic: 'p95',
      Period: 300,
      EvaluationPeriods: 3,
      Threshold: 30_000,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('go off with the first secret that cannot be read', () => {
    expect(alarmIn(monitored().stack, 'SecretErrors')).toMatchObject({
      MetricName: 'SecretErrors',
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it.each([
    ['Cpu', 'CPUUtilization', 90],
    ['Memory', 'MemoryUtilization', 90],
    ['Disk', 'DiskUtilization', 85],
  ])('go off when the host is full: %s', (id, MetricName, Threshold) => {
    expect(alarmIn(monitored().stack, id)).toMatchObject({
      MetricName,
      Threshold,
      EvaluationPeriods: 3,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('have the thresholds that are given', () => {
    const { stack } = monitored({
      leastRunners: 2,
      leastRunnersFor: Duration.minutes(10),
      failedTasksPercent: 50,
      leastTasks: 20,
      queueLag: Duration.minutes(2),
      secretErrors: 3,
      cpuPercent: 70,
      memoryPercent: 80,
      diskPercent: 60,
    });
    expect(alarmIn(stack, 'TooFewRunners')).toMatchObject({ Threshold: 2, EvaluationPeriods: 10 });
    expect(alarmIn(stack, 'FailedTasks').Threshold).toBe(50);
    expect(alarmIn(stack, 'FailedTasks').Metrics?.[0]?.Expression).toContain('>= 20,');
    expect(alarmIn(stack, 'QueueLag').Threshold).toBe(120_000);
    expect(alarmIn(stack, 'SecretErrors').Threshold).toBe(3);
    expect(alarmIn(stack, 'Cpu').Threshold).toBe(70);
    expect(alarmIn(stack, 'Memory').Threshold).toBe(80);
    expect(alarmIn(stack, 'Disk').Threshold).toBe(60);
  });

  it('tell nobody by default', () => {
    const { stack } = monitored();
    for (const alarm of Object.values(templateOf(stack).findResources('AWS::CloudWatch::Alarm'))) {
      expect(alarm['Properties']).not.toHaveProperty('AlarmActions');
      expect(alarm['Properties']).not.toHaveProperty('OKActions');
    }
  });

  it('tell every topic, when they go off and when they are over', () => {
    const stack = aStack();
    const arns = ['one', 'two'].map((name) => `arn:aws:sns:eu-central-1:${ACCOUNT}:${name}`);
    const { monitoring } = monitored({ alarmTopics: arns.map((arn) => sns.Topic.fromTopicArn(stack, arn, arn)) }, {}, stack);
    const alarms = Object.values(templateOf(stack).findResources('AWS::CloudWatch::Alarm'));
    expect(alarms).toHaveLength(monitoring.alarms.length);
    for (const alarm of alarms) expect(alarm['Properties']).toMatchObject({ AlarmActions: arns, OKActions: arns });
  });

  it('are eight, each to be had by its name', () => {
    const { monitoring } = monitored();
    expect(monitoring.alarms).toEqual([
      monitoring.overdueRevocationsAlarm,
      monitoring.tooFewRunnersAlarm,
      monitoring.failedTasksAlarm,
      monitoring.queueLagAlarm,
      monitoring.secretErrorsAlarm,
      monitoring.cpuAlarm,
      monitoring.memoryAlarm,
      monitoring.diskAlarm,
    ]);
  });
});

describe('a threshold', () => {
  it.each<[Partial<RunnerMonitoringProps>, string]>([
    [{ leastRunners: 0 }, 'leastRunners is 0. Allowed: a whole number from 1. '],
    [{ leastRunnersFor: Duration.seconds(90) }, 'leastRunnersFor is 1.5. Allowed: a whole number from 1 to 1440. '],
    [{ leastRunnersFor: Duration.days(2) }, 'leastRunnersFor is 2880. '],
    [{ failedTasksPercent: 100 }, 'failedTasksPercent is 100. Allowed: a whole number from 1 to 99. '],
    [{ leastTasks: 0 }, 'leastTasks is 0. '],
    [{ queueLag: Duration.seconds(0) }, 'queueLag is 0. '],
    [{ secretErrors: -1 }, 'secretErrors is -1. Allowed: a whole number from 0. '],
    [{ cpuPercent: 0 }, 'cpuPercent is 0. '],
    [{ memoryPercent: 0.9 }, 'memoryPercent is 0.9. '],
    [{ diskPercent: 101 }, 'diskPercent is 101. '],
  ])('is refused when it makes no sense: %j', (props, message) => {
    expect(refusalOf(() => monitored(props))).toContain(`[Stack/Monitoring] ${message}`);
  });

  it('may be known to CloudFormation only, as may the group', () => {
    const stack = aStack();
    const leastRunners = new CfnParameter(stack, 'Least', { type: 'Number', default: 1 }).valueAsNumber;
    const runnerGroupId = new CfnParameter(stack, 'Group', { default: 'group' }).valueAsString;
    monitored({ leastRunners }, { runnerGroupId }, stack);
    expect(alarmIn(stack, 'TooFewRunners')).toMatchObject({ Threshold: { Ref: 'Least' }, Dimensions: [{ Value: { Ref: 'Group' } }] });
    expect(widgetsIn(stack)[0]?.properties.markdown).toBe('# Axiom Runner: group 0');
    expect(JSON.stringify(widgetsIn(stack))).not.toContain('e+289');
  });
});
