import {
  assertInWindow,
  audience,
  canSealTo,
  isRecipientAllowed,
  readTask,
  type System,
  systemName,
  type Task,
  type TaskBody,
  TaskRejectedError,
  type TaskType,
} from '@axiom-runner/protocol';
import type { JSONWebKeySet } from 'jose';
import type { AllowedEntry } from '../config/allowed-entries.js';
import { RunnerError } from '../errors.js';
import type { Intent } from '../integrations/intent.js';
import { isAllowed } from './allow-list.js';
import { type Policy, questionOf } from './policy.js';

/** The customer's rules for tasks. */
export interface GuardRules {
  readonly tenantId: string;
  readonly runnerGroupId: string;
  readonly verificationKeys: JSONWebKeySet | undefined;
  readonly recipientKeys: JSONWebKeySet | undefined;
  readonly allowed: readonly AllowedEntry[] | undefined;
  readonly maxDurationSeconds: number;
  readonly policy: Policy | undefined;
}

/** A task of a certain type. */
export type TaskOf<T extends TaskType> = Task & { readonly task: Extract<TaskBody, { type: T }> };

/** Decides what this runner may be asked to do. Every activity that has an effect asks it by itself. */
export class Guard {
  constructor(
    private readonly rules: GuardRules,
    /** Unix milliseconds. */
    private readonly now: () => number,
  ) {}

  /**
   * Accepts a task: signature, audience, type, request id and time; then the rules.
   * @param workflowId id of the workflow that carries it, which must be the request's
   * @throws {RunnerError} `TASK_REJECTED` or `POLICY_DENIED`
   */
  async accept<T extends TaskType>(envelope: unknown, workflowId: string, types: readonly T[]): Promise<TaskOf<T>> {
    const task = await this.recognise(envelope, workflowId, types);
    rejecting(() => assertInWindow(task, this.#seconds()));
    return task;
  }

  /** The same for the later steps of a task that was accepted in time: everything but the time. */
  async recognise<T extends TaskType>(envelope: unknown, workflowId: string, types: readonly T[]): Promise<TaskOf<T>> {
    const { tenantId, runnerGroupId, verificationKeys } = this.rules;
    const task = await rejecting(() => readTask(envelope, { verificationKeys, audience: audience(tenantId, runnerGroupId) }));
    if (!isOfType(task, types)) {
      throw new RunnerError('TASK_REJECTED', `The task is ${task.task.type}, but was started as ${types.join(' or ')}.`, {
        mend: 'Start it under its own name.',
      });
    }
    if (requestOf(task) !== workflowId) {
      throw new RunnerError('TASK_REJECTED', 'The task belongs to another request than the workflow that carries it.', {
        mend: 'Use the request id as workflow id.',
      });
    }
    await this.#permit(task);
    return task;
  }

  /**
   * Permits a new end of an access: not in the past, not too far from the start, and by the same rules as the access itself.
   * @throws {RunnerError} `TASK_REJECTED` or `POLICY_DENIED`
   */
  permitExtension({ task }: TaskOf<'ExtendAccess'>, access: Intent): void {
    if (systemName(task.system) !== systemName(access.system)) {
      throw new RunnerError('TASK_REJECTED', 'The extension names another system than the access.');
    }
    if (task.expiresAt <= this.#seconds()) {
      throw new RunnerError('TASK_REJECTED', 'The new end lies in the past.', { mend: 'Revoke the access instead.' });
    }
    const durationSeconds = task.expiresAt - access.plannedAt;
    this.#assertDuration(durationSeconds);
    this.#assertAllowed(access.system, access.permission);
    const { system, principal, target, permission } = access;
    this.rules.policy?.assertPermitted({ action: task.type, system, principal, target, permission, durationSeconds });
  }

  async #permit(task: Task): Promise<void> {
    const body = task.task;
    if ('durationSeconds' in body) this.#assertDuration(body.durationSeconds);
    if (body.system !== undefined) this.#assertAllowed(body.system, 'permission' in body ? body.permission : undefined);
    if (body.type === 'DispenseCredential' && this.rules.recipientKeys !== undefined) {
      if (!(await isRecipientAllowed(body.recipient, this.rules.recipientKeys, this.#seconds()))) {
        throw new RunnerError(
          'POLICY_DENIED',
          'The credential would be sealed to a key that RUNNER_RECIPIENT_KEYS does not list or attest.',
          { mend: 'Use a listed recipient, or one that a listed issuer attests.' },
        );
      }
    }
    if (body.type === 'DispenseCredential' && !(await canSealTo(body.recipient.jwk))) {
      throw new RunnerError('TASK_REJECTED', "The recipient's key is no valid point of its curve.", {
        mend: 'Send a freshly made P-256 or X25519 key.',
      });
    }
    // An extension says nothing of the access that it extends; permitExtension asks when that is known.
    if (body.type !== 'ExtendAccess') this.rules.policy?.assertPermitted(questionOf(task));
  }

  #assertDuration(seconds: number): void {
    if (seconds <= this.rules.maxDurationSeconds) return;
    throw new RunnerError('POLICY_DENIED', `The access would last ${seconds} s; this runner allows ${this.rules.maxDurationSeconds} s.`, {
      mend: 'Ask for less, or raise RUNNER_MAX_DURATION.',
    });
  }

  #assertAllowed(system: System, permission: string | undefined): void {
    if (isAllowed(this.rules.allowed, system, permission)) return;
    throw new RunnerError(
      'POLICY_DENIED',
      `RUNNER_ALLOWED does not let tasks touch ${systemName(system)}${permission === undefined ? '' : ` with ${permission}`}.`,
      {
        object: systemName(system),
        mend: 'Add it to RUNNER_ALLOWED if it should be.',
      },
    );
  }

  #seconds(): number {
    return Math.floor(this.now() / 1000);
  }
}

/** The request that a task is about: its own, or for an extension the access's. */
function requestOf({ jti, task }: Task): string {
  return task.type === 'ExtendAccess' ? task.accessRequestId : jti;
}

function isOfType<T extends TaskType>(task: Task, types: readonly T[]): task is TaskOf<T> {
  return types.some((type) => type === task.task.type);
}

/** Runs a check of the protocol and turns its refusal into ours. */
function rejecting<T>(check: () => T): T;
function rejecting<T>(check: () => Promise<T>): Promise<T>;
function rejecting(check: () => unknown): unknown {
  const refuse = (error: unknown): never => {
    throw error instanceof TaskRejectedError ? new RunnerError('TASK_REJECTED', error.message) : error;
  };
  try {
    const outcome = check();
    return outcome instanceof Promise ? outcome.catch(refuse) : outcome;
  } catch (error) {
    return refuse(error);
  }
}
