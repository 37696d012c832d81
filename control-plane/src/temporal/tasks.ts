import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import {
  audience,
  type Envelope,
  plainTask,
  requestIdSchema,
  SCHEMA_VERSION,
  type System,
  signTask,
  systemName,
  type Task,
  type TaskBody,
  taskBodySchema,
} from '@axiom-runner/protocol';
import { EXTEND_UPDATE, REVOKE_SIGNAL, STATUS_QUERY, TASK_VALIDITY_SECONDS } from '../../../contract/tasks.js';
import { failedError, unavailableError, usageError } from '../errors.js';
import type { Home } from '../home/home.js';
import type { Group } from '../home/state.js';
import { taskSigningKey } from '../keys.js';
import type { Link } from './link.js';
import { isAlreadyStarted, isNotFound, isUnanswered, serverError } from './server-error.js';

/** Validity of a task when none is given, seconds. */
export const DEFAULT_VALIDITY_SECONDS = 120;

/** Choices for one task. */
export interface TaskOptions {
  /** @default a fresh one */
  readonly requestId?: string | undefined;
  /** How long a runner may accept it, 1 to 300 seconds. @default 120 */
  readonly validitySeconds?: number | undefined;
  /** Whether it is signed. @default as the group says */
  readonly signed?: boolean | undefined;
}

/** A task that was put on the queue of a group. */
export interface StartedTask {
  readonly requestId: string;
  readonly runId: string;
  readonly group: Group;
}

/** A request id that nobody used yet. */
export function newRequestId(kind: string): string {
  return `${kind}-${randomUUID()}`;
}

/** Makes the envelope of a task for a group, signed unless the group takes plain tasks. */
export async function makeEnvelope(
  home: Home,
  group: Group,
  requestId: string,
  body: TaskBody,
  options: Omit<TaskOptions, 'requestId'> = {},
): Promise<Envelope> {
  const { validitySeconds = DEFAULT_VALIDITY_SECONDS, signed = group.signedTasks } = options;
  if (!Number.isInteger(validitySeconds) || validitySeconds < 1 || validitySeconds > TASK_VALIDITY_SECONDS) {
    throw usageError(`A task may be valid for 1 to ${TASK_VALIDITY_SECONDS} seconds; found ${validitySeconds}.`, 'correct --validity');
  }
  const iat = Math.floor(Date.now() / 1000);
  const task: Task = {
    schemaVersion: SCHEMA_VERSION,
    jti: checkedRequestId(requestId),
    aud: audience(home.settings.tenantId, group.id),
    iat,
    exp: iat + validitySeconds,
    task: checkedBody(body),
  };
  return signed ? signTask(task, await taskSigningKey(home)) : plainTask(task);
}

/**
 * Puts a task on the queue of a group. It is written down first: a request that may have reached the server is never unknown.
 * @throws {ControlPlaneError} when the id was used before, or the server cannot be reached or refuses
 */
