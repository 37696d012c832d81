/** Fields of the records in a runner's log: what it writes, and what saved queries read. One JSON object a line. */

/** Names of the fields, as queries spell them: a dot stands between a field and one inside it. */
export const LOG_FIELDS = {
  /** When it was written, unix seconds. */
  time: 'time',
  message: 'message',
  /** Kind of a record that is more than a message: one of the events below. */
  event: 'event',
  requestId: 'requestId',
  /** Name of the step. */
  step: 'step',
  /** Number of the attempt at the step. */
  attempt: 'attempt',
  durationMs: 'durationMs',
  /** `<type>/<id>` of the system. */
  system: 'system',
  permission: 'permission',
  principalId: 'principal.id',
  targetKind: 'target.kind',
  /** When the access ends, unix seconds. */
  expiresAt: 'expiresAt',
  /** Who ended an access outside its own workflow. */
  by: 'by',
  /** `succeeded` or `failed`. */
  outcome: 'outcome',
  errorCode: 'error.code',
  errorMessage: 'error.message',
  errorMend: 'error.mend',
} as const;

/** Event: one attempt at a step of a task. */
export const TASK_STEP_EVENT = 'task.step';
/** Event: an access that was ended outside its own workflow. */
export const ACCESS_END_EVENT = 'access.end';
/** Step that ends an access. */
export const REVERT_STEP = 'revertAccess';
/** Values of the field `outcome`. */
export const OUTCOME_SUCCEEDED = 'succeeded';
export const OUTCOME_FAILED = 'failed';
/** What the codes of errors about integration secrets begin with. */
export const SECRET_ERROR_PREFIX = 'SECRET_';
