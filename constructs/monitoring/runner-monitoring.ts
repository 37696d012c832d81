import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { METRIC_PERIOD_SECONDS } from '../../contract/metrics';
import type { IRunnerHost } from '../runner/runner-host';
import { type AlarmSettings, alarmSettings } from './alarm-settings';
import { failedTasksRatio } from './failed-tasks-ratio';
import { dashboardRows } from './runner-dashboard';
import type { RunnerMonitoringProps } from './runner-monitoring-props';
import { SAVED_QUERIES } from './saved-queries';

const QUARTER_OF_AN_HOUR = Duration.minutes(15);
/** Periods of five minutes that make a quarter of an hour. */
const THREE_PERIODS = 3;

/**
 * Alarms, a dashboard and saved Logs Insights queries for the runners of one host. Make it in the account and region of the host:
 * CloudWatch alarms see no others.
 */
export class RunnerMonitoring extends Construct {
  /** An access is past its end and could not be ended. Goes off at once, and stays while no runner reports. */
  public readonly overdueRevocationsAlarm: cloudwatch.Alarm;

  /** Fewer runners take tasks than must. */
  public readonly tooFewRunnersAlarm: cloudwatch.Alarm;

  /** Too large a part of the tasks fails. */
  public readonly failedTasksAlarm: cloudwatch.Alarm;

  /** Steps wait too long for a runner. */
  public readonly queueLagAlarm: cloudwatch.Alarm;

  /** Integration secrets cannot be read or used. */
  public readonly secretErrorsAlarm: cloudwatch.Alarm;

  /** The host's CPU is busy. Silent while the host measures none. */
  public readonly cpuAlarm: cloudwatch.Alarm;

  /** The host's memory is full. Silent while the host measures none. */
  public readonly memoryAlarm: cloudwatch.Alarm;

  /** The host's disk is full. Silent while the host measures none. */
  public readonly diskAlarm: cloudwatch.Alarm;

  /** All alarms. */
  public readonly alarms: cloudwatch.Alarm[];

  /** Tasks, steps, accesses, secrets, runners and host at a glance. */
  public readonly dashboard: cloudwatch.Dashboard;

  /** Saved queries over the log of the runners; none when the host knows no log group. */
  public readonly queries: logs.QueryDefinition[];

  constructor(scope: Construct, id: string, props: RunnerMonitoringProps) {
    super(scope, id);
    const { runner } = props;
    const settings = alarmSettings(this, props);
    const failedTasks = failedTasksRatio(runner, settings.leastTasks, QUARTER_OF_AN_HOUR);

    this.overdueRevocationsAlarm = this.overdueRevocations(runner);
    this.tooFewRunnersAlarm = this.tooFewRunners(runner, settings);
    this.failedTasksAlarm = this.failedTasks(failedTasks, settings);
    this.queueLagAlarm = this.queueLag(runner, settings);
    this.secretErrorsAlarm = this.secretErrors(runner, settings);
    this.cpuAlarm = this.full('Cpu', 'CPU', runner.metricCpuUtilization(), settings.cpuPercent);
    this.memoryAlarm = this.full('Memory', 'memory', runner.metricMemoryUtilization(), settings.memoryPercent);
    this.diskAlarm = this.full('Disk', 'disk', runner.metricDiskUtilization(), settings.diskPercent);
    const alarms = {
      overdueRevocations: this.overdueRevocationsAlarm,
      tooFewRunners: this.tooFewRunnersAlarm,
      failedTasks: this.failedTasksAlarm,
      queueLag: this.queueLagAlarm,
      secretErrors: this.secretErrorsAlarm,
      cpu: this.cpuAlarm,
      memory: this.memoryAlarm,
      disk: this.diskAlarm,
    };
    this.alarms = Object.values(alarms);
    tell(this.alarms, props.alarmTopics ?? []);

    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: props.dashboardName,
      widgets: dashboardRows(runner, alarms, failedTasks),
    });
    this.queries = this.savedQueries(runner);
  }

  private overdueRevocations(runner: IRunnerHost): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'OverdueRevocations', {
      alarmDescription:
        'Accesses of the runner are past their end and could not be ended. Look into its log: the saved query on late ends.',
      metric: runner.metricOverdueRevocations({ period: Duration.seconds(METRIC_PERIOD_SECONDS) }),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 1,
      // An access stays overdue while no runner reports.
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
  }

  private tooFewRunners(runner: IRunnerHost, { leastRunners, leastRunnersMinutes }: AlarmSettings): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'TooFewRunners', {
      alarmDescription: 'Fewer runners take tasks than must: requests wait, and accesses are not ended. Look at the host and the log.',
      metric: runner.metricRunnersUp({ period: Duration.minutes(1) }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: leastRunners,
      evaluationPeriods: leastRunnersMinutes,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }

  private failedTasks(metric: cloudwatch.IMetric, { failedTasksPercent }: AlarmSettings): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'FailedTasks', {
      alarmDescription: 'Many tasks of the runner fail or are refused. Look into its log: the saved query on failed steps.',
      metric,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: failedTasksPercent,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  private queueLag(runner: IRunnerHost, { queueLagMs }: AlarmSettings): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'QueueLag', {
      alarmDescription: 'Steps wait long for a runner. Add runners, or let each do more at a time (RUNNER_MAX_CONCURRENT_TASKS).',
      metric: runner.metricQueueLag(),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: queueLagMs,
      evaluationPeriods: THREE_PERIODS,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  private secretErrors(runner: IRunnerHost, { secretErrors }: AlarmSettings): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, 'SecretErrors', {
      alarmDescription: 'The runner cannot read or use integration secrets. Look into its log: the saved query on secrets.',
      metric: runner.metricSecretErrors(),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: secretErrors,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  private full(id: string, what: string, metric: cloudwatch.IMetric, percent: number): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, id, {
      alarmDescription: `The runner's ${what} is used up: give its host more, or let it do less at a time (RUNNER_MAX_CONCURRENT_TASKS).`,
      metric,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: percent,
      evaluationPeriods: THREE_PERIODS,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  private savedQueries({ logGroup, runnerGroupId }: IRunnerHost): logs.QueryDefinition[] {
    if (logGroup === undefined) {
      return [];
    }
    return SAVED_QUERIES.map(
      ({ id, name, query }) =>
        new logs.QueryDefinition(this, `${id}Query`, {
          queryDefinitionName: `AxiomRunner/${runnerGroupId}/${name}`,
          queryString: new logs.QueryString(query),
          logGroups: [logGroup],
        }),
    );
  }
}

function tell(alarms: readonly cloudwatch.Alarm[], topics: readonly sns.ITopic[]): void {
  const told = topics.map((topic) => new actions.SnsAction(topic));
  for (const alarm of alarms) {
    alarm.addAlarmAction(...told);
    alarm.addOkAction(...told);
  }
}
