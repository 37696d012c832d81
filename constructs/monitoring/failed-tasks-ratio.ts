import type { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { IRunnerHost } from '../runner/runner-host';

/** Per cent of the tasks that failed; 0 while there were fewer than `leastTasks`. */
export function failedTasksRatio(runner: IRunnerHost, leastTasks: number, period: Duration): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `IF(failed + succeeded >= ${leastTasks}, 100 * failed / (failed + succeeded), 0)`,
    usingMetrics: { failed: runner.metricTasksFailed({ period }), succeeded: runner.metricTasksSucceeded({ period }) },
    label: 'Failed tasks, per cent',
    period,
  });
}
