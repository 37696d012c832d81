import { z } from 'zod';
import { checkSchema, evidenceSchema } from './model.js';
import { permissionSchema, principalSchema, systemSchema, targetSchema } from './names.js';
import { SCHEMA_VERSION } from './task.js';

/** A typed error of a task. */
export const taskErrorSchema = z.strictObject({
  /** One of the codes in `contract/error-codes`. */
  code: z.string(),
  /** One sentence, without secrets and without a vendor's own text. */
  message: z.string(),
  /** The object that it is about: a secret's name, a role, a table. */
  object: z.string().optional(),
  /** Whether the same task may succeed when it is sent again without a change. */
  retryable: z.boolean(),
  /** What to do about it. */
  mend: z.string().optional(),
});
export type TaskError = z.infer<typeof taskErrorSchema>;

/** An access as it stands. */
export const accessSchema = z.strictObject({
  target: targetSchema,
  /** The principal that has it; for a dispensed credential the temporary one. */
  principal: principalSchema,
  permission: permissionSchema,
  /** When it ends, unix seconds. */
  expiresAt: z.int(),
});
export type Access = z.infer<typeof accessSchema>;

/** Counts and duration of a finished collection. */
export const collectionSummarySchema = z.strictObject({
  counts: z.record(z.string(), z.int().nonnegative()),
  batches: z.int().nonnegative(),
  durationSeconds: z.number().nonnegative(),
  /** False when the numbers collapsed against the previous collection: not to be taken as truth. */
  trustworthy: z.boolean(),
  warnings: z.array(z.string()),
});
export type CollectionSummary = z.infer<typeof collectionSummarySchema>;

/** What one round of the reaper saw and did. */
export const sweepSchema = z.strictObject({
  systems: z.array(
    z.strictObject({ system: z.string(), marked: z.int(), overdue: z.int(), reverted: z.int(), failed: z.int(), unverifiable: z.int() }),
  ),
});
export type Sweep = z.infer<typeof sweepSchema>;

const header = {
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** `<workflow id>/<first run id>/<sequence>`: the same result offered twice has the same id. */
  resultId: z.string().max(600),
  requestId: z.string().max(200),
  tenantId: z.string().max(300),
  runnerGroupId: z.string().max(300),
  /** Workflow type. */
  type: z.string().max(40),
  system: systemSchema.optional(),
};

/** What a runner delivers to the control plane, one stage at a time. */
export const resultSchema = z.discriminatedUnion('stage', [
  z.strictObject({ ...header, stage: z.literal('failed'), error: taskErrorSchema }),
  z.strictObject({ ...header, stage: z.literal('tested'), checks: z.array(checkSchema) }),
  z.strictObject({
    ...header,
    stage: z.literal('batch'),
    /** Position of the batch, from 0. */
    sequence: z.int().nonnegative(),
    /** Items as JSON lines, deflated (RFC 1951, raw), base64. */
    items: z.string(),
  }),
  z.strictObject({ ...header, stage: z.literal('collected'), summary: collectionSummarySchema }),
  z.strictObject({ ...header, stage: z.literal('granted'), access: accessSchema, sealedCredential: z.string().optional() }),
  z.strictObject({ ...header, stage: z.literal('extended'), access: accessSchema }),
  z.strictObject({ ...header, stage: z.literal('revocation_overdue'), access: accessSchema.optional(), error: taskErrorSchema }),
  z.strictObject({
    ...header,
    stage: z.literal('revoked'),
    access: accessSchema.optional(),
    cause: z.enum(['expired', 'asked', 'cancelled', 'failed']),
    evidence: evidenceSchema,
    error: taskErrorSchema.optional(),
  }),
  z.strictObject({ ...header, stage: z.literal('swept'), sweep: sweepSchema }),
]);
export type Result = z.infer<typeof resultSchema>;
export type Stage = Result['stage'];
