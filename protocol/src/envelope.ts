import { CompactSign, importJWK, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import { CLOCK_TOLERANCE_SECONDS, MAX_ENVELOPE_BYTES, TASK_VALIDITY_SECONDS } from '../../contract/tasks.js';
import { verifySignature } from './signature.js';
import { SCHEMA_VERSION, type Task, taskSchema } from './task.js';

const signedSchema = z.strictObject({ schemaVersion: z.literal(SCHEMA_VERSION), jws: z.string().max(MAX_ENVELOPE_BYTES) });

/** What travels as the input of a workflow: a signed task, or a plain one where the runner has no verification key. */
export const envelopeSchema = z.union([signedSchema, z.strictObject({ schemaVersion: z.literal(SCHEMA_VERSION), task: taskSchema })]);
export type Envelope = z.infer<typeof envelopeSchema>;

/** Envelopes before their task is read, so that a refusal can name the faulty place in the task. */
const unreadSchema = z.union([signedSchema, z.strictObject({ schemaVersion: z.literal(SCHEMA_VERSION), task: z.unknown() })]);

/** Signature algorithms of tasks; symmetric ones are never accepted. */
export const TASK_ALGORITHMS = ['ES256', 'EdDSA'];
const TYPE = 'axiom-task+jws';

/** Why a task is not accepted; `message` holds nothing that was not checked. */
export class TaskRejectedError extends Error {
  override readonly name = 'TaskRejectedError';
  constructor(
    /** Stable word for audits: `malformed`, `unsigned`, `signature`, `audience`, `window`, `expired`, `future`. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** Signs a task with a private JWK (`alg` ES256 or EdDSA; `kid` is put into the header). */
export async function signTask(task: Task, privateJwk: JWK): Promise<Envelope> {
  const alg = privateJwk.alg ?? (privateJwk.kty === 'OKP' ? 'EdDSA' : 'ES256');
  const jws = await new CompactSign(new TextEncoder().encode(JSON.stringify(taskSchema.parse(task))))
    .setProtectedHeader({ alg, typ: TYPE, ...(privateJwk.kid === undefined ? {} : { kid: privateJwk.kid }) })
    .sign(await importJWK(privateJwk, alg));
  return { schemaVersion: SCHEMA_VERSION, jws };
}

/** Wraps a task without a signature. */
export function plainTask(task: Task): Envelope {
  return { schemaVersion: SCHEMA_VERSION, task: taskSchema.parse(task) };
}

/** What a runner holds a task against. */
export interface TaskExpectation {
  /** Keys of the control plane's signer; when given, plain tasks are refused. */
  readonly verificationKeys?: JSONWebKeySet | undefined;
  /** Audience of this runner group. */
  readonly audience: string;
}

/**
 * Reads a task out of an envelope: shape, signature, audience. Whether it may still be accepted is {@link assertInWindow}'s question,
 * because an effect that follows an accepted task may come later.
 * @throws {TaskRejectedError}
 */
export async function readTask(envelope: unknown, expectation: TaskExpectation): Promise<Task> {
  const parsed = unreadSchema.safeParse(envelope);
  if (!parsed.success) throw new TaskRejectedError('malformed', `The task envelope is malformed: ${describe(parsed.error)}.`);
  const task = taskSchema.safeParse(await claims(parsed.data, expectation));
  if (!task.success) throw new TaskRejectedError('malformed', `The task is malformed: ${describe(task.error)}.`);
  if (task.data.aud !== expectation.audience) {
    throw new TaskRejectedError('audience', 'The task is for another tenant or runner group.');
  }
  return task.data;
}

/**
 * Checks that a task may be accepted now: signed not more than five minutes before its end, not expired, not from the future;
 * clocks may differ by five minutes.
 * @param nowSeconds the runner's clock, unix seconds
 * @throws {TaskRejectedError}
 */
export function assertInWindow(task: Pick<Task, 'iat' | 'exp'>, nowSeconds: number): void {
  if (task.exp <= task.iat || task.exp - task.iat > TASK_VALIDITY_SECONDS) {
    throw new TaskRejectedError(
      'window',
      `A task may be valid for 1 to ${TASK_VALIDITY_SECONDS} seconds; this one says ${task.exp - task.iat}.`,
    );
  }
  if (nowSeconds >= acceptanceEnd(task)) {
    throw new TaskRejectedError('expired', `The task expired ${nowSeconds - task.exp} seconds ago; send it again.`);
  }
  if (nowSeconds < task.iat - CLOCK_TOLERANCE_SECONDS) {
    throw new TaskRejectedError('future', `The task was signed ${task.iat - nowSeconds} seconds in the future; check the clocks.`);
  }
}

/** First moment at which a task is certainly accepted by no runner any more, unix seconds. */
export function acceptanceEnd(task: Pick<Task, 'exp'>): number {
  return task.exp + CLOCK_TOLERANCE_SECONDS;
}

async function claims(envelope: z.infer<typeof unreadSchema>, { verificationKeys }: TaskExpectation): Promise<unknown> {
  if (!('jws' in envelope)) {
    if (verificationKeys !== undefined)
      throw new TaskRejectedError('unsigned', 'The task is not signed, and this runner takes signed tasks only.');
    return envelope.task;
  }
  if (verificationKeys === undefined) {
    throw new TaskRejectedError(
      'signature',
      'The task is signed, but this runner has no key to verify it: set AXIOM_TASK_VERIFICATION_KEY.',
    );
  }
  let payload: Uint8Array;
  try {
    const verified = await verifySignature(envelope.jws, verificationKeys, TASK_ALGORITHMS);
    if (verified.protectedHeader.typ !== TYPE) throw new Error('wrong type');
    payload = verified.payload;
  } catch {
    throw new TaskRejectedError('signature', "The task's signature does not verify with any of this runner's keys.");
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new TaskRejectedError('malformed', 'The signed task is not JSON.');
  }
}

/** Names the faulty places of a message, never their values: those are not checked. */
function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.').slice(0, 100) || 'message'} (${issue.code})`)
    .join(', ');
}