export async function startTask(link: Link, group: Group, body: TaskBody, options: TaskOptions = {}): Promise<StartedTask> {
  const requestId = options.requestId ?? newRequestId(body.type.toLowerCase());
  const envelope = await makeEnvelope(link.home, group, requestId, body, options);
  const at = new Date().toISOString();
  const isNew = await link.home.requests.append({ kind: 'task', requestId, groupId: group.id, task: body, at, by: currentUser() });
  if (!isNew) throw duplicate(requestId);
  try {
    // No time-outs, retries or cron: the server would end an access by them without revoking it, and runners refuse such tasks.
    const { firstExecutionRunId } = await link.client.workflow.start(body.type, {
      taskQueue: group.id,
      workflowId: requestId,
      args: [envelope],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
    return { requestId, runId: firstExecutionRunId, group };
  } catch (error) {
    const reason = isAlreadyStarted(error) ? duplicate(requestId) : serverError(error, link.target);
    await link.home.requests.append({
      kind: 'refused',
      requestId,
      groupId: group.id,
      reason: reason.message,
      at: new Date().toISOString(),
    });
    throw reason;
  }
}

/** An access that a message is for. */
export interface AccessReference {
  readonly requestId: string;
  readonly group: Group;
  readonly system: System;
}

/**
 * Asks for the end of an access now. The signal is durable: it is followed also when no runner is up at the moment.
 * @throws {ControlPlaneError} when the access has ended, or the server cannot be reached
 */
export async function revokeAccess(link: Link, access: Pick<AccessReference, 'requestId' | 'group'>): Promise<void> {
  try {
    await link.client.workflow.getHandle(access.requestId).signal(REVOKE_SIGNAL);
  } catch (error) {
    throw messageError(error, link, access.requestId);
  }
  await link.home.requests.append({
    kind: 'revoke',
    requestId: newRequestId('revoke'),
    accessRequestId: access.requestId,
    groupId: access.group.id,
    at: new Date().toISOString(),
    by: currentUser(),
  });
}

/**
 * Lets an access end at another time, and waits until a runner has accepted that.
 * @param expiresAt new end, unix seconds
 * @param timeoutMs how long to wait for a runner
 * @returns what the runner answered
 * @throws {ControlPlaneError} when the runner refuses, none answers in time, or the access has ended
 */
export async function extendAccess(
  link: Link,
  access: AccessReference,
  expiresAt: number,
  timeoutMs: number,
  options: TaskOptions = {},
): Promise<unknown> {
  const requestId = options.requestId ?? newRequestId('extend');
  const body: TaskBody = { type: 'ExtendAccess', accessRequestId: access.requestId, system: access.system, expiresAt };
  const envelope = await makeEnvelope(link.home, access.group, requestId, body, options);
  const at = new Date().toISOString();
  await link.home.requests.append({ kind: 'task', requestId, groupId: access.group.id, task: body, at, by: currentUser() });
  try {
    const handle = link.client.workflow.getHandle(access.requestId);
    return await link.connection.withDeadline(Date.now() + timeoutMs, () =>
      handle.executeUpdate<unknown, [Envelope]>(EXTEND_UPDATE, { args: [envelope], updateId: requestId }),
    );
  } catch (error) {
    const reason = messageError(error, link, access.requestId);
    await link.home.requests.append({
      kind: 'refused',
      requestId,
      groupId: access.group.id,
      reason: reason.message,
      at: new Date().toISOString(),
    });
    throw reason;
  }
}

/** Asks the workflow of a task where it stands. @throws {ControlPlaneError} when no runner answers, or the task is gone */
export async function taskStatus(link: Link, requestId: string, timeoutMs: number): Promise<unknown> {
  try {
    return await link.connection.withDeadline(Date.now() + timeoutMs, () =>
      link.client.workflow.getHandle(requestId).query<unknown>(STATUS_QUERY),
    );
  } catch (error) {
    throw messageError(error, link, requestId);
  }
}

function messageError(error: unknown, link: Link, requestId: string): Error {
  if (isNotFound(error)) {
    return failedError(`There is no living access ${requestId}: it has ended, or never began.`, `see "axiomctl access show ${requestId}"`);
  }
  if (error instanceof Error && error.name === 'WorkflowUpdateFailedError') return failedError(`The runner refuses: ${innermost(error)}`);
  if (isUnanswered(error)) {
    return unavailableError('No runner of the group answered in time.', 'check that a runner of the group runs, then try again');
  }
  return serverError(error, link.target);
}

function innermost(error: Error): string {
  let current = error;
  while (current.cause instanceof Error) current = current.cause;
  return current.message;
}

function duplicate(requestId: string): Error {
  return failedError(`The request id ${requestId} was used before.`, 'leave --request-id out, or choose another');
}

function checkedRequestId(requestId: string): string {
  const parsed = requestIdSchema.safeParse(requestId);
  if (!parsed.success) throw usageError(`A request id ${parsed.error.issues[0]?.message}.`, 'correct --request-id');
  return parsed.data;
}

function checkedBody(body: TaskBody): TaskBody {
  const parsed = taskBodySchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'task'}: ${issue.message}`);
  const of = 'system' in body && body.system !== undefined ? ` for ${systemName(body.system)}` : '';
  throw usageError(`The task ${body.type}${of} is malformed: ${faults.join('; ')}.`, 'correct the named values');
}

function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a user id without an entry in the password file, as in containers
  }
}
