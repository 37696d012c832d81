import { RunnerError } from '../errors.js';
import type { SystemAccess } from '../integrations/integration.js';
import { type Intent, isOutdated, tombstoneUntil } from '../integrations/intent.js';
import type { Mark } from '../integrations/marks.js';

type Clock = Pick<SystemAccess<unknown>, 'now'>;

/** @throws {RunnerError} `TASK_REJECTED` once the time in which the access may be made is over */
export function requireInTime({ now }: Clock, intent: Intent): void {
  if (now() / 1000 <= intent.applyUntil) return;
  throw new RunnerError('TASK_REJECTED', 'The time in which this access may be made has passed.', { object: intent.requestId });
}

/** @throws {RunnerError} `TASK_REJECTED` for a request that was revoked: what is asked for again must not come back */
export function requireNotRevoked(mark: Pick<Mark, 'state'> | undefined, intent: Intent): void {
  if (mark?.state !== 'revoked') return;
  throw new RunnerError('TASK_REJECTED', 'This request was revoked.', { object: intent.requestId, mend: 'Make a new request.' });
}

/** @throws {RunnerError} `TASK_REJECTED` where the access stands by another plan, or with an end that was moved since */
export function requireSamePlan(standing: Intent | undefined, intent: Intent): void {
  if (standing !== undefined && standing.plannedAt === intent.plannedAt && !isOutdated(intent, standing)) return;
  throw new RunnerError('TASK_REJECTED', 'The access stands already, by another plan or with an end that was moved since.', {
    object: intent.requestId,
  });
}

/** @throws {RunnerError} `TARGET_NOT_FOUND` where the access has ended, `TASK_REJECTED` where the extension is not the newest */
export function requireExtensible(mark: Mark | undefined, intent: Intent): void {
  if (mark?.state !== 'active')
    throw new RunnerError('TARGET_NOT_FOUND', 'The access does not exist (any more).', { object: intent.requestId });
  if (isOutdated(intent, mark.intent)) {
    throw new RunnerError('TASK_REJECTED', 'A later extension has set the end of this access already.', { object: intent.requestId });
  }
}

/** Whether a tombstone has done its duty: the request can no longer be replayed. */
export function isReplayOver({ now }: Clock, intent: Intent): boolean {
  return now() / 1000 >= tombstoneUntil(intent);
}

/** A vendor's own expiry comes a little after the runner's, so that the one with the proof comes first. */
const NATIVE_EXPIRY_DELAY_SECONDS = 60;

/** When the vendor itself ends an access, unix seconds. */
export function nativeExpiryOf({ expiresAt }: Pick<Intent, 'expiresAt'>): number {
  return expiresAt + NATIVE_EXPIRY_DELAY_SECONDS;
}
