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

/** The figures of a runner, for Prometheus and for CloudWatch's embedded metric format. */
export class Metrics {
  readonly #registry = new Registry();
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

  step({ step, succeeded, durationMs, queueLagMs }: StepMeasure): void {
    this.#steps.inc({ step, outcome: succeeded ? 'succeeded' : 'failed' });
    this.#duration.observe({ step }, durationMs / 1000);
    this.#lag.observe(Math.max(0, queueLagMs) / 1000);
    this.#period[succeeded ? 'succeeded' : 'failed'] += 1;
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
   * The fields of one embedded-metric log record, and the start of a new period.
   * @param nowMs unix milliseconds
   */
  embedded(nowMs: number): Record<string, unknown> {
    const { succeeded, failed, secretErrors, durations, lags } = this.#period;
    this.#period = emptyPeriod();
    const values: Record<string, number | number[]> = {
      [METRIC_STEPS_SUCCEEDED.cloudWatch]: succeeded,
      [METRIC_STEPS_FAILED.cloudWatch]: failed,
      [METRIC_SECRET_ERRORS.cloudWatch]: secretErrors,
      [METRIC_OVERDUE_REVOCATIONS.cloudWatch]: this.#overdueNow,
      [METRIC_RUNNER_UP.cloudWatch]: this.#upNow,
      ...(durations.length === 0 ? {} : { [METRIC_STEP_DURATION.cloudWatch]: durations }),
      ...(lags.length === 0 ? {} : { [METRIC_QUEUE_LAG.cloudWatch]: lags }),
    };
    const present = METRICS.filter(({ cloudWatch }) => cloudWatch in values);
    return {
      _aws: {
        Timestamp: nowMs,
        CloudWatchMetrics: [
          {
            Namespace: METRIC_NAMESPACE,
            Dimensions: [[METRIC_DIMENSION]],
            Metrics: present.map(({ cloudWatch, unit }) => ({ Name: cloudWatch, Unit: unit })),
          },
        ],
      },
      [METRIC_DIMENSION]: this.runnerGroupId,
      ...values,
    };
  }
}

interface Period {
  succeeded: number;
  failed: number;
  secretErrors: number;
  durations: number[];
  lags: number[];
}

function emptyPeriod(): Period {
  return { succeeded: 0, failed: 0, secretErrors: 0, durations: [], lags: [] };
}

/** Keeps the first hundred values of a period: a sample, as a record can hold no more. */
function remember(values: number[], value: number): void {
  if (values.length < MOST_VALUES) values.push(Math.round(value));
}
