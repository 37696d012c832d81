import type { Stack } from 'aws-cdk-lib';
import { RunnerMonitoring, type RunnerMonitoringProps } from '../../constructs';
import { StandInHost, type StandInHostProps } from './runner-host';
import { aStack, templateOf, theOne } from './synth';

/** An alarm as the template has it. */
export interface Alarm {
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly TreatMissingData: string;
  readonly Period?: number;
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Dimensions?: unknown;
  readonly Metrics?: readonly { readonly Expression?: string; readonly MetricStat?: { readonly Period: number } }[];
  readonly AlarmActions?: unknown;
  readonly OKActions?: unknown;
}

/** A host, and what watches it. */
export function monitored(props: Partial<RunnerMonitoringProps> = {}, host: StandInHostProps = {}, stack = aStack()) {
  const runner = new StandInHost(stack, 'Runner', host);
  return { stack, monitoring: new RunnerMonitoring(stack, 'Monitoring', { runner, ...props }) };
}

/** The alarm of an id. */
export function alarmIn(stack: Stack, id: string): Alarm {
  const found = Object.entries(templateOf(stack).findResources('AWS::CloudWatch::Alarm')).filter(([logicalId]) =>
    new RegExp(`^Monitoring${id}[0-9A-F]{8}$`).test(logicalId),
  );
  expect(found).toHaveLength(1);
  return found[0]?.[1]['Properties'];
}

/** A widget as the body of a dashboard has it. */
export interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: { readonly horizontal?: readonly unknown[] };
  };
}

/** The widgets of the only dashboard, with 0 for what only CloudFormation knows. */
export function widgetsIn(stack: Stack): readonly Widget[] {
  const body = theOne(templateOf(stack), 'AWS::CloudWatch::Dashboard')['DashboardBody'];
  const parts = typeof body === 'string' ? [body] : (body as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : '0')).join('')).widgets;
}
