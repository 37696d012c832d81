import { z } from 'zod';
import { stateOfWays } from '../../integration-kit/access-way.js';
import { slotStateSchema } from '../../integration-kit/slots/slot.js';
import { isId } from './ids.js';

const id = z.string().refine(isId);
const slot = (way: string, ids: number) => slotStateSchema.extend({ way: z.literal(way), slot: z.array(id).length(ids) });

const overrideStateSchema = z.strictObject({
  way: z.literal('override'),
  /** Its name in the runner's records: an override has none. */
  object: z.string(),
  schedule: id,
  user: id,
});
export type OverrideState = z.infer<typeof overrideStateSchema>;

/** What a plan remembers. Slots are ids: of a team and a user, of a user. */
export const stateSchema = stateOfWays([slot('team-membership', 2), slot('base-role', 1), overrideStateSchema]);
export type PagerdutyState = z.infer<typeof stateSchema>;
