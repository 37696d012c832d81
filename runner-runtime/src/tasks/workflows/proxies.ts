import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { REVOCATION_RETRY_DAYS } from '../../../../contract/tasks.js';
import type { RunnerActivities } from '../activity-types.js';

/** Attempts are never counted, only the time in which they may happen: an attempt that a draining worker hands back costs nothing. */
const common = {
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
} as const;

/** Steps that somebody waits for: given up after five minutes. */
export const prompt = proxyActivities<RunnerActivities>({
  ...common,
  scheduleToCloseTimeout: '5 minutes',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
});

/** A step that must not hold up the end of an access. */
export const brief = proxyActivities<RunnerActivities>({
  ...common,
  scheduleToCloseTimeout: '30 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds' },
});

/** Reads of a collection: a page may wait for a system to come back. */
export const collecting = proxyActivities<RunnerActivities>({
  ...common,
  scheduleToCloseTimeout: '2 hours',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/** Steps that end an access: tried for a month; the reaper goes on after it. */
export const ending = proxyActivities<RunnerActivities>({
  ...common,
  scheduleToCloseTimeout: `${REVOCATION_RETRY_DAYS} days`,
  retry: { initialInterval: '1 second', maximumInterval: '2 minutes' },
});
