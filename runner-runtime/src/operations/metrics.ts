import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  METRIC_DIMENSION,
  METRIC_NAMESPACE,
  METRIC_OVERDUE_REVOCATIONS,
  METRIC_QUEUE_LAG,
  METRIC_RUNNER_UP,
  METRIC_SECRET_ERRORS,
  METRIC_STEP_DURATION,
  METRIC_STEPS_FAILED,
  METRIC_STEPS_SUCCEEDED,
  METRIC_TASK_TYPE_DIMENSION,
  METRIC_TASKS_FAILED,
  METRIC_TASKS_SUCCEEDED,
  METRICS,
} from '../../../contract/metrics.js';

/** Most values of one metric in an embedded-metric record: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
const MOST_VALUES = 100;
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** What one attempt at a step was. */
export interface StepMeasure {
  /** Name of the activity. */
  readonly step: string;
  readonly succeeded: boolean;
  readonly durationMs: number;
  readonly queueLagMs: number;
}

/** What became of one task. */
export interface TaskMeasure {
  /** Workflow type. */
  readonly type: string;
  readonly succeeded: boolean;
}

/** The figures of a runner, for Prometheus and for CloudWatch's embedded metric format. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #tasks = new Counter({
    name: METRIC_TASKS_SUCCEEDED.prometheus,
    help: 'Tasks that were done or given up.',
    labelNames: ['task_type', 'outcome'],
    registers: [this.#registry],
  });
  readonly #steps = new Counter({
    name: METRIC_STEPS_SUCCEEDED.prometheus,
    help: 'Attempts at steps of tasks.',
    labelNames: ['step', 'outcome'],
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: METRIC_STEP_DURATION.prometheus,
    help: METRIC_STEP_DURATION.meaning,
    labelNames: ['step'],
    buckets: BUCKETS,
    registers: [this.#registry],
  });
  readonly #lag = new Histogram({
    name: METRIC_QUEUE_LAG.prometheus,
    help: METRIC_QUEUE_LAG.meaning,
    buckets: BUCKETS,
    registers: [this.#registry],
  });
  readonly #overdue = new Gauge({
    name: METRIC_OVERDUE_REVOCATIONS.prometheus,
    help: METRIC_OVERDUE_REVOCATIONS.meaning,
    registers: [this.#registry],
  });
  readonly #secretErrors = new Counter({
    name: METRIC_SECRET_ERRORS.prometheus,
    help: METRIC_SECRET_ERRORS.meaning,
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly #up = new Gauge({ name: METRIC_RUNNER_UP.prometheus, help: METRIC_RUNNER_UP.meaning, registers: [this.#registry] });
  #period = emptyPeriod();
  #overdueNow = 0;
  #upNow = 0;

  constructor(private readonly runnerGroupId: string) {}

  task({ type, succeeded }: TaskMeasure): void {
    this.#tasks.inc({ task_type: type, outcome: outcomeOf(succeeded) });
    const tally = this.#period.tasks.get(type) ?? { succeeded: 0, failed: 0 };
    tally[outcomeOf(succeeded)] += 1;
    this.#period.tasks.set(type, tally);
  }

  step({ step, succeeded, durationMs, queueLagMs }: StepMeasure): void {
    this.#steps.inc({ step, outcome: outcomeOf(succeeded) });
    this.#duration.observe({ step }, durationMs / 1000);
    this.#lag.observe(Math.max(0, queueLagMs) / 1000);
    this.#period.steps[outcomeOf(succeeded)] += 1;
    remember(this.#period.durations, durationMs);
    remember(this.#period.lags, Math.max(0, queueLagMs));
  }

  secretError(code: string): void {
    this.#secretErrors.inc({ code });
    this.#period.secretErrors += 1;
  }

  overdue(count: number): void {
    this.#overdue.set(count);
    this.#overdueNow = count;
  }

  up(isUp: boolean): void {
    this.#upNow = isUp ? 1 : 0;
    this.#up.set(this.#upNow);
  }

  /** Prometheus text format. */
  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /**
   * The fields of the embedded-metric log records of a period, and the start of a new one: one record of the group, and one for each type
   * of task that was done or given up in it. A record holds each metric once, so types cannot share one.
   * @param nowMs unix milliseconds
   */
  embedded(nowMs: number): readonly Record<string, unknown>[] {
    const { steps, tasks, secretErrors, durations, lags } = this.#period;
    this.#period = emptyPeriod();
    const group = { [METRIC_DIMENSION]: this.runnerGroupId };
    const all = [...tasks.values()];
    return [
      embeddedRecord(nowMs, group, {
        ...taskValues({ succeeded: sum(all.map(({ succeeded }) => succeeded)), failed: sum(all.map(({ failed }) => failed)) }),
        [METRIC_STEPS_SUCCEEDED.cloudWatch]: steps.succeeded,
        [METRIC_STEPS_FAILED.cloudWatch]: steps.failed,
        [METRIC_SECRET_ERRORS.cloudWatch]: secretErrors,
        [METRIC_OVERDUE_REVOCATIONS.cloudWatch]: this.#overdueNow,
        [METRIC_RUNNER_UP.cloudWatch]: this.#upNow,
        ...(durations.length === 0 ? {} : { [METRIC_STEP_DURATION.cloudWatch]: durations }),
        ...(lags.length === 0 ? {} : { [METRIC_QUEUE_LAG.cloudWatch]: lags }),
      }),
      ...[...tasks].map(([type, tally]) => embeddedRecord(nowMs, { ...group, [METRIC_TASK_TYPE_DIMENSION]: type }, taskValues(tally))),
    ];
  }
}

type Values = Readonly<Record<string, number | readonly number[]>>;

/** One record of values under all of its dimensions together. */
function embeddedRecord(nowMs: number, dimensions: Readonly<Record<string, string>>, values: Values): Record<string, unknown> {
  const present = METRICS.filter(({ cloudWatch }) => cloudWatch in values);
  return {
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [Object.keys(dimensions)],
          Metrics: present.map(({ cloudWatch, unit }) => ({ Name: cloudWatch, Unit: unit })),
        },
      ],
    },
    ...dimensions,
    ...values,
  };
}

interface Tally {
  succeeded: number;
  failed: number;
}

interface Period {
  readonly steps: Tally;
  /** By type of task. */
  readonly tasks: Map<string, Tally>;
  secretErrors: number;
  readonly durations: number[];
  readonly lags: number[];
}

function emptyPeriod(): Period {
  return { steps: { succeeded: 0, failed: 0 }, tasks: new Map(), secretErrors: 0, durations: [], lags: [] };
}

function taskValues({ succeeded, failed }: Tally): Values {
  return { [METRIC_TASKS_SUCCEEDED.cloudWatch]: succeeded, [METRIC_TASKS_FAILED.cloudWatch]: failed };
}

function outcomeOf(succeeded: boolean): keyof Tally {
  return succeeded ? 'succeeded' : 'failed';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Keeps the first hundred values of a period: a sample, as a record can hold no more. */
function remember(values: number[], value: number): void {
  if (values.length < MOST_VALUES) values.push(Math.round(value));
}
