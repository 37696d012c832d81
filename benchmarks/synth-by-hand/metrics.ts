import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** A metric that the runners of a group emit: the sum, unless it is said otherwise. */
export function metric(group: string, metricName: string, more: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
  const statistic = cloudwatch.Stats.SUM;
  return new cloudwatch.Metric({ namespace: 'AxiomRunner', metricName, dimensionsMap: { RunnerGroupId: group }, statistic, ...more });
}

/** Per cent of the tasks that failed. */
export function expression(group: string): cloudwatch.MathExpression {
  const period = Duration.minutes(15);
  return new cloudwatch.MathExpression({
    expression: 'IF(failed + succeeded >= 5, 100 * failed / (failed + succeeded), 0)',
    usingMetrics: { failed: metric(group, 'TasksFailed', { period }), succeeded: metric(group, 'TasksSucceeded', { period }) },
    label: 'Failed tasks, per cent',
    period,
  });
}
