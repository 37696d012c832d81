import { type Access, acceptanceEnd, type Evidence, SCHEMA_VERSION, sealCredential, systemName } from '@axiom-runner/protocol';
import { RunnerError } from '../errors.js';
import type { Guard, TaskOf } from '../guard/admission.js';
import type { Group } from '../guard/group-marks.js';
import type { Intent } from '../integrations/intent.js';
import type { Reaper } from '../systems/reaper.js';
import type { Systems, UseOfIntent } from '../systems/systems.js';
import type { ExtendedAccess, GrantedAccess, PlannedAccess } from './activity-types.js';
import type { Attempt } from './attempt.js';
import type { SealedDocuments } from './sealed-documents.js';

const ACCESS_TASKS = ['ProvisionAccess', 'DispenseCredential'] as const;

/** What the access activities work with. */
export interface AccessActivitiesOptions {
  readonly guard: Guard;
  readonly documents: SealedDocuments;
  readonly systems: Systems;
  readonly group: Group;
  readonly reaper: Pick<Reaper, 'expect'>;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The steps of an access's life. Each verifies by itself what it is given before it reads a secret. */
export class AccessActivities {
  constructor(private readonly options: AccessActivitiesOptions) {}

  /** Accepts the task and fixes what will be done; reads only. */
  async plan(attempt: Attempt, envelope: unknown): Promise<PlannedAccess> {
    const { guard, systems, group } = this.options;
    const task = await guard.accept(envelope, attempt.workflowId, ACCESS_TASKS);
    const body = task.task;
    attempt.describe(body);
    const principal = body.type === 'ProvisionAccess' ? body.principal : undefined;
    const plannedAt = this.#seconds();
    const intent = await systems.open(body.system, attempt.gate, attempt.signal, async (integration, access): Promise<Intent> => {
      const plan = await integration.plan(access, { requestId: task.jti, target: body.target, permission: body.permission, principal });
      return {
        schemaVersion: SCHEMA_VERSION,
        requestId: task.jti,
        tenantId: group.tenantId,
        runnerGroupId: group.runnerGroupId,
        kind: body.type === 'ProvisionAccess' ? 'provision' : 'dispense',
        system: body.system,
        target: body.target,
        permission: body.permission,
        principal: plan.principal,
        plannedAt,
        applyUntil: acceptanceEnd(task),
        expiresAt: plannedAt + body.durationSeconds,
        state: plan.state,
      };
    });
    return this.#planned(intent);
  }

  /** Makes the access. The task must be the one that the intent came from, and its time to be applied must not be over. */
  async apply(attempt: Attempt, envelope: unknown, sealedIntent: unknown): Promise<GrantedAccess> {
    const { guard, documents, systems } = this.options;
    const task = await guard.recognise(envelope, attempt.workflowId, ACCESS_TASKS);
    const intent = documents.openIntent(sealedIntent, attempt.workflowId);
    attempt.describe(intent);
    assertSameRequest(task, intent);
    if (this.#seconds() >= Math.min(intent.applyUntil, intent.expiresAt)) {
      throw new RunnerError('TASK_REJECTED', 'The access could not be made in the time in which its task is valid.', {
        mend: 'Ask again.',
      });
    }
    const applied = await systems.openFor(intent, attempt.gate, attempt.signal, (integration, access, own) =>
      integration.apply(access, own),
    );
    attempt.note({ actions: applied.actions });
    this.options.reaper.expect(intent.expiresAt * 1000);
    return {
      access: accessOf(intent),
      remainingMs: this.#remainingMs(intent),
      ...(task.task.type === 'DispenseCredential'
        ? {
            sealedCredential: await sealCredential(
              {
                requestId: intent.requestId,
                system: systemName(intent.system),
                values: { ...applied.credential },
                expiresAt: intent.expiresAt,
              },
              task.task.recipient.jwk,
            ),
          }
        : {}),
    };
  }

  /** Gives a living access another end, not further from its start than the runner's longest duration. */
  async extend(attempt: Attempt, envelope: unknown, sealedIntent: unknown): Promise<ExtendedAccess> {
    const { guard, documents, systems } = this.options;
    const task = await guard.accept(envelope, attempt.workflowId, ['ExtendAccess'] as const);
    const intent = documents.openIntent(sealedIntent, attempt.workflowId);
    const { expiresAt } = task.task;
    const extended: Intent = { ...intent, expiresAt, extendedAt: task.iat };
    attempt.describe(extended);
    guard.permitExtension(task, intent);
    await systems.openFor(extended, attempt.gate, attempt.signal, (integration, access, own) => integration.extend(access, own));
    this.options.reaper.expect(expiresAt * 1000);
    return { ...this.#planned(extended), remainingMs: this.#remainingMs(extended) };
  }

  /** Ends an access; needs nothing but the intent. */
  async revert(attempt: Attempt, sealedIntent: unknown): Promise<Pick<Evidence, 'actions' | 'warnings'>> {
    const reverted = await this.#end(attempt, sealedIntent, (integration, access, intent) => integration.revert(access, intent));
    attempt.note(reverted);
    return reverted;
  }

  /** Reads back whether an access is gone. */
  async verify(attempt: Attempt, sealedIntent: unknown): Promise<Pick<Evidence, 'observations' | 'proved' | 'warnings'>> {
    const verified = await this.#end(attempt, sealedIntent, (integration, access, intent) => integration.verify(access, intent));
    attempt.note({ proved: verified.proved });
    return verified;
  }

  /** Whatever hinders a revocation may pass, an intent under a state key that this runner has not read yet included: every error is tried again. */
  async #end<T>(attempt: Attempt, sealedIntent: unknown, step: UseOfIntent<T>): Promise<T> {
    try {
      const intent = this.options.documents.openIntent(sealedIntent, attempt.workflowId);
      attempt.describe(intent);
      return await this.options.systems.openFor(intent, attempt.gate, attempt.signal, step);
    } catch (error) {
      if (!(error instanceof RunnerError) || error.retryable) throw error;
      throw new RunnerError(error.code, error.message, { object: error.object, mend: error.mend, retryable: true });
    }
  }

  #planned(intent: Intent): PlannedAccess {
    return { system: intent.system, intent: this.options.documents.sealIntent(intent), access: accessOf(intent) };
  }

  #remainingMs(intent: Intent): number {
    return Math.max(0, intent.expiresAt * 1000 - this.options.now());
  }

  #seconds(): number {
    return Math.floor(this.options.now() / 1000);
  }
}

function accessOf({ target, principal, permission, expiresAt }: Intent): Access {
  return { target, principal, permission, expiresAt };
}

/** An intent of the same request id that was planned from another task must not be applied under this one. */
function assertSameRequest({ task }: TaskOf<(typeof ACCESS_TASKS)[number]>, intent: Intent): void {
  const same =
    intent.kind === (task.type === 'ProvisionAccess' ? 'provision' : 'dispense') &&
    systemName(intent.system) === systemName(task.system) &&
    intent.permission === task.permission &&
    JSON.stringify(intent.target) === JSON.stringify(task.target) &&
    (task.type !== 'ProvisionAccess' || JSON.stringify(intent.principal) === JSON.stringify(task.principal)) &&
    intent.expiresAt - intent.plannedAt <= task.durationSeconds;
  if (!same) throw new RunnerError('TASK_REJECTED', 'The intent was planned for another task than the one beside it.');
}
