import type { Duration } from 'aws-cdk-lib';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IRunnerHost } from '../runner/runner-host';

/** Settings of a `RunnerMonitoring`. */
export interface RunnerMonitoringProps {
  /** The host whose runners are watched. */
  readonly runner: IRunnerHost;

  /**
   * Topics that are told when an alarm goes off and when it is over. The key of an encrypted topic must let
   * `cloudwatch.amazonaws.com` use it.
   * @default - nobody is told
   */
  readonly alarmTopics?: sns.ITopic[];

  /**
   * Name of the dashboard.
   * @default - made by CloudFormation
   */
  readonly dashboardName?: string;

  /**
   * Fewest runners that must take tasks.
   * @default 1
   */
  readonly leastRunners?: number;

  /**
   * How long fewer runners may take tasks before the alarm goes off, in whole minutes, at most a day. Give a rolling replacement of a
   * single runner its time.
   * @default Duration.minutes(5)
   */
  readonly leastRunnersFor?: Duration;

  /**
   * Per cent of the tasks of a quarter of an hour that may fail; more is an alarm. Refused tasks count as failed.
   * @default 25
   */
  readonly failedTasksPercent?: number;

  /**
   * Tasks of a quarter of an hour from which on the percentage counts: one failure of two says little.
   * @default 5
   */
  readonly leastTasks?: number;

  /**
   * How long a step may wait for a runner (95th percentile); longer, for a quarter of an hour, is an alarm.
   * @default Duration.seconds(30)
   */
  readonly queueLag?: Duration;

  /**
   * Failures to read or use integration secrets that are tolerated within five minutes; more is an alarm.
   * @default 0
   */
  readonly secretErrors?: number;

  /**
   * Per cent of the CPU that may be in use; more, for a quarter of an hour, is an alarm.
   * @default 90
   */
  readonly cpuPercent?: number;

  /**
   * Per cent of the memory that may be in use; more, for a quarter of an hour, is an alarm.
   * @default 90
   */
  readonly memoryPercent?: number;

  /**
   * Per cent of the disk that may be in use; more, for a quarter of an hour, is an alarm.
   * @default 85
   */
  readonly diskPercent?: number;
}
