import { beforeEach, describe, expect, it } from '@jest/globals';
import { RunnerError } from '../../src/errors.js';
import type { TaskMeasure } from '../../src/operations/metrics.js';
import { type AttemptInfo, TaskTally } from '../../src/tasks/task-tally.js';

const STARTED = 1_750_000_000_000;
const FIVE_MINUTES = 300_000;

const attempt = (changes: Partial<AttemptInfo> = {}): AttemptInfo => ({
  workflowType: 'ProvisionAccess',
  workflowExecution: { workflowId: 'request-1', runId: 'run-1' },
  attempt: 1,
  scheduledTimestampMs: STARTED,
  scheduleToCloseTimeoutMs: FIVE_MINUTES,
  retryPolicy: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 10_000 },
  ...changes,
});
const run = (runId: string) => ({ workflowExecution: { workflowId: 'request-1', runId } });
const REFUSED = new RunnerError('TASK_REJECTED', 'no');
const AWAY = new RunnerError('TARGET_UNREACHABLE', 'away');

describe('a tally of tasks', () => {
  let counted: TaskMeasure[];
  let now: number;
  let tally: TaskTally;
  beforeEach(() => {
    counted = [];
    now = STARTED;
    tally = new TaskTally({ task: (measure) => void counted.push(measure) }, () => now);
  });
  const succeeded = { type: 'ProvisionAccess', succeeded: true };
  const failed = { type: 'ProvisionAccess', succeeded: false };

  it('counts a task that is done, and one that failed for good', () => {
    tally.done(attempt());
    tally.failed(attempt(run('run-2')), REFUSED);
    expect(counted).toEqual([succeeded, failed]);
  });

  it('counts no failure that is tried again', () => {
    tally.failed(attempt(), AWAY);
    expect(counted).toEqual([]);
  });

  it.each<[string, number, Partial<AttemptInfo>, number | undefined, boolean]>([
    ['there is time for another attempt', 280_000, { attempt: 40 }, undefined, false],
    ['the next attempt would come too late', 291_000, { attempt: 40 }, undefined, true],
    ['early attempts follow each other fast', 291_000, { attempt: 2 }, undefined, false],
    ['the system asks for a longer pause than there is time', 200_000, { attempt: 2 }, 120_000, true],
    ['the step has no limit of time', 10 * FIVE_MINUTES, { attempt: 40, scheduleToCloseTimeoutMs: 0 }, undefined, false],
    ['nothing is said of pauses, and time is over', FIVE_MINUTES + 1, { retryPolicy: {} }, undefined, true],
  ])('knows when the engine gives up: %s', (_, elapsedMs, changes, retryAfterMs, isCounted) => {
    now = STARTED + elapsedMs;
    tally.failed(attempt(changes), new RunnerError('RATE_LIMITED', 'slowly', { retryable: true, retryAfterMs }));
    expect(counted).toEqual(isCounted ? [failed] : []);
  });

  it('counts a run once, though its step is made again', () => {
    tally.done(attempt());
    tally.done(attempt({ attempt: 2 }));
    tally.failed(attempt({ attempt: 3 }), REFUSED);
    expect(counted).toEqual([succeeded]);
  });

  it('counts each run of a request: a replay is a task of its own', () => {
    tally.done(attempt());
    tally.failed(attempt(run('run-2')), REFUSED);
    expect(counted).toHaveLength(2);
  });

  it.each(['', 'callStep', 'provisionAccess'])('counts no workflow that is none of the published: "%s"', (workflowType) => {
    tally.done(attempt({ workflowType }));
    tally.failed(attempt({ workflowType }), REFUSED);
    expect(counted).toEqual([]);
  });

  it('forgets the oldest runs, not the newest', () => {
    for (let index = 0; index <= 10_000; index += 1) tally.done(attempt(run(`run-${index}`)));
    tally.done(attempt(run('run-10000')));
    expect(counted).toHaveLength(10_001);
    tally.done(attempt(run('run-0')));
    expect(counted).toHaveLength(10_002);
  });
});
