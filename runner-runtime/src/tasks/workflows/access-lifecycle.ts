import type { Access, Evidence, TaskError } from '@axiom-runner/protocol';
import {
  type ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { EXTEND_UPDATE, MAX_ENVELOPE_BYTES, REVOKE_SIGNAL, STATUS_QUERY } from '../../../../contract/tasks.js';
import type { GrantedAccess, PlannedAccess } from '../activity-types.js';
import { brief, ending, prompt } from './proxies.js';
import { failureOf, Reporter } from './reporter.js';
import { refusalOfStart } from './starter-options.js';
import { taskErrorOf } from './task-errors.js';

/** Answer of the query `status`. */
export interface AccessStatus {
  readonly phase: 'planning' | 'planned' | 'granted' | 'revoking' | 'revoked' | 'failed';
  readonly access?: Access;
}

type Cause = 'expired' | 'asked' | 'cancelled' | 'failed';

/** A revocation that takes longer is reported as overdue, and goes on. */
const OVERDUE_AFTER = '5 minutes';
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * The life of one access, existing principal or dispensed credential alike: planned, granted, and ended by its expiry, a signal,
 * a cancellation or a failure; revoked and verified before the workflow ends.
 */
export async function accessLifecycle(envelope: unknown): Promise<void> {
  let phase: AccessStatus['phase'] = 'planning';
  let planned: PlannedAccess | undefined;
  let endsAt = 0;
  let asked = false;
  const reporter = new Reporter();

  setHandler(defineQuery<AccessStatus>(STATUS_QUERY), () => ({ phase, ...(planned === undefined ? {} : { access: planned.access }) }));
  setHandler(defineSignal(REVOKE_SIGNAL), () => {
    asked = true;
  });
  setHandler(
    defineUpdate<Access, [unknown]>(EXTEND_UPDATE),
    async (extension) => {
      if (planned === undefined) throw notExtendable(phase);
      const extended = await brief.extendAccess(extension, planned.intent);
      planned = extended;
      endsAt = Date.now() + extended.remainingMs;
      reporter.report({ stage: 'extended', access: extended.access });
      return extended.access;
    },
    {
      validator: (extension) => {
        if (phase !== 'granted' || asked) throw notExtendable(phase);
        if (JSON.stringify(extension ?? null).length > MAX_ENVELOPE_BYTES)
          throw failureOf({ code: 'TASK_REJECTED', message: 'The extension is too large.', retryable: false });
      },
    },
  );

  const refusal = refusalOfStart(envelope);
  if (refusal !== undefined) return reporter.fail(failureOf(refusal));
  let first: PlannedAccess;
  try {
    first = await prompt.planAccess(envelope);
  } catch (error) {
    phase = 'failed';
    return reporter.fail(error);
  }
  planned = first;
  reporter.system = first.system;
  phase = 'planned';

  let cause: Cause = 'asked';
  let failure: TaskError | undefined;
  try {
    if (!asked) {
      const granted: GrantedAccess = await prompt.applyAccess(envelope, first.intent);
      phase = 'granted';
      endsAt = Date.now() + granted.remainingMs;
      reporter.report({
        stage: 'granted',
        access: granted.access,
        ...(granted.sealedCredential === undefined ? {} : { sealedCredential: granted.sealedCredential }),
      });
      while (!asked && Date.now() < endsAt) {
        const end = endsAt;
        await condition(() => asked || endsAt !== end, end - Date.now());
      }
      if (!asked) cause = 'expired';
    }
  } catch (error) {
    cause = isCancellation(error) ? 'cancelled' : 'failed';
    if (cause === 'failed') failure = taskErrorOf(error);
  }
  phase = 'revoking';

  await CancellationScope.nonCancellable(async () => {
    await condition(allHandlersFinished);
    const { access, intent } = planned ?? first;
    const overdue = (error: TaskError) => reporter.report({ stage: 'revocation_overdue', access, error });
    try {
      const evidence = await end(intent, overdue);
      phase = 'revoked';
      reporter.report({ stage: 'revoked', access, cause, evidence, ...(failure === undefined ? {} : { error: failure }) });
    } catch (error) {
      phase = 'failed';
      failure = taskErrorOf(error);
      overdue(failure);
    }
    await reporter.settled();
  });
  if (failure !== undefined) throw failureOf(failure);
}

/** Reverts and verifies until the revocation is proved. */
async function end(intent: string, overdue: (error: TaskError) => void): Promise<Evidence> {
  const watch = new CancellationScope();
  watch
    .run(async () => {
      await sleep(OVERDUE_AFTER);
      overdue({
        code: 'INTERNAL',
        message: 'The revocation is not proved yet; the runner goes on trying.',
        retryable: true,
        mend: 'See the log of the runner for what hinders it.',
      });
    })
    .catch(() => undefined);
  const actions = new Set<string>();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const reverted = await ending.revertAccess(intent);
    const verified = await ending.verifyAccess(intent);
    for (const action of reverted.actions) actions.add(action);
    if (verified.proved) {
      watch.cancel();
      return {
        actions: [...actions],
        observations: verified.observations,
        proved: true,
        warnings: [...reverted.warnings, ...verified.warnings],
      };
    }
    await sleep(pause);
  }
}

function notExtendable(phase: string): ApplicationFailure {
  return failureOf({ code: 'TASK_REJECTED', message: `The access is ${phase} and cannot be extended.`, retryable: false });
}
