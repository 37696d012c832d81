import type * as logs from 'aws-cdk-lib/aws-logs';
import {
  ACCESS_END_EVENT,
  LOG_FIELDS,
  OUTCOME_FAILED,
  OUTCOME_SUCCEEDED,
  REVERT_STEP,
  SECRET_ERROR_PREFIX,
  TASK_STEP_EVENT,
} from '../../contract/log-fields';

/** A query over a runner's log, as Logs Insights keeps it. */
export interface SavedQuery {
  /** Id of its construct. */
  readonly id: string;
  /** Name that people pick it by. */
  readonly name: string;
  readonly query: logs.QueryStringProps;
}

/** Time between the end of an access and its revocation that is no news, seconds. */
const PROMPT_SECONDS = 60;

const {
  time,
  message,
  event,
  requestId,
  step,
  attempt,
  durationMs,
  system,
  permission,
  principalId,
  targetKind,
  expiresAt,
  by,
  outcome,
  errorCode,
  errorMessage,
  errorMend,
} = LOG_FIELDS;

const isStep = `${event} = "${TASK_STEP_EVENT}"`;
const isEndedAccess = `(${isStep} and ${step} = "${REVERT_STEP}" and ${outcome} = "${OUTCOME_SUCCEEDED}") or ${event} = "${ACCESS_END_EVENT}"`;

/** What one asks a runner's log. Syntax: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html */
export const SAVED_QUERIES: readonly SavedQuery[] = [
  {
    id: 'FailedSteps',
    name: 'Failed steps by code',
    query: {
      filterStatements: [`${isStep} and ${outcome} = "${OUTCOME_FAILED}"`],
      statsStatements: [`count(*) as attempts, latest(${errorMessage}) as lastMessage by ${errorCode}, ${step}`],
      sort: 'attempts desc',
    },
  },
  {
    id: 'RequestHistory',
    name: 'History of one request',
    query: {
      fields: ['@timestamp', event, step, attempt, outcome, durationMs, errorCode, errorMend, message],
      filterStatements: [`${requestId} = "REQUEST-ID"`],
      sort: '@timestamp asc',
      limit: 1000,
    },
  },
  {
    id: 'LateEnds',
    name: 'Accesses that were ended late',
    query: {
      fields: [
        '@timestamp',
        `${time} - ${expiresAt} as lateSeconds`,
        requestId,
        system,
        targetKind,
        permission,
        principalId,
        by,
        outcome,
        errorCode,
      ],
      filterStatements: [isEndedAccess, `lateSeconds > ${PROMPT_SECONDS}`],
      sort: 'lateSeconds desc',
      limit: 1000,
    },
  },
  {
    id: 'SlowestSteps',
    name: 'Slowest steps',
    query: {
      filterStatements: [isStep],
      statsStatements: [
        `count(*) as attempts, pct(${durationMs}, 50) as medianMs, pct(${durationMs}, 95) as p95Ms, max(${durationMs}) as longestMs by ${step}`,
      ],
      sort: 'p95Ms desc',
    },
  },
  {
    id: 'SecretErrors',
    name: 'Integration secrets that cannot be read or used',
    query: {
      filterStatements: [`${errorCode} like /^${SECRET_ERROR_PREFIX}/`],
      statsStatements: [
        `count(*) as errors, latest(${errorMessage}) as lastMessage, latest(${errorMend}) as mend by ${errorCode}, ${system}`,
      ],
      sort: 'errors desc',
    },
  },
];
