import { z } from 'zod';
import { permissionSchema, principalSchema, requestIdSchema, systemSchema, targetSchema, text } from './names.js';
import { recipientSchema } from './recipient.js';

/** Version of every message of this protocol. */
export const SCHEMA_VERSION = 1;

/** Life of an access in whole seconds, counted from its acceptance by the runner; the runner's own maximum applies as well. */
const durationSeconds = z
  .int()
  .positive()
  .max(400 * 86_400);

const accessRequest = {
  system: systemSchema,
  target: targetSchema,
  permission: permissionSchema,
  /** Why, in the requester's words; goes into the audit, never into the system. */
  justification: text(2000),
  durationSeconds,
};

/** Asks for one named check per capability of a system. Reads only. */
export const testConnectionTask = z.strictObject({ type: z.literal('TestConnection'), system: systemSchema });

/** Asks for everything that the integration can read: principals, targets, permissions, assignments. */
export const collectDataTask = z.strictObject({
  type: z.literal('CollectData'),
  system: systemSchema,
  /** Counts of the previous complete collection; a collapse against them is flagged. */
  previousCounts: z
    .record(z.string().max(40), z.int().nonnegative())
    .refine((counts) => Object.keys(counts).length <= 100, 'must have at most 100 entries')
    .optional(),
});

/** Asks to give an existing principal a permission on a target for a time. */
export const provisionAccessTask = z.strictObject({ type: z.literal('ProvisionAccess'), ...accessRequest, principal: principalSchema });

/** Asks for a temporary credential with a permission on a target, sealed to a recipient. */
export const dispenseCredentialTask = z.strictObject({
  type: z.literal('DispenseCredential'),
  ...accessRequest,
  recipient: recipientSchema,
});

/** Asks the runner to look for its own marked objects that are overdue, now instead of at the reaper's next round. */
export const sweepOrphansTask = z.strictObject({ type: z.literal('SweepOrphans'), system: systemSchema.optional() });

/** Asks to let a living access end at another time. Travels in the update `extend`. */
export const extendAccessTask = z.strictObject({
  type: z.literal('ExtendAccess'),
  /** Id of the request that made the access. */
  accessRequestId: requestIdSchema,
  system: systemSchema,
  /** New end of the access, unix seconds. */
  expiresAt: z.int().positive(),
});

export const taskBodySchema = z.discriminatedUnion('type', [
  testConnectionTask,
  collectDataTask,
  provisionAccessTask,
  dispenseCredentialTask,
  sweepOrphansTask,
  extendAccessTask,
]);
export type TaskBody = z.infer<typeof taskBodySchema>;
export type TaskType = TaskBody['type'];
/** The tasks that make a lasting access. */
export type AccessTask = z.infer<typeof provisionAccessTask> | z.infer<typeof dispenseCredentialTask>;

/** A task as it is signed: the registered claims of RFC 7519 and the body. */
export const taskSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** Request id; equal to the workflow id. */
  jti: requestIdSchema,
  /** `<tenant id>/<runner group id>`: a task for another group is refused. */
  aud: z.string().min(3).max(600),
  /** Signing time, unix seconds. */
  iat: z.int().positive(),
  /** Last moment of acceptance, unix seconds; at most five minutes after `iat`. */
  exp: z.int().positive(),
  task: taskBodySchema,
});
export type Task = z.infer<typeof taskSchema>;

/** Audience of the tasks for one runner group. */
export function audience(tenantId: string, runnerGroupId: string): string {
  return `${tenantId}/${runnerGroupId}`;
}
