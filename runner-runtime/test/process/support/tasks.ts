import { audience, SCHEMA_VERSION, type TaskBody } from '@axiom-runner/protocol';
import { type ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Bench } from './bench.js';

/** What a signer that knows no rules writes into a task. */
export type Claims = Readonly<Record<string, unknown>>;

/** A signer of tasks that checks nothing of what it signs. */
export interface Signer {
  readonly publicJwk: JWK;
  sign(claims: Claims | string, header?: Claims): Promise<{ schemaVersion: number; jws: string }>;
}

export async function newSigner(): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  return {
    publicJwk: await exportJWK(publicKey),
    sign: async (claims, header = {}) => ({
      schemaVersion: SCHEMA_VERSION,
      jws: await new CompactSign(new TextEncoder().encode(typeof claims === 'string' ? claims : JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'EdDSA', typ: 'axiom-task+jws', ...header })
        .sign(privateKey),
    }),
  };
}

/** Claims that a runner of the bench accepts for the next minute. */
export function claims(bench: Bench, requestId: string, task: TaskBody | object, changes: Claims = {}): Claims {
  const iat = Math.floor(Date.now() / 1000);
  return {
    schemaVersion: SCHEMA_VERSION,
    jti: requestId,
    aud: audience(bench.home.settings.tenantId, bench.group.id),
    iat,
    exp: iat + 60,
    task,
    ...changes,
  };
}

/** Code and message of what a workflow failed with, or `done`. */
export interface End {
  readonly code: string;
  readonly message: string;
}

/** Starts a workflow as a control plane without scruples, and waits for its end. */
export async function run(bench: Bench, type: string, workflowId: string, input: unknown): Promise<End> {
  const taskQueue = bench.group.id;
  return endOf(
    bench.link.client.workflow.execute(type, { taskQueue, workflowId, args: [input], workflowIdReusePolicy: 'ALLOW_DUPLICATE' }),
  );
}

export async function endOf(finished: Promise<unknown>): Promise<End> {
  try {
    await finished;
    return { code: 'done', message: '' };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    let cause: unknown = error.cause;
    while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
    const { type, message } = cause as ApplicationFailure;
    return { code: type ?? 'unknown', message };
  }
}
