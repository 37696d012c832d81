import { permissionSchema, principalSchema, requestIdSchema, SCHEMA_VERSION, systemSchema, targetSchema } from '@axiom-runner/protocol';
import { z } from 'zod';

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
  /** What the integration must remember; its own schema applies. */
  state: z.unknown(),
});

/** An authenticated intent. @typeParam State what the integration's plan remembers */
export type Intent<State = unknown> = Omit<z.infer<typeof intentSchema>, 'state'> & { readonly state: State };
