import { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkedCount } from '../checks/setting-check';
import type { RunnerMonitoringProps } from './runner-monitoring-props';

/** When each alarm goes off, checked and complete. */
export interface AlarmSettings {
  readonly leastRunners: number;
  readonly leastRunnersMinutes: number;
  readonly failedTasksPercent: number;
  readonly leastTasks: number;
  readonly queueLagMs: number;
  readonly secretErrors: number;
  readonly cpuPercent: number;
  readonly memoryPercent: number;
  readonly diskPercent: number;
}

/** CloudWatch evaluates alarms over a day at most. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
const MINUTES_OF_A_DAY = 1440;
const ANY_COUNT = Number.MAX_SAFE_INTEGER;

/** Fills in the defaults. Throws on a threshold that no metric can cross, or that every one does. */
export function alarmSettings(scope: IConstruct, props: RunnerMonitoringProps): AlarmSettings {
  const count = (setting: string, value: number, least: number, most: number): number =>
    checkedCount(scope, setting, value, least, most, 'Correct the threshold.');
  const percent = (setting: 'failedTasksPercent' | 'cpuPercent' | 'memoryPercent' | 'diskPercent', otherwise: number): number =>
    // At 100 nothing is ever above.
    count(setting, props[setting] ?? otherwise, 1, 99);
  const { leastRunnersFor = Duration.minutes(5), queueLag = Duration.seconds(30) } = props;
  return {
    leastRunners: count('leastRunners', props.leastRunners ?? 1, 1, ANY_COUNT),
    leastRunnersMinutes: count('leastRunnersFor', leastRunnersFor.toMinutes({ integral: false }), 1, MINUTES_OF_A_DAY),
    failedTasksPercent: percent('failedTasksPercent', 25),
    leastTasks: count('leastTasks', props.leastTasks ?? 5, 1, ANY_COUNT),
    queueLagMs: count('queueLag', queueLag.toMilliseconds(), 1, ANY_COUNT),
    secretErrors: count('secretErrors', props.secretErrors ?? 0, 0, ANY_COUNT),
    cpuPercent: percent('cpuPercent', 90),
    memoryPercent: percent('memoryPercent', 90),
    diskPercent: percent('diskPercent', 85),
  };
}
