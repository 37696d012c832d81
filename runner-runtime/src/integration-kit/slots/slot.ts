import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SystemAccess } from '../../integrations/integration.js';
import type { Intent } from '../../integrations/intent.js';
import type { Lattice, SlotValue } from './lattice.js';

/** What an intent remembers of a grant in a slot. */
export const slotStateSchema = z.strictObject({
  /** The kind of slot, as the integration calls it. */
  way: z.string(),
  /** What identifies the slot in its system: ids, never names that may change. */
  slot: z.array(z.string()).min(1),
  /** What this grant gives, sorted. */
  value: z.array(z.string()).min(1),
});
export type SlotState = z.infer<typeof slotStateSchema>;

/** A change of what stands in a slot. */
export interface SlotChange {
  readonly from: SlotValue;
  readonly to: SlotValue;
  /** When the vendor itself should end what the runner gave, unix seconds; absent where it gave nothing that ends. */
  readonly until: number | undefined;
}

/**
 * A kind of thing that can stand once for a principal on a target: a membership, a role of a collaborator. Grants in the same slot are
 * counted in the ledger; the integration only reads and writes the slot.
 */
export interface SlotKind<Secret> {
  readonly lattice: Lattice;
  /** Whether the vendor can end what stands in the slot by itself: then it is written again when an access is extended. */
  readonly expires: boolean;
  /**
   * What stands in the slot now; a principal or target that is gone has nothing.
   * @param slot as in {@link SlotState}
   */
  read(access: SystemAccess<Secret>, slot: readonly string[]): Promise<SlotValue>;
  /** Makes `to` stand in the slot. Every effect passes the gate. Repeated, it changes nothing. */
  write(access: SystemAccess<Secret>, slot: readonly string[], change: SlotChange): Promise<void>;
  /** A value in words: `the role write`, `membership`. */
  describe(value: SlotValue): string;
  /** Other ways in which the principal has what the intent gave, in words; they prove nothing against a revocation. */
  otherWays?(access: SystemAccess<Secret>, intent: Intent<SlotState>): Promise<readonly string[]>;
}

/** One grant in a slot, or the tombstone of one. */
const grantSchema = z.strictObject({
  requestId: z.string(),
  value: z.array(z.string()),
  /** Authenticated mark of the access; its state says whether the grant stands. */
  mark: z.string(),
  active: z.boolean(),
  /** When the access ends, unix seconds. */
  expiresAt: z.int(),
});
export type SlotGrant = z.infer<typeof grantSchema>;

/** What the ledger holds of a slot. */
export const slotDocumentSchema = z.strictObject({
  slot: z.array(z.string()),
  /** What stood there before the first grant, corrected by what others changed since. */
  before: z.array(z.string()),
  /** Values that the runner may have set since. */
  ours: z.array(z.array(z.string())),
  grants: z.array(grantSchema),
  /** Whether no grant stands and what stood before was seen to stand again: from then on the slot is not the runner's. */
  settled: z.boolean(),
  /** The vendor's own expiry as it was last set, unix seconds. */
  until: z.int().optional(),
});
export type SlotDocument = z.infer<typeof slotDocumentSchema>;

/** Key of a slot's entry in the ledger. It need not be unguessable: entries are authenticated. */
export function slotEntry({ way, slot }: Pick<SlotState, 'way' | 'slot'>): string {
  return `slot/${createHash('sha256')
    .update(JSON.stringify([way, ...slot]))
    .digest('hex')
    .slice(0, 40)}`;
}
