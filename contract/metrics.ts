/** Metrics of a runner: what it emits, and what dashboards and alarms read. */

/** CloudWatch namespace of the metrics that leave through the log (embedded metric format). */
export const METRIC_NAMESPACE = 'AxiomRunner';
/** Dimension of every metric: the runner group. */
export const METRIC_DIMENSION = 'RunnerGroupId';
/** Second dimension of the metrics of tasks: the workflow type, one of `WORKFLOW_TYPES`. */
export const METRIC_TASK_TYPE_DIMENSION = 'TaskType';
/** Time between two metric records in the log, seconds. */
export const METRIC_PERIOD_SECONDS = 60;

/** One metric under both of its names. */
export interface MetricName {
  /** Name in CloudWatch. */
  readonly cloudWatch: string;
  /** CloudWatch unit. */
  readonly unit: string;
  /** Name on `/metrics`. */
  readonly prometheus: string;
  /** Sets of dimensions under which CloudWatch has the metric; a figure stands once under each. */
  readonly dimensionSets: readonly (readonly string[])[];
  readonly meaning: string;
}

const BY_GROUP: readonly (readonly string[])[] = [[METRIC_DIMENSION]];
const BY_GROUP_AND_TASK_TYPE: readonly (readonly string[])[] = [...BY_GROUP, [METRIC_DIMENSION, METRIC_TASK_TYPE_DIMENSION]];

export const METRIC_TASKS_SUCCEEDED: MetricName = {
  cloudWatch: 'TasksSucceeded',
  unit: 'Count',
  prometheus: 'axiom_runner_tasks_total',
  dimensionSets: BY_GROUP_AND_TASK_TYPE,
  meaning: 'Tasks that were done: an access given, a system tested or swept, a collection complete.',
};
export const METRIC_TASKS_FAILED: MetricName = {
  cloudWatch: 'TasksFailed',
  unit: 'Count',
  prometheus: 'axiom_runner_tasks_total',
  dimensionSets: BY_GROUP_AND_TASK_TYPE,
  meaning: 'Tasks that were refused or given up.',
};

export const METRIC_STEPS_SUCCEEDED: MetricName = {
  cloudWatch: 'StepsSucceeded',
  unit: 'Count',
  prometheus: 'axiom_runner_steps_total',
  dimensionSets: BY_GROUP,
  meaning: 'Steps of tasks that succeeded.',
};
export const METRIC_STEPS_FAILED: MetricName = {
  cloudWatch: 'StepsFailed',
  unit: 'Count',
  prometheus: 'axiom_runner_steps_total',
  dimensionSets: BY_GROUP,
  meaning: 'Attempts at steps of tasks that failed; a retried attempt counts each time.',
};
export const METRIC_STEP_DURATION: MetricName = {
  cloudWatch: 'StepDuration',
  unit: 'Milliseconds',
  prometheus: 'axiom_runner_step_duration_seconds',
  dimensionSets: BY_GROUP,
  meaning: 'Time that an attempt at a step took.',
};
export const METRIC_QUEUE_LAG: MetricName = {
  cloudWatch: 'QueueLag',
  unit: 'Milliseconds',
  prometheus: 'axiom_runner_queue_lag_seconds',
  dimensionSets: BY_GROUP,
  meaning: 'Time that a step waited on the queue for a runner.',
};
export const METRIC_OVERDUE_REVOCATIONS: MetricName = {
  cloudWatch: 'OverdueRevocations',
  unit: 'Count',
  prometheus: 'axiom_runner_overdue_revocations',
  dimensionSets: BY_GROUP,
  meaning: 'Accesses past their end that the last round of the reaper could not end.',
};
export const METRIC_SECRET_ERRORS: MetricName = {
  cloudWatch: 'SecretErrors',
  unit: 'Count',
  prometheus: 'axiom_runner_secret_errors_total',
  dimensionSets: BY_GROUP,
  meaning: 'Integration secrets that could not be read or used.',
};
export const METRIC_RUNNER_UP: MetricName = {
  cloudWatch: 'RunnerUp',
  unit: 'Count',
  prometheus: 'axiom_runner_up',
  dimensionSets: BY_GROUP,
  meaning: '1 while the runner takes tasks, else 0.',
};

export const METRICS: readonly MetricName[] = [
  METRIC_TASKS_SUCCEEDED,
  METRIC_TASKS_FAILED,
  METRIC_STEPS_SUCCEEDED,
  METRIC_STEPS_FAILED,
  METRIC_STEP_DURATION,
  METRIC_QUEUE_LAG,
  METRIC_OVERDUE_REVOCATIONS,
  METRIC_SECRET_ERRORS,
  METRIC_RUNNER_UP,
];
