import { permissionSchema, principalSchema, requestIdSchema, SCHEMA_VERSION, systemSchema, targetSchema } from '@axiom-runner/protocol';
import { z } from 'zod';
import { CLOCK_TOLERANCE_SECONDS } from '../../../contract/tasks.js';

/**
 * What a runner is about to do and how it is undone: plain JSON without secrets, fixed before the first change.
 * It travels through the control plane and stands in marks, so it is believed only behind the state key's MAC.
 */
export const intentSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  requestId: requestIdSchema,
  tenantId: z.string(),
  runnerGroupId: z.string(),
  kind: z.enum(['provision', 'dispense']),
  system: systemSchema,
  target: targetSchema,
  permission: permissionSchema,
  /** Who has the access, existing or temporary. */
  principal: principalSchema,
  /** When the task was accepted, unix seconds. */
  plannedAt: z.int(),
  /** Last moment at which the access may be made, unix seconds; until then a tombstone guards a revoked request. */
  applyUntil: z.int(),
  /** When the access ends, unix seconds. */
  expiresAt: z.int(),
  /** When the extension that set this end was signed, unix seconds. */
  extendedAt: z.int().exactOptional(),
  /** What the integration must remember; its own schema applies. */
  state: z.unknown(),
});

/** An authenticated intent. @typeParam State what the integration's plan remembers */
export type Intent<State = unknown> = Omit<z.infer<typeof intentSchema>, 'state'> & { readonly state: State };

/**
 * Whether another extension than `wanted` has set the end of an access meanwhile: an older one that comes again must not move it.
 * Of two that were signed in the same second, the one that ends earlier stands.
 * @param standing the intent in the access's own mark
 */
export function isOutdated(wanted: Intent, standing: Intent): boolean {
  const [asked, done] = [wanted.extendedAt ?? 0, standing.extendedAt ?? 0];
  return asked < done || (asked > 0 && asked === done && wanted.expiresAt > standing.expiresAt);
}

/**
 * When the tombstone of a request may go, unix seconds: when no runner, however its clock differs within the tolerance, would still
 * apply the request.
 */
export function tombstoneUntil({ applyUntil }: Pick<Intent, 'applyUntil'>): number {
  return applyUntil + 2 * CLOCK_TOLERANCE_SECONDS;
}
